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
    Unplaced::leave_out(&mut response);
    response.remove("logprobs");
    let Some(Value::Array(items)) = response.get("output").cloned() else {
        return Err(SurfaceError::shape("/output", "has to be an array"));
    };
    let mut told = Told::default();
    told.event("response.created", one("response", Value::Object(begun(&response))));
    for (index, item) in items.into_iter().enumerate() {
        let Value::Object(item) = item else { return Err(SurfaceError::shape("/output", "has to hold objects")) };
        told.item(index, item);
    }
    let last = match response.get("status").and_then(Value::as_str) {
        Some("incomplete") => "response.incomplete",
        Some("failed") => "response.failed",
        _ => "response.completed",
    };
    told.event(last, one("response", Value::Object(response)));
    Ok(told.out)
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

#[derive(Default)]
struct Told {
    out: Vec<u8>,
    number: u64,
}

impl Told {
    fn event(&mut self, kind: &str, fields: Fields) {
        let event = with(&fields, "type", kind.into());
        self.out.extend(typed_event(Value::Object(with(&event, "sequence_number", self.number.into()))));
        self.number += 1;
    }

    fn item(&mut self, index: usize, item: Fields) {
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
        self.event("response.output_item.added", with(&place, "item", Value::Object(empty)));
        for (list, events) in [("summary", "response.reasoning_summary_part"), ("content", "response.content_part")] {
            let Some(Value::Array(parts)) = item.get(list) else { continue };
            for (position, part) in parts.iter().enumerate() {
                self.part(events, list, &with(&at, &format!("{list}_index"), position.into()), part);
            }
        }
        if let (Some((prefix, _, field)), Some(text)) = (own, text) {
            self.text(prefix, field, &at, &text);
        }
        self.event("response.output_item.done", with(&place, "item", Value::Object(item)));
    }

    fn part(&mut self, events: &str, list: &str, at: &Fields, part: &Value) {
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
        self.event(&format!("{events}.added"), with(at, "part", empty));
        if let (Some((prefix, _, field)), Some(text)) = (own, text) {
            self.text(prefix, field, at, &text);
        }
        self.event(&format!("{events}.done"), with(at, "part", part.clone()));
    }

    fn text(&mut self, prefix: &str, field: &str, at: &Fields, text: &str) {
        let at = if prefix == "response.output_text" { with(at, "logprobs", json!([])) } else { at.clone() };
        if !text.is_empty() {
            self.event(&format!("{prefix}.delta"), with(&at, "delta", text.into()));
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
