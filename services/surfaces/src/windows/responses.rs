//! OpenAI Responses: the items come one after the other. A text makes windows while it grows; all else of its item, and every other item, is
//! held until the item is complete. The events that close an item, and the last one, repeat what has left: they are held against its
//! digests, and bear the same edits.

mod draw;
mod flow;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use parapet_domain::{Part, Stage};
use serde_json::{Map, Value, json};

use super::WindowLimits;
use crate::openai_responses::{self, Assembly};
use crate::sse::{SseEvent, named_event};
use crate::stream::merge::is_setting;
use crate::stream::{EventReader, Read};
use crate::{Draft, ModelApi, ParsedBody, StreamError};
use draw::{Last, Shown};
use flow::Flow;

type Fields = Map<String, Value>;

const DISAGREES: &str = "the response is not what the events before it told";

#[derive(Debug)]
pub(super) struct ResponseWindows {
    reader: EventReader,
    /// The number that the upstream gave its last event.
    number: u64,
    /// The response as it began, and the events that told so, until they have left.
    early: Option<Fields>,
    head: Option<Vec<u8>>,
    /// What waits of the items that are not complete, but for the text that grows. Places count from item `first`.
    plain: Vec<u8>,
    assembly: Assembly,
    first: usize,
    added: usize,
    open: BTreeSet<usize>,
    /// The one item that has begun, as far as it has been told.
    begun: Option<Fields>,
    flow: Option<Flow>,
    /// Something else than starts of items and parts waits.
    odd: bool,
    /// Items are complete and have not left.
    ready: bool,
    pinged: bool,
    /// Items that have left: digests of what they said, and those that were changed.
    left: Vec<[u8; 32]>,
    edited: Vec<(usize, Value)>,
    edited_bytes: usize,
    last: Option<Last>,
    shown: Shown,
}

impl Default for ResponseWindows {
    fn default() -> Self {
        Self {
            reader: EventReader::new(ModelApi::OpenaiResponses),
            number: 0,
            early: None,
            head: None,
            plain: Vec::new(),
            assembly: Assembly::default(),
            first: 0,
            added: 0,
            open: BTreeSet::new(),
            begun: None,
            flow: None,
            odd: false,
            ready: false,
            pinged: false,
            left: Vec::new(),
            edited: Vec::new(),
            edited_bytes: 0,
            last: None,
            shown: Shown::default(),
        }
    }
}

impl ResponseWindows {
    pub(super) fn take(&mut self, event: &SseEvent, limits: &WindowLimits) -> Result<(), StreamError> {
        let Read::Event(fields) = self.reader.read(event)? else { return Ok(()) };
        let kind = self.reader.kind(&event.name, &fields)?.to_owned();
        self.number = fields.get("sequence_number").and_then(Value::as_u64).unwrap_or(self.number);
        let plain = named_event(&kind, event.data.trim().as_bytes());
        let taken = match kind.as_str() {
            "response.created" | "response.queued" | "response.in_progress" => self.take_early(fields, plain),
            "response.completed" | "response.incomplete" | "response.failed" => self.take_last(&kind, fields, plain),
            _ if is_sign_of_life(&kind, &fields) => {
                self.take_ping(plain);
                Ok(())
            }
            _ => self.take_of_item(&kind, fields, plain),
        };
        taken.map_err(|problem| self.reader.malformed(problem))?;
        let limit = limits.max_buffer_bytes;
        if self.waiting() > limit { Err(StreamError::TooLarge { limit }) } else { Ok(()) }
    }

    pub(super) fn is_due(&self, limits: &WindowLimits) -> bool {
        let grows = |flow: &Flow| flow.waits.is_none() && flow.segment.fresh >= limits.window_chars;
        let grows = self.assembly.is_quiet() && self.flow.as_ref().is_some_and(grows);
        !self.reader.is_done() && (self.ready || grows)
    }

    pub(super) const fn is_done(&self) -> bool {
        self.reader.is_done()
    }

    pub(super) fn show(&mut self) -> Result<ParsedBody, StreamError> {
        if self.ready { self.show_items(None) } else { self.show_text() }
    }

    pub(super) fn finish(&mut self) -> Result<ParsedBody, StreamError> {
        let last = self.last.take().filter(|_| self.reader.is_done()).ok_or(StreamError::Truncated)?;
        self.show_items(Some(last))
    }

    /// A response that is not complete yet. The first one is judged; those after it must not say more.
    fn take_early(&mut self, mut event: Fields, plain: Vec<u8>) -> Result<(), &'static str> {
        let Some(Value::Object(response)) = event.remove("response") else {
            return Err("it does not hold what its type says");
        };
        if response.get("output").is_some_and(|output| !output.is_null() && *output != json!([])) {
            return Err("the response has output before its first item");
        }
        match &self.early {
            None => (self.early, self.head) = (Some(response), Some(plain)),
            Some(first) if openai_responses::agrees(&response, first) => {
                // Once the first has left, maybe with edits, those after it would only say the same again.
                self.head.iter_mut().for_each(|head| head.extend(&plain));
            }
            Some(_) => return Err(DISAGREES),
        }
        event.retain(|key, value| key != "sequence_number" || !is_setting(value));
        self.assembly.keep_unplaced(event);
        Ok(())
    }

    fn take_last(&mut self, kind: &str, mut event: Fields, plain: Vec<u8>) -> Result<(), &'static str> {
        let Some(Value::Object(response)) = event.remove("response") else {
            return Err("it does not hold what its type says");
        };
        event.retain(|key, value| key != "sequence_number" || !is_setting(value));
        self.assembly.keep_unplaced(event);
        self.plain.extend(plain);
        self.last = Some(Last { kind: kind.to_owned(), response });
        self.reader.end();
        Ok(())
    }

    /// A sign of life. Any number of them are one, so that they do not fill the buffer.
    fn take_ping(&mut self, plain: Vec<u8>) {
        if !std::mem::replace(&mut self.pinged, true) {
            self.plain.extend(plain);
        }
    }

    fn take_of_item(&mut self, kind: &str, event: Fields, plain: Vec<u8>) -> Result<(), &'static str> {
        if let Some(flow) = &mut self.flow {
            match flow.text_of(&event) {
                Some(text) => {
                    flow.push(text);
                    return Ok(());
                }
                None => _ = flow.waits.get_or_insert(self.plain.len()),
            }
        } else if self.open.len() == 1
            && !self.odd
            && self.assembly.is_quiet()
            && let Some(begun) = &self.begun
            && let Some(mut flow) = Flow::begin(kind, &event, begun).filter(|flow| self.open.contains(&flow.place.item))
        {
            flow.push(event.get("delta").and_then(Value::as_str).unwrap_or_default());
            self.flow = Some(flow);
            return Ok(());
        }
        self.hold(kind, event, plain)
    }

    fn hold(&mut self, kind: &str, mut event: Fields, plain: Vec<u8>) -> Result<(), &'static str> {
        self.odd |= !kind.ends_with(".added") || kind == "response.output_text.annotation.added";
        if let Some(index) = event.get("output_index").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok()) {
            let place = index.checked_sub(self.first).ok_or("it belongs to an output item that is complete")?;
            self.follow(kind, index, &event)?;
            event.insert("output_index".to_owned(), place.into());
        }
        self.assembly.add(event)?;
        self.plain.extend(plain);
        Ok(())
    }

    /// Notes which items are open, and what has been told of the one that is.
    fn follow(&mut self, kind: &str, index: usize, event: &Fields) -> Result<(), &'static str> {
        match kind {
            "response.output_item.added" => {
                if index != self.first.saturating_add(self.added) {
                    return Err("an output item is out of order");
                }
                self.added = self.added.saturating_add(1);
                self.open.insert(index);
                self.begun = event.get("item").and_then(Value::as_object).filter(|_| self.added == 1).cloned();
            }
            "response.content_part.added" | "response.reasoning_summary_part.added" => {
                let list = if kind.starts_with("response.content") { "content" } else { "summary" };
                let parts = self.begun.as_mut().map(|item| item.entry(list).or_insert_with(|| json!([])));
                if let (Some(Value::Array(parts)), Some(part)) = (parts, event.get("part")) {
                    parts.push(part.clone());
                }
            }
            "response.output_item.done" => {
                if !self.open.remove(&index) {
                    return Err("an output item is out of order");
                }
                self.ready = self.open.is_empty();
            }
            _ => {}
        }
        Ok(())
    }

    /// A window of the text that grows.
    fn show_text(&mut self) -> Result<ParsedBody, StreamError> {
        let mut parsed = ParsedBody::default();
        let mut shown = Shown { plain: std::mem::take(&mut self.plain), first: self.first, ..Shown::default() };
        if let (Some(head), Some(early)) = (self.head.take(), &self.early) {
            let body = with_output(early, Vec::new());
            parsed = openai_responses::parse_answer(&body).map_err(StreamError::Answer)?;
            (shown.head, shown.body) = (Some(head), body);
        }
        if let Some(flow) = &self.flow {
            let part = flow.segment.part(flow.template.clone());
            match parsed.events.iter_mut().find(|draft| draft.stage == Stage::Output) {
                Some(output) => output.parts.push(part),
                None => parsed.events.push(Draft::new(Stage::Output, vec![part])),
            }
        }
        self.shown = shown;
        Ok(ParsedBody { stream: true, ..parsed })
    }

    /// Items that are complete, or with `last` all that is left.
    fn show_items(&mut self, last: Option<Last>) -> Result<ParsedBody, StreamError> {
        let closing = Fields::from_iter([
            ("type".to_owned(), Value::from("response.completed")),
            ("response".to_owned(), Value::Object(self.around(last.as_ref())?)),
        ]);
        let mut assembly = std::mem::take(&mut self.assembly);
        assembly.add(closing).map_err(|problem| self.reader.malformed(problem))?;
        let body = assembly.finish().ok_or(StreamError::Empty)?;
        let mut parsed = openai_responses::parse_answer(&body).map_err(StreamError::Answer)?;
        let whole: Value = serde_json::from_slice(&body).unwrap_or_default();
        self.leave_out_text_that_left(&whole, &mut parsed)?;
        let first = self.first;
        draw::move_items(&mut parsed, |index| index.saturating_add(first));
        let items = whole.get("output").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.left.extend(items.iter().map(openai_responses::fingerprint));
        let (head, plain) = (self.head.take(), std::mem::take(&mut self.plain));
        self.shown = Shown { head, plain, body, first, items: true, last };
        (self.first, self.added, self.ready) = (self.left.len(), 0, false);
        (self.begun, self.open, self.odd) = (None, BTreeSet::new(), false);
        Ok(ParsedBody { stream: true, ..parsed })
    }

    /// What the response says besides the items that are shown, as far as it is to be judged. The items say themselves what they are.
    fn around(&self, last: Option<&Last>) -> Result<Fields, StreamError> {
        let Some(last) = last else {
            let mut early = self.early.clone().filter(|_| self.head.is_some()).unwrap_or_default();
            early.remove("output");
            return Ok(early);
        };
        if self.early.as_ref().is_some_and(|early| !openai_responses::agrees(early, &last.response)) {
            return Err(self.reader.malformed(DISAGREES));
        }
        let mut response = last.response.clone();
        self.leave_out_what_left(&mut response)?;
        Ok(response)
    }

    /// Of a text that has left in part only the rest is judged. All of it has to be what came.
    fn leave_out_text_that_left(&self, whole: &Value, parsed: &mut ParsedBody) -> Result<(), StreamError> {
        let Some(flow) = &self.flow else { return Ok(()) };
        let pointer = flow.place.pointer(self.first);
        let text = whole.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
        if !flow.is(text) {
            return Err(self.reader.malformed(DISAGREES));
        }
        let parts = parsed.events.iter_mut().flat_map(|draft| &mut draft.parts);
        for part in parts.filter(|part| part.pointer == pointer) {
            *part = Part { is_final: true, ..flow.segment.part(part.clone()) };
        }
        Ok(())
    }

    /// The items that have left are in the response once more, and say what they said. Only what has not left is judged.
    fn leave_out_what_left(&self, response: &mut Fields) -> Result<(), StreamError> {
        let Some(Value::Array(items)) = response.get_mut("output") else { return Ok(()) };
        let rest = items.split_off(self.left.len().min(items.len()));
        let told = std::mem::replace(items, rest);
        let same = told.len() == self.left.len()
            && told.iter().map(openai_responses::fingerprint).eq(self.left.iter().copied());
        if same { Ok(()) } else { Err(self.reader.malformed(DISAGREES)) }
    }

    fn waiting(&self) -> usize {
        let head = self.head.as_ref().map_or(0, Vec::len);
        let flow = self.flow.as_ref().map_or(0, Flow::bytes);
        let left = self.left.len().saturating_mul(size_of::<[u8; 32]>()).saturating_add(self.edited_bytes);
        self.plain.len().saturating_add(head).saturating_add(flow).saturating_add(left)
    }
}

/// An event that says nothing at all, such as `keepalive`.
fn is_sign_of_life(kind: &str, event: &Fields) -> bool {
    let idle = |(key, value): (&String, &Value)| key == "type" || (key == "sequence_number" && value.is_number());
    !kind.starts_with("response.") && event.iter().all(idle)
}

/// A response with this output, as JSON.
fn with_output(response: &Fields, output: Vec<Value>) -> Vec<u8> {
    let mut response = response.clone();
    response.insert("output".to_owned(), output.into());
    Value::Object(response).to_string().into_bytes()
}
