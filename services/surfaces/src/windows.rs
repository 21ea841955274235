//! A streamed answer judged in overlapping windows: text leaves while more of it comes, and memory stays constant. The end of each
//! window waits to be shown again with what follows. What is no plain text is held until it is complete.

mod chat;
mod messages;
mod responses;
mod segment;

use std::collections::VecDeque;
use std::sync::Arc;

use parapet_domain::Edit;
use serde_json::Value;

use crate::restore::Restorer;
use crate::sse::{SseEvent, SseParser};
use crate::{Draft, ModelApi, ParsedBody, Restoring, RewriteError, StreamError};
use chat::ChatWindows;
use messages::MessageWindows;
use responses::ResponseWindows;

/// How an answer is cut into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// New text that makes a window, in Unicode scalar values.
    pub window_chars: usize,
    /// Text at the end of a window that waits for the next one, in Unicode scalar values. What a guard looks for must not be longer.
    pub overlap_chars: usize,
    /// Most bytes that may wait: of text in windows, and of what follows them.
    pub max_buffer_bytes: usize,
    /// Whether all of an answer waits for as long as the buffer has room, whatever is complete of it.
    pub whole_first: bool,
}

/// A streamed answer that is coming in.
#[derive(Debug)]
pub struct WindowedAnswer {
    limits: WindowLimits,
    parser: SseParser,
    coming: VecDeque<SseEvent>,
    form: Form,
}

/// What each protocol makes of the events.
#[derive(Debug)]
enum Form {
    Chat(Box<ChatWindows>),
    Messages(Box<MessageWindows>),
    Responses(Box<ResponseWindows>),
}

/// What may leave of a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Server-sent events with what was judged and need not be shown again. May be empty.
    pub bytes: Vec<u8>,
    /// How much of each text that grows is in them, in Unicode scalar values before the edits.
    cuts: Vec<usize>,
    /// Content blocks that were taken out.
    gone: usize,
    /// The edits in them of a text that is told once more, in Unicode scalar values of the whole text.
    kept: Vec<Edit>,
    /// Items that leave changed and are told once more.
    items: Vec<(usize, Value)>,
}

impl WindowedAnswer {
    /// An answer in the form of `api`.
    #[must_use]
    pub fn new(api: ModelApi, limits: WindowLimits) -> Self {
        let form = match api {
            ModelApi::OpenaiChat => Form::Chat(Box::default()),
            ModelApi::AnthropicMessages => Form::Messages(Box::default()),
            ModelApi::OpenaiResponses => Form::Responses(Box::default()),
        };
        Self { limits, parser: SseParser::new(limits.max_buffer_bytes), coming: VecDeque::new(), form }
    }

    /// The same, in which tokens become values before any window shows them; `None` for an answer that has to be held for that: the last
    /// event of a response repeats all of it, with the tokens.
    #[must_use]
    pub fn restoring(mut self, restoring: Arc<Restoring>) -> Option<Self> {
        let restorer = Some(Restorer::new(restoring));
        match &mut self.form {
            Form::Chat(form) => form.restorer = restorer,
            Form::Messages(form) => form.restorer = restorer,
            Form::Responses(_) => return None,
        }
        Some(self)
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// An event is too long or no UTF-8. The answer is of no more use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        let mut events = Vec::new();
        self.parser.push(bytes, &mut events)?;
        self.coming.extend(events);
        Ok(())
    }

    /// The next window of what has come so far, or `None` when more has to come. It is to be judged, and then to be taken out with
    /// [`draw`](Self::draw) and [`advance`](Self::advance) before the next one is asked for.
    ///
    /// # Errors
    /// What came is no answer of the protocol, or more than may wait.
    pub fn window(&mut self) -> Result<Option<ParsedBody>, StreamError> {
        while let Some(event) = self.coming.pop_front() {
            self.take(&event)?;
            match &mut self.form {
                Form::Chat(form) if form.is_due(&self.limits) => return Ok(Some(form.show())),
                Form::Messages(form) if form.is_due(&self.limits) => return form.show().map(Some),
                Form::Responses(form) if form.is_due(&self.limits) => return form.show().map(Some),
                Form::Chat(_) | Form::Messages(_) | Form::Responses(_) => {}
            }
        }
        Ok(None)
    }

    /// Whether the end of the answer has come, so that nothing more has to be waited for.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match &self.form {
            Form::Chat(form) => form.is_done(),
            Form::Messages(form) => form.is_done(),
            Form::Responses(form) => form.is_done(),
        }
    }

    /// The upstream has ended its stream: the last window, which is all that is left.
    ///
    /// # Errors
    /// The stream is incomplete, or the rest cannot be taken apart.
    pub fn finish(&mut self) -> Result<ParsedBody, StreamError> {
        let mut events = Vec::new();
        self.parser.finish(&mut events)?;
        self.coming.extend(events);
        while let Some(event) = self.coming.pop_front() {
            self.take(&event)?;
        }
        match &mut self.form {
            Form::Chat(form) => form.finish(),
            Form::Messages(form) => form.finish(),
            Form::Responses(form) => form.finish(),
        }
    }

    /// What may leave of the window under the edits of its events, which have to be disjoint and in text order.
    ///
    /// # Errors
    /// The edits cannot be made. Nothing of the window may leave.
    pub fn draw(&self, edits: &[(&Draft, &[Edit])]) -> Result<Drawn, RewriteError> {
        match &self.form {
            Form::Chat(form) => form.draw(edits, &self.limits),
            Form::Messages(form) => form.draw(edits, &self.limits),
            Form::Responses(form) => form.draw(edits, &self.limits),
        }
    }

    /// Takes what was drawn out of the window.
    pub fn advance(&mut self, drawn: &Drawn) {
        match &mut self.form {
            Form::Chat(form) => form.advance(drawn),
            Form::Messages(form) => form.advance(drawn),
            Form::Responses(form) => form.advance(drawn),
        }
    }

    fn take(&mut self, event: &SseEvent) -> Result<(), StreamError> {
        match &mut self.form {
            Form::Chat(form) => form.take(event, &self.limits),
            Form::Messages(form) => form.take(event, &self.limits),
            Form::Responses(form) => form.take(event, &self.limits),
        }
    }
}
