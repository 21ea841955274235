//! A response told as a stream: each item with the events that clients put together, texts whole.

use serde_json::{Map, Value, json};

use super::TEXTS;
use crate::SurfaceError;
use crate::sse::typed_event;
use crate::stream::merge::is_setting;
use crate::stream::{Unplaced, read_object};

type Fields = Map<String, Value>;

/// The server-sent events of a response, the last one with all of it.
pub(crate) fn replay(answer: &[u8]) -> Result<Vec<u8>, SurfaceError> {
    let mut response = read_object(answer)?;
    leave_out_of_stream(&mut response);
    let Some(Value::Array(items)) = response.get("output").cloned() else {
        return Err(SurfaceError::shape("/output", "has to be an array"));
    };
    let mut teller = Teller::default();
    teller.begin(&response);
    for (index, item) in items.into_iter().enumerate() {
        let Value::Object(item) = item else { return Err(SurfaceError::shape("/output", "has to hold objects")) };
        teller.item(index, item, None);
    }
    let last = match response.get("status").and_then(Value::as_str) {
        Some("incomplete") => "response.incomplete",
        Some("failed") => "response.failed",
        _ => "response.completed",
    };
    teller.end(last, response);
    Ok(teller.into_bytes())
}

/// Takes out of a response what was put together from events and is told by none.
pub(crate) fn leave_out_of_stream(response: &mut Fields) {
    Unplaced::leave_out(response);
    response.remove("logprobs");
}

/// The response before anything was said.
fn begun(response: &Fields) -> Fields {
    let mut begun = response.clone();
    begun.insert("output".to_owned(), json!([]));
    for key in ["completed_at", "error", "incomplete_details", "output_text", "usage"] {
        begun.entry(key).and_modify(|value| *value = Value::Null);
    }
    begun.entry("status").and_modify(|value| *value = "in_progress".into());
    begun
}

/// An item that has been told in part: its start, the start of a part, and the beginning of that part's text.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub(crate) item: usize,
    pub(crate) list: &'static str,
    pub(crate) part: usize,
    /// What is still to be told of the text.
    pub(crate) rest: String,
}

/// Tells a response event by event.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    out: Vec<u8>,
    number: u64,
    /// All events bear the same number, as they stand for one of an upstream that counts its own.
    fixed: bool,
}

impl Teller {
    /// Tells events in the place of an upstream's event with this number.
    pub(crate) fn at(number: u64) -> Self {
        Self { out: Vec::new(), number, fixed: true }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// How the response begins.
    pub(crate) fn begin(&mut self, response: &Fields) {
        self.event("response.created", one("response", Value::Object(begun(response))));
    }

    /// The last event.
    pub(crate) fn end(&mut self, kind: &str, response: Fields) {
        self.event(kind, one("response", Value::Object(response)));
    }

    fn event(&mut self, kind: &str, fields: Fields) {
        let event = with(&fields, "type", kind.into());
        self.out.extend(typed_event(Value::Object(with(&event, "sequence_number", self.number.into()))));
        self.number += u64::from(!self.fixed);
    }

    /// One item, from its start or from where it was left.
    pub(crate) fn item(&mut self, index: usize, item: Fields, resumed: Option<&Resumed>) {
        let place = one("output_index", index.into());
        let id = item.get("id").filter(|id| is_setting(id)).and_then(Value::as_str).unwrap_or_default();
        let at = with(&place, "item_id", id.into());
        let own = TEXTS.iter().find(|(prefix, list, _)| list.is_none() && prefix.starts_with(&own_prefix(&item)));
        let mut empty = item.clone();
        for list in ["content", "summary"].iter().filter(|list| item.get(**list).is_some_and(Value::is_array)) {
            empty.insert((*list).to_owned(), json!([]));
        }
        empty.entry("status").and_modify(|value| *value = "in_progress".into());
        let text = own.and_then(|(_, _, field)| empty.get_mut(*field)).and_then(take_text);
        if resumed.is_none() {
            self.event("response.output_item.added", with(&place, "item", Value::Object(empty)));
        }
        for (list, events) in [("summary", "response.reasoning_summary_part"), ("content", "response.content_part")] {
            let Some(Value::Array(parts)) = item.get(list) else { continue };
            for (position, part) in parts.iter().enumerate() {
                let rest = resumed.filter(|resumed| resumed.list == list && resumed.part == position);
                let at = with(&at, &format!("{list}_index"), position.into());
                self.part(events, list, &at, part, rest.map(|resumed| resumed.rest.as_str()));
            }
        }
        if let (Some((prefix, _, field)), Some(text)) = (own, text) {
            self.text(prefix, field, &at, &text, None);
        }
        self.event("response.output_item.done", with(&place, "item", Value::Object(item)));
    }

    fn part(&mut self, events: &str, list: &str, at: &Fields, part: &Value, rest: Option<&str>) {
        let prefix = match part.get("type").and_then(Value::as_str).unwrap_or_default() {
            "summary_text" => "response.reasoning_summary_text".to_owned(),
            kind => format!("response.{kind}"),
        };
        let own = TEXTS.iter().find(|(known, known_list, _)| *known == prefix && *known_list == Some(list));
        let mut empty = part.clone();
        for key in ["annotations", "logprobs"] {
            if let Some(value) = empty.get_mut(key).filter(|value| value.is_array()) {
                *value = json!([]);
            }
        }
        let text = own.and_then(|(_, _, field)| empty.get_mut(*field)).and_then(take_text);
        if rest.is_none() {
            self.event(&format!("{events}.added"), with(at, "part", empty));
        }
        if let (Some((prefix, _, field)), Some(text)) = (own, text) {
            self.text(prefix, field, at, &text, rest);
        }
        self.event(&format!("{events}.done"), with(at, "part", part.clone()));
    }

    /// A text that is still to be told, or the `rest` of one, and then all of it.
    fn text(&mut self, prefix: &str, field: &str, at: &Fields, text: &str, rest: Option<&str>) {
        let at = if prefix == "response.output_text" { with(at, "logprobs", json!([])) } else { at.clone() };
        let delta = rest.unwrap_or(text);
        if !delta.is_empty() {
            self.event(&format!("{prefix}.delta"), with(&at, "delta", delta.into()));
        }
        self.event(&format!("{prefix}.done"), with(&at, field, text.into()));
    }
}

/// How the events of an item's own text begin, such as `response.function_call_`.
fn own_prefix(item: &Fields) -> String {
    format!("response.{}_", item.get("type").and_then(Value::as_str).unwrap_or_default())
}

fn take_text(value: &mut Value) -> Option<String> {
    match value {
        Value::String(text) => Some(std::mem::take(text)),
        _ => None,
    }
}

fn one(key: &str, value: Value) -> Fields {
    with(&Fields::new(), key, value)
}

fn with(fields: &Fields, key: &str, value: Value) -> Fields {
    let mut fields = fields.clone();
    fields.insert(key.to_owned(), value);
    fields
}
