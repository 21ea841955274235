//! A streamed answer, held back until it is complete and judged, then passed on as it came or as it was edited.

use serde_json::{Map, Value};

use super::parse_answer;
use crate::sse::{SseEvent, SseParser};
use crate::{ParsedBody, StreamError, SurfaceError};

mod assemble;
mod replay;

pub use replay::replay;

use assemble::Assembly;

/// A streamed answer that is coming in.
#[derive(Debug)]
pub struct StreamAnswer {
    parser: SseParser,
    assembly: Assembly,
    raw: Vec<u8>,
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
    /// The bytes as they came, to be passed on when nothing was edited.
    pub raw: Vec<u8>,
}

impl HeldAnswer {
    /// What to send on: the bytes as they came, or the edited completion as a stream.
    ///
    /// # Errors
    /// `edited` is no completion.
    pub fn replay(self, edited: Option<&[u8]>) -> Result<Vec<u8>, SurfaceError> {
        edited.map_or(Ok(self.raw), replay)
    }
}

impl StreamAnswer {
    /// Holds at most `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self {
            parser: SseParser::new(max_bytes),
            assembly: Assembly::default(),
            raw: Vec::new(),
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
        if self.raw.len().saturating_add(bytes.len()) > self.max_bytes {
            return Err(StreamError::TooLarge { limit: self.max_bytes });
        }
        self.raw.extend_from_slice(bytes);
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
        Ok(HeldAnswer { body, parsed: ParsedBody { stream: true, ..parsed }, raw: self.raw })
    }

    fn take(&mut self, event: &SseEvent) -> Result<(), StreamError> {
        self.events += 1;
        match event.data.trim() {
            "" => Ok(()),
            "[DONE]" => {
                self.done = true;
                Ok(())
            }
            _ if self.done => Err(StreamError::DataAfterDone),
            data => {
                let chunk = self.read_chunk(data)?;
                if event.name == "error" || chunk.get("error").is_some_and(|error| !error.is_null()) {
                    return Err(StreamError::UpstreamEvent);
                }
                self.assembly.add(chunk).map_err(|problem| self.malformed(problem))
            }
        }
    }

    fn read_chunk(&self, data: &str) -> Result<Map<String, Value>, StreamError> {
        match parapet_domain::json::parse_str(data) {
            Ok(Value::Object(chunk)) => Ok(chunk),
            Ok(_) => Err(self.malformed("it is no JSON object")),
            Err(_) => Err(self.malformed("it is no acceptable JSON")),
        }
    }

    const fn malformed(&self, problem: &'static str) -> StreamError {
        StreamError::Malformed { event: self.events, problem }
    }
}

#[cfg(test)]
mod tests;
