//! A streamed answer, held back until it is complete and judged, then passed on in one plain form: its chunks as they
//! were, or the edited completion. Comments, event names and all else that is not judged are not passed on.

use serde_json::{Map, Value};

use super::parse_answer;
use crate::document::parse_value;
use crate::refusal::event as event_of;
use crate::sse::{SseEvent, SseParser};
use crate::{ParsedBody, StreamError, SurfaceError};

mod assemble;
mod plain;
mod replay;

pub use replay::replay;

use assemble::Assembly;
pub(crate) use assemble::is_setting;

/// A streamed answer that is coming in.
#[derive(Debug)]
pub struct StreamAnswer {
    parser: SseParser,
    assembly: Assembly,
    plain: Vec<u8>,
    received: usize,
    max_bytes: usize,
    events: usize,
    done: bool,
}

/// A streamed answer that is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldAnswer {
    /// The completion that the chunks amount to. Edits are made to this.
    pub body: Vec<u8>,
    /// The same, taken apart.
    pub parsed: ParsedBody,
    /// The chunks that were judged and `[DONE]`, each as one `data` line, to be passed on when nothing was edited.
    pub plain: Vec<u8>,
}

impl HeldAnswer {
    /// What to send on: the chunks that were judged, or the edited completion as a stream.
    ///
    /// # Errors
    /// `edited` is no completion.
    pub fn replay(self, edited: Option<&[u8]>) -> Result<Vec<u8>, SurfaceError> {
        edited.map_or(Ok(self.plain), replay)
    }
}

impl StreamAnswer {
    /// Takes at most `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self {
            parser: SseParser::new(max_bytes),
            assembly: Assembly::default(),
            plain: Vec::new(),
            received: 0,
            max_bytes,
            events: 0,
            done: false,
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// The answer is too long, no chat completion stream, or reports an error. It must not be pushed to again.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > self.max_bytes {
            return Err(StreamError::TooLarge { limit: self.max_bytes });
        }
        let mut events = Vec::new();
        self.parser.push(bytes, &mut events)?;
        events.iter().try_for_each(|event| self.take(event))
    }

    /// Whether `[DONE]` has come, so that nothing more has to be waited for.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// The upstream has ended its stream.
    ///
    /// # Errors
    /// The stream is incomplete, or the completion cannot be taken apart.
    pub fn finish(mut self) -> Result<HeldAnswer, StreamError> {
        let mut events = Vec::new();
        self.parser.finish(&mut events)?;
        events.iter().try_for_each(|event| self.take(event))?;
        if !self.done {
            return Err(StreamError::Truncated);
        }
        let body = self.assembly.finish().ok_or(StreamError::Empty)?;
        let parsed = parse_answer(&body).map_err(StreamError::Answer)?;
        Ok(HeldAnswer { body, parsed: ParsedBody { stream: true, ..parsed }, plain: self.plain })
    }

    /// Takes one event.
    pub(crate) fn take(&mut self, event: &SseEvent) -> Result<(), StreamError> {
        self.events += 1;
        match event.data.trim() {
            "" => Ok(()),
            "[DONE]" if self.done => Ok(()),
            "[DONE]" => {
                self.done = true;
                self.plain.extend(event_of(b"[DONE]"));
                Ok(())
            }
            _ if self.done => Err(StreamError::DataAfterDone),
            data => {
                let chunk = self.read_chunk(data)?;
                if event.name == "error" || chunk.get("error").is_some_and(|error| !error.is_null()) {
                    return Err(StreamError::UpstreamEvent);
                }
                self.assembly.add(chunk).map_err(|problem| self.malformed(problem))?;
                self.plain.extend(event_of(plain::one_line(data).as_bytes()));
                Ok(())
            }
        }
    }

    fn read_chunk(&self, data: &str) -> Result<Map<String, Value>, StreamError> {
        match parse_value(data) {
            Ok(Value::Object(chunk)) => Ok(chunk),
            Ok(_) => Err(self.malformed("it is no JSON object")),
            Err(SurfaceError::TooManyValues) => Err(self.malformed("it has too many values")),
            Err(_) => Err(self.malformed("it is no acceptable JSON")),
        }
    }

    const fn malformed(&self, problem: &'static str) -> StreamError {
        StreamError::Malformed { event: self.events, problem }
    }
}

#[cfg(test)]
mod tests;
