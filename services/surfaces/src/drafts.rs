//! The events of one body in the making: one with its content, and one of its own for each tool call or tool result.

use parapet_domain::Stage;

use crate::collect::Collector;
use crate::document::Document;
use crate::limits::MAX_EVENTS;
use crate::{Draft, Echo, Leaves, ParsedBody, SurfaceError};

/// What has been read so far.
pub(crate) struct Drafts<'d> {
    pub(crate) out: Collector<'d>,
    echoes: Vec<Echo>,
    apart: Vec<Draft>,
}

/// How much had been read at some moment.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    parts: usize,
    apart: usize,
}

impl Mark {
    /// Before anything was read.
    pub(crate) const START: Self = Self { parts: 0, apart: 0 };
}

impl<'d> Drafts<'d> {
    pub(crate) fn new(document: &'d Document<'d>) -> Self {
        Self { out: Collector::new(document), echoes: Vec::new(), apart: Vec::new() }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { parts: self.out.parts.len(), apart: self.apart.len() }
    }

    /// Runs `read` and makes an event of the parts that it finds.
    pub(crate) fn apart(
        &mut self,
        stage: Stage,
        read: impl FnOnce(&mut Collector<'d>) -> Result<(), SurfaceError>,
    ) -> Result<(), SurfaceError> {
        if self.apart.len() + 1 >= MAX_EVENTS {
            return Err(SurfaceError::TooManyEvents);
        }
        let before = self.out.parts.len();
        read(&mut self.out)?;
        self.apart.push(Draft::new(stage, self.out.parts.split_off(before)));
        Ok(())
    }

    /// Ties the value at `pointer` to all parts that were read since `mark`, except to itself.
    pub(crate) fn echo(&mut self, pointer: &str, since: Mark) {
        let echo = |part| Echo { part, pointer: pointer.to_owned(), leaves: Leaves::Null };
        let own = self.out.parts.iter().enumerate().skip(since.parts).filter(|(_, part)| part.pointer != pointer);
        self.echoes.extend(own.map(|(part, _)| echo(part)));
        for draft in self.apart.iter_mut().skip(since.apart) {
            draft.echoes.extend((0..draft.parts.len()).map(echo));
        }
    }

    /// Ties the whole block at `pointer` to all parts that were read since `mark`.
    pub(crate) fn signed(&mut self, pointer: &str, since: Mark) {
        let read = since.parts..self.out.parts.len();
        self.echoes.extend(read.map(|part| Echo { part, pointer: pointer.to_owned(), leaves: Leaves::Nothing }));
    }

    /// A request: the event with its content comes first, even when it is empty.
    pub(crate) fn into_request(self, stream: bool) -> ParsedBody {
        self.into_body(Stage::Input, true, stream)
    }

    /// An answer: the event with its content is left out when there is nothing but calls.
    pub(crate) fn into_answer(self) -> ParsedBody {
        let keep_main = !self.out.parts.is_empty() || self.apart.is_empty();
        self.into_body(Stage::Output, keep_main, false)
    }

    fn into_body(self, stage: Stage, keep_main: bool, stream: bool) -> ParsedBody {
        let document = self.out.document;
        let model = document.root().get("model").and_then(|model| document.string(model));
        let main = Draft { stage, parts: self.out.parts, echoes: self.echoes, restored: Vec::new() };
        let (not_inspected, not_inspected_total) = self.out.listing.finish();
        ParsedBody {
            events: keep_main.then_some(main).into_iter().chain(self.apart).collect(),
            not_inspected,
            not_inspected_total,
            stream,
            model: model.map(|model| model.into_owned()),
        }
    }
}
