//! A streamed answer, held back until it is complete and judged, then passed on in one plain form: its events as they
//! were, or the edited answer. Comments, ids and all else that is not judged are not passed on.

use parapet_domain::Part;
use parapet_domain::json::JsonError;
use serde_json::{Map, Value};

use crate::document::{is_plain_key, parse_value};
use crate::sse::{SseEvent, SseParser, data_event, named_event};
use crate::{
    ModelApi, ParsedBody, Restoring, Room, StreamError, SurfaceError, anthropic_messages, openai_chat, openai_responses,
};

pub(crate) mod merge;

/// A streamed answer that is coming in.
#[derive(Debug)]
pub struct StreamAnswer {
    reader: EventReader,
    parser: SseParser,
    assembly: Assembly,
    plain: Vec<u8>,
    received: usize,
    max_bytes: usize,
}

/// A streamed answer that is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldAnswer {
    /// The protocol of the stream.
    pub api: ModelApi,
    /// The answer that the events amount to. Edits are made to this.
    pub body: Vec<u8>,
    /// The same, taken apart.
    pub parsed: ParsedBody,
    /// The events that were judged, each with one `data` line, to be passed on when nothing was edited.
    pub plain: Vec<u8>,
}

impl HeldAnswer {
    /// The answer with values in place of their tokens, told anew if there are any.
    #[must_use]
    pub fn restored(self, restoring: &Restoring) -> Self {
        self.restored_within(restoring, &mut Room::default(), &|_| false)
    }

    /// [`restored`](Self::restored) within what is left of the room, and with texts that are known to be the ends of JSON.
    pub(crate) fn restored_within(
        self,
        restoring: &Restoring,
        room: &mut Room,
        is_json: &dyn Fn(&Part) -> bool,
    ) -> Self {
        let Self { api, body, parsed, plain } = self;
        let mut told = None;
        let (restored, parsed) = restoring.apply_within(&body, parsed, room, is_json, |body| {
            told = Some(api.replay(body)?);
            Ok(ParsedBody { stream: true, ..api.parse_answer(body)? })
        });
        match (restored, told) {
            (Some(body), Some(plain)) => Self { api, body, parsed, plain },
            _ => Self { api, body, parsed, plain },
        }
    }

    /// What to send on: the events that were judged, or the edited answer as a stream.
    ///
    /// # Errors
    /// `edited` is no answer of the protocol.
    pub fn replay(self, edited: Option<&[u8]>) -> Result<Vec<u8>, SurfaceError> {
        edited.map_or(Ok(self.plain), |edited| self.api.replay(edited))
    }
}

/// What an event means for the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// More has to come.
    More,
    /// The answer is complete.
    Last,
}

/// The events so far, put together as each protocol has it.
#[derive(Debug)]
enum Assembly {
    OpenaiChat(openai_chat::Assembly),
    OpenaiResponses(Box<openai_responses::Assembly>),
    AnthropicMessages(anthropic_messages::Assembly),
}

impl Assembly {
    fn of(api: ModelApi) -> Self {
        match api {
            ModelApi::OpenaiChat => Self::OpenaiChat(openai_chat::Assembly::default()),
            ModelApi::OpenaiResponses => Self::OpenaiResponses(Box::default()),
            ModelApi::AnthropicMessages => Self::AnthropicMessages(anthropic_messages::Assembly::default()),
        }
    }

    fn add(&mut self, event: Map<String, Value>) -> Result<Step, &'static str> {
        match self {
            // That a chunk was the last is said by `[DONE]` alone.
            Self::OpenaiChat(assembly) => assembly.add(event).map(|()| Step::More),
            Self::OpenaiResponses(assembly) => assembly.add(event),
            Self::AnthropicMessages(assembly) => assembly.add(event),
        }
    }

    fn finish(self) -> Option<Vec<u8>> {
        match self {
            Self::OpenaiChat(assembly) => assembly.finish(),
            Self::OpenaiResponses(assembly) => assembly.finish(),
            Self::AnthropicMessages(assembly) => assembly.finish(),
        }
    }
}

impl StreamAnswer {
    /// Takes at most `max_bytes`.
    #[must_use]
    pub fn new(api: ModelApi, max_bytes: usize) -> Self {
        Self {
            reader: EventReader::new(api),
            parser: SseParser::new(max_bytes),
            assembly: Assembly::of(api),
            plain: Vec::new(),
            received: 0,
            max_bytes,
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// The answer is too long, no stream of the protocol, or reports an error. It must not be pushed to again.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > self.max_bytes {
            return Err(StreamError::TooLarge { limit: self.max_bytes });
        }
        let mut events = Vec::new();
        self.parser.push(bytes, &mut events)?;
        events.iter().try_for_each(|event| self.take(event))
    }

    /// Whether the stream has said that it is complete, so that nothing more has to be waited for.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.reader.is_done()
    }

    /// The upstream has ended its stream.
    ///
    /// # Errors
    /// The stream is incomplete, or the answer cannot be taken apart.
    pub fn finish(mut self) -> Result<HeldAnswer, StreamError> {
        let mut events = Vec::new();
        self.parser.finish(&mut events)?;
        events.iter().try_for_each(|event| self.take(event))?;
        if !self.reader.is_done() {
            return Err(StreamError::Truncated);
        }
        let body = self.assembly.finish().ok_or(StreamError::Empty)?;
        let api = self.reader.api;
        let parsed = api.parse_answer(&body).map_err(StreamError::Answer)?;
        Ok(HeldAnswer { api, body, parsed: ParsedBody { stream: true, ..parsed }, plain: self.plain })
    }

    /// Takes one event.
    pub(crate) fn take(&mut self, event: &SseEvent) -> Result<(), StreamError> {
        let fields = match self.reader.read(event)? {
            Read::Nothing => return Ok(()),
            Read::End => {
                self.plain.extend(data_event(b"[DONE]"));
                return Ok(());
            }
            Read::Event(fields) => fields,
        };
        let data = event.data.trim().as_bytes();
        let plain = match self.reader.api {
            ModelApi::OpenaiChat => data_event(data),
            ModelApi::OpenaiResponses | ModelApi::AnthropicMessages => {
                named_event(self.reader.kind(&event.name, &fields)?, data)
            }
        };
        let step = self.assembly.add(fields).map_err(|problem| self.reader.malformed(problem))?;
        if step == Step::Last {
            self.reader.end();
        }
        self.plain.extend(plain);
        Ok(())
    }
}

/// Reads the events of a stream one after the other, as far as that is the same for what becomes of them.
#[derive(Debug)]
pub(crate) struct EventReader {
    api: ModelApi,
    events: usize,
    done: bool,
}

/// What an event says.
#[derive(Debug)]
pub(crate) enum Read {
    /// Nothing.
    Nothing,
    /// That the answer is complete, and no more than that.
    End,
    /// Something of the answer.
    Event(Map<String, Value>),
}

impl EventReader {
    pub(crate) const fn new(api: ModelApi) -> Self {
        Self { api, events: 0, done: false }
    }

    /// Whether the stream has said that it is complete.
    pub(crate) const fn is_done(&self) -> bool {
        self.done
    }

    /// The last event was the end.
    pub(crate) const fn end(&mut self) {
        self.done = true;
    }

    pub(crate) fn read(&mut self, event: &SseEvent) -> Result<Read, StreamError> {
        self.events += 1;
        match event.data.trim() {
            "" => Ok(Read::Nothing),
            "[DONE]" if self.done => Ok(Read::Nothing),
            "[DONE]" if self.api == ModelApi::OpenaiChat => {
                self.done = true;
                Ok(Read::End)
            }
            _ if self.done => Err(StreamError::DataAfterDone),
            data => self.fields(&event.name, data).map(Read::Event),
        }
    }

    fn fields(&self, name: &str, data: &str) -> Result<Map<String, Value>, StreamError> {
        let fields = match parse_value(data) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return Err(self.malformed("it is no JSON object")),
            Err(SurfaceError::TooManyValues) => return Err(self.malformed("it has too many values")),
            Err(_) => return Err(self.malformed("it is no acceptable JSON")),
        };
        let is_error = name == "error" || fields.get("type").is_some_and(|kind| kind == "error");
        if is_error || fields.get("error").is_some_and(|error| !error.is_null()) {
            return Err(StreamError::UpstreamEvent);
        }
        Ok(fields)
    }

    /// The type of an event, which is judged; its name is not, and clients do not agree on which of them they go by.
    pub(crate) fn kind<'f>(&self, name: &str, fields: &'f Map<String, Value>) -> Result<&'f str, StreamError> {
        let kind = fields.get("type").and_then(Value::as_str).filter(|kind| is_plain_key(kind));
        let kind = kind.ok_or_else(|| self.malformed("its `type` is no word"))?;
        if name.is_empty() || name == kind { Ok(kind) } else { Err(self.malformed("its name and its `type` differ")) }
    }

    pub(crate) const fn malformed(&self, problem: &'static str) -> StreamError {
        StreamError::Malformed { event: self.events, problem }
    }
}

/// What has come in events and has no place in the answer. It stands beside the answer, under a name that no protocol
/// knows, so that it is listed as not inspected.
#[derive(Debug, Default)]
pub(crate) struct Unplaced(Vec<Value>);

impl Unplaced {
    const KEY: &str = "unknown_events";

    /// Keeps what is left of an event, unless that is nothing but its type, flags and nulls.
    pub(crate) fn keep(&mut self, event: Map<String, Value>) {
        let idle = |key: &str, value: &Value| {
            key == "type" || (is_plain_key(key) && matches!(value, Value::Null | Value::Bool(_)))
        };
        if !event.iter().all(|(key, value)| idle(key, value)) {
            self.0.push(Value::Object(event));
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds everything to the answer.
    pub(crate) fn put_beside(self, answer: &mut Map<String, Value>) {
        if !self.0.is_empty() {
            merge::keep(answer, Self::KEY.to_owned(), Value::Array(self.0));
        }
    }

    /// Takes it out of an answer that is told anew.
    pub(crate) fn leave_out(answer: &mut Map<String, Value>) {
        answer.remove(Self::KEY);
    }
}

/// An answer that was put together, to be told as a stream again.
pub(crate) fn read_object(answer: &[u8]) -> Result<Map<String, Value>, SurfaceError> {
    let text = std::str::from_utf8(answer).map_err(|e| SurfaceError::Json(JsonError::Utf8(e.valid_up_to())))?;
    match parse_value(text)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(SurfaceError::shape("", "has to be an object")),
    }
}
