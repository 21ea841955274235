//! Anthropic Messages: the blocks come one after the other. A text block makes windows while it grows; any other is held until it is
//! complete, judged and let go as a whole. What opens and closes the blocks leaves with them, in order.

mod draw;
mod flow;

#[cfg(test)]
mod tests;

use parapet_domain::{Part, Stage};
use serde_json::{Map, Value};

use super::WindowLimits;
use crate::anthropic_messages::{self, Assembly};
use crate::restore::Restorer;
use crate::sse::{SseEvent, named_event};
use crate::stream::{EventReader, Read, Step};
use crate::{Draft, ModelApi, ParsedBody, StreamError};
use draw::Shown;
use flow::{Flow, text_of};

#[derive(Debug)]
pub(super) struct MessageWindows {
    reader: EventReader,
    /// What waits, but for the text that grows: as it came, and put together.
    plain: Vec<u8>,
    assembly: Assembly,
    /// The text block that grows.
    flow: Option<Flow>,
    /// What has left of the first block that waits, if its start has.
    resumed: Option<u64>,
    /// Characters of blocks that are complete, which no window has shown.
    fresh: usize,
    /// A block that is no plain text is complete.
    ready: bool,
    pinged: bool,
    /// The end of the message has begun: nothing leaves before all of it is there.
    ending: bool,
    /// Something has left already.
    begun: bool,
    /// Blocks that were taken out.
    gone: usize,
    shown: Shown,
    /// What becomes of tokens.
    pub(super) restorer: Option<Restorer>,
    /// The first block that waits is the end of a text that is JSON.
    is_json: bool,
}

impl Default for MessageWindows {
    fn default() -> Self {
        Self {
            reader: EventReader::new(ModelApi::AnthropicMessages),
            plain: Vec::new(),
            assembly: Assembly::default(),
            flow: None,
            resumed: None,
            fresh: 0,
            ready: false,
            pinged: false,
            ending: false,
            begun: false,
            gone: 0,
            shown: Shown::default(),
            restorer: None,
            is_json: false,
        }
    }
}

impl MessageWindows {
    pub(super) fn take(&mut self, event: &SseEvent, limits: &WindowLimits) -> Result<(), StreamError> {
        let Read::Event(fields) = self.reader.read(event)? else { return Ok(()) };
        let kind = self.reader.kind(&event.name, &fields)?.to_owned();
        let grows = self.flow.as_ref().and_then(|flow| text_of(&kind, &fields, flow.index));
        match (grows, &mut self.flow) {
            (Some(text), Some(flow)) => flow.segment.take(text, self.restorer.as_mut()),
            _ if kind == "ping" && fields.len() == 1 => self.ping(event),
            _ => self.hold(&kind, event, fields)?,
        }
        let limit = limits.max_buffer_bytes;
        if self.waiting() > limit { Err(StreamError::TooLarge { limit }) } else { Ok(()) }
    }

    pub(super) fn is_due(&self, limits: &WindowLimits) -> bool {
        if self.ending || self.reader.is_done() || (self.flow.is_none() && !self.assembly.is_closed()) {
            return false;
        }
        let held_back = limits.whole_first && !self.begun && self.waiting().saturating_mul(2) < limits.max_buffer_bytes;
        let fresh = self.flow.as_ref().map_or(0, |flow| flow.segment.fresh).saturating_add(self.fresh);
        fresh >= limits.window_chars || (self.ready && !held_back)
    }

    pub(super) fn show(&mut self) -> Result<ParsedBody, StreamError> {
        let first = self.assembly.first();
        let mut shown = Shown {
            plain: std::mem::take(&mut self.plain),
            body: None,
            restored: false,
            first,
            gone: self.gone,
            starts: self.assembly.starts(),
            resumed: self.resumed.is_some(),
            ends: self.reader.is_done(),
            text: self.flow.as_ref().map(|flow| (flow.index, !flow.begun)),
        };
        let next = self.assembly.next();
        let assembly = std::mem::replace(&mut self.assembly, next);
        let mut parsed = ParsedBody::default();
        if !assembly.is_quiet() {
            // More may follow, or something has left: the last block that waits may be taken out.
            let not_alone = !shown.ends || first > self.gone;
            let body = assembly.into_body(not_alone).ok_or(StreamError::Empty)?;
            parsed = anthropic_messages::parse_answer(&body).map_err(StreamError::Answer)?;
            let body = self.put_back(body, &mut parsed, &mut shown);
            draw::move_blocks(&mut parsed, |index| index.saturating_add(first));
            shown.body = Some(body);
        }
        if let Some(released) = self.resumed {
            let pointer = flow::pointer(first);
            let parts = parsed.events.iter_mut().flat_map(|draft| &mut draft.parts);
            parts.filter(|part| part.pointer == pointer).for_each(|part| part.offset = released);
        }
        if let Some(flow) = &self.flow {
            flow.put_into(&mut parsed);
        }
        if parsed.events.is_empty() {
            parsed.events.push(Draft::new(Stage::Output, Vec::new()));
        }
        self.shown = shown;
        Ok(ParsedBody { stream: true, ..parsed })
    }

    pub(super) const fn is_done(&self) -> bool {
        self.reader.is_done()
    }

    pub(super) fn finish(&mut self) -> Result<ParsedBody, StreamError> {
        if !self.reader.is_done() {
            return Err(StreamError::Truncated);
        }
        let nothing_left = self.assembly.blocks() == 0 && self.gone > 0 && self.assembly.first() == self.gone;
        if nothing_left { Err(StreamError::Empty) } else { self.show() }
    }

    /// Takes an event that is no growing text. The text that grew before it waits for the rest of its block.
    fn hold(&mut self, kind: &str, event: &SseEvent, fields: Map<String, Value>) -> Result<(), StreamError> {
        let flowed = self.flow.take();
        let was_text = flowed.is_some();
        if let Some(flow) = flowed {
            self.take_back(flow);
        }
        let step = self.assembly.add(fields).map_err(|problem| self.reader.malformed(problem))?;
        self.plain.extend(named_event(kind, event.data.trim().as_bytes()));
        match kind {
            "content_block_start" if !self.ending => self.flow = self.assembly.grows().map(Flow::new),
            "content_block_stop" => self.ready |= !was_text,
            "message_delta" => self.ending = true,
            _ => {}
        }
        if step == Step::Last {
            self.reader.end();
        }
        Ok(())
    }

    /// A piece of the message with values in place of its tokens. What is told anew is no longer what came.
    fn put_back(&mut self, body: Vec<u8>, parsed: &mut ParsedBody, shown: &mut Shown) -> Vec<u8> {
        let Some(restorer) = &mut self.restorer else { return body };
        let first = flow::pointer(0);
        let is_json = |part: &Part| self.is_json && part.pointer == first;
        let (restored, read) =
            restorer.piece(&body, std::mem::take(parsed), &is_json, anthropic_messages::parse_answer);
        *parsed = read;
        shown.restored = restored.is_some();
        restored.unwrap_or(body)
    }

    fn take_back(&mut self, flow: Flow) {
        self.fresh = self.fresh.saturating_add(flow.segment.fresh);
        let (index, released) = (flow.index, flow.segment.released);
        let (text, is_json) = (flow.segment.as_it_came(), flow.segment.is_json());
        if !text.is_empty() {
            self.plain.extend(flow::event(index, &text));
        }
        if flow.begun {
            self.resumed = Some(released);
            self.is_json = is_json;
        }
        self.assembly.take_back(text, flow.begun);
    }

    /// A sign of life. Any number of them are one, so that they do not fill the buffer.
    fn ping(&mut self, event: &SseEvent) {
        if !std::mem::replace(&mut self.pinged, true) {
            self.plain.extend(named_event("ping", event.data.trim().as_bytes()));
        }
    }

    fn waiting(&self) -> usize {
        self.plain.len().saturating_add(self.flow.as_ref().map_or(0, |flow| flow.segment.bytes()))
    }
}
