//! The events of a stream held against the response that they end with. The response is what is judged, and the events are
//! what is released, so they have to agree; what has no place in the response is kept beside it, where it is listed.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use super::{TEXTS, agree};
use crate::stream::merge::{is_setting, keep};
use crate::stream::{Step, Unplaced};

type Fields = Map<String, Value>;

/// Texts that grow, wherever they stand.
const GROWING: [&str; 5] = ["text", "refusal", "arguments", "input", "code"];

/// What the events so far amount to. Places are JSON Pointers into the response.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    response: Option<Fields>,
    /// Responses that were not complete yet.
    early: Vec<Fields>,
    /// What texts begin with, and what clients make of them by each kind of event that adds to them.
    begun: HashMap<String, String>,
    grown: HashMap<String, HashMap<&'static str, String>>,
    /// Values that the response has to hold.
    told: Vec<(String, Value)>,
    /// Items that are complete, for a response that does not repeat them.
    items: BTreeMap<u64, Value>,
    added: HashSet<String>,
    /// How long the lists of parts are.
    lengths: HashMap<String, u64>,
    logprobs: Vec<Value>,
    unplaced: Unplaced,
}

impl Assembly {
    /// Takes an event. Each step takes out of it what it has kept.
    pub(crate) fn add(&mut self, mut event: Fields) -> Result<Step, &'static str> {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        for key in ["sequence_number", "item_id", "obfuscation"] {
            if event.get(key).is_some_and(is_setting) {
                event.remove(key);
            }
        }
        let mut step = Step::More;
        match kind.as_str() {
            "response.created" | "response.queued" | "response.in_progress" => {
                self.early.push(early(object(&mut event, "response")?)?);
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                let response = object(&mut event, "response")?;
                self.response = Some(self.checked(response)?);
                step = Step::Last;
            }
            "response.output_item.added" => self.add_item(&mut event)?,
            "response.output_item.done" => self.end_item(&mut event)?,
            "response.content_part.added" => self.add_part(&mut event, "content")?,
            "response.reasoning_summary_part.added" => self.add_part(&mut event, "summary")?,
            "response.content_part.done" => self.end_part(&mut event, "content")?,
            "response.reasoning_summary_part.done" => self.end_part(&mut event, "summary")?,
            "response.output_text.annotation.added" => self.annotate(&mut event)?,
            kind => self.add_text(kind, &mut event)?,
        }
        self.unplaced.keep(event);
        Ok(step)
    }

    /// Keeps what is left of an event that is told elsewhere.
    pub(crate) fn keep_unplaced(&mut self, event: Fields) {
        self.unplaced.keep(event);
    }

    /// Whether nothing has come that has no place in the response.
    pub(crate) fn is_quiet(&self) -> bool {
        self.unplaced.is_empty() && self.logprobs.is_empty()
    }

    fn add_item(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        let place = item_place(index(event, "output_index")?);
        let item = object(event, "item")?;
        self.begin(place, item)
    }

    fn end_item(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        let index = index(event, "output_index")?;
        let item = Value::Object(object(event, "item")?);
        self.items.insert(index, item.clone());
        self.told.push((item_place(index), item));
        Ok(())
    }

    fn add_part(&mut self, event: &mut Fields, list: &str) -> Result<(), &'static str> {
        let list_place = format!("{}/{list}", item_place(index(event, "output_index")?));
        let at = index(event, &format!("{list}_index"))?;
        let length = self.lengths.entry(list_place.clone()).or_default();
        if at != *length {
            return Err("a content part is out of order");
        }
        *length += 1;
        let part = object(event, "part")?;
        self.begin(format!("{list_place}/{at}"), part)
    }

    fn end_part(&mut self, event: &mut Fields, list: &str) -> Result<(), &'static str> {
        let place = part_place(event, Some(list))?;
        let part = event.remove("part").unwrap_or_default();
        self.told.push((place, part));
        Ok(())
    }

    fn annotate(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        let place = part_place(event, Some("content"))?;
        let place = format!("{place}/annotations/{}", index(event, "annotation_index")?);
        self.told.push((place, event.remove("annotation").unwrap_or_default()));
        Ok(())
    }

    /// A piece of a text, or all of it once it is complete.
    fn add_text(&mut self, kind: &str, event: &mut Fields) -> Result<(), &'static str> {
        let known = TEXTS.iter().find_map(|(prefix, list, field)| {
            let end = kind.strip_prefix(prefix).filter(|end| [".delta", ".done"].contains(end))?;
            Some((*prefix, end, *list, *field))
        });
        let Some((prefix, end, list, field)) = known else {
            if event.get("output_index").is_some_and(is_setting) {
                event.remove("output_index");
            }
            return Ok(());
        };
        let place = part_place(event, list)?;
        let text_place = format!("{place}/{field}");
        if let Some(logprobs) =
            event.remove("logprobs").filter(|value| !value.is_null() && *value != Value::Array(vec![]))
        {
            self.logprobs.push(logprobs);
        }
        if end == ".done" {
            self.told.extend(event.remove(field).map(|text| (text_place, text)));
            self.told.extend(event.remove("name").map(|name| (format!("{place}/name"), name)));
            return Ok(());
        }
        let Some(Value::String(piece)) = event.remove("delta") else { return Err("a delta is no text") };
        let begun = self.begun.get(&text_place).cloned().unwrap_or_default();
        self.grown.entry(text_place).or_default().entry(prefix).or_insert(begun).push_str(&piece);
        Ok(())
    }

    /// An item or a part begins, in most cases empty: the pieces that follow are put behind what it holds.
    fn begin(&mut self, place: String, mut fields: Fields) -> Result<(), &'static str> {
        if !self.added.insert(place.clone()) {
            return Err("an output item is added twice");
        }
        for field in GROWING {
            if let Some(Value::String(text)) = fields.get_mut(field) {
                let text_place = format!("{place}/{field}");
                if self.grown.contains_key(&text_place) {
                    return Err("a text begins after its first piece");
                }
                self.begun.insert(text_place, std::mem::take(text));
            }
        }
        for list in ["content", "summary"] {
            let Some(Value::Array(parts)) = fields.get_mut(list) else { continue };
            let parts = std::mem::take(parts);
            self.lengths.insert(format!("{place}/{list}"), parts.len() as u64);
            for (at, part) in parts.into_iter().enumerate() {
                let Value::Object(part) = part else { return Err("a content part is no object") };
                self.begin(format!("{place}/{list}/{at}"), part)?;
            }
        }
        self.told.push((place, Value::Object(fields)));
        Ok(())
    }

    /// The response, when it holds all that was told.
    fn checked(&mut self, mut response: Fields) -> Result<Fields, &'static str> {
        if response.get("output").is_none_or(Value::is_null) {
            let items = std::mem::take(&mut self.items).into_values().collect();
            response.insert("output".to_owned(), Value::Array(items));
        }
        let response = Value::Object(response);
        let text = |place: &str| response.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let nothing = Value::Null;
        let agrees = self
            .begun
            .iter()
            .all(|(place, told)| told.is_empty() || self.grown.contains_key(place) || text(place) == told)
            && self.grown.iter().all(|(place, told)| told.values().all(|told| text(place) == told))
            && self
                .told
                .iter()
                .all(|(place, told)| agree::is_within(told, response.pointer(place).unwrap_or(&nothing)))
            && self.early.iter().all(|early| response.as_object().is_some_and(|last| agree::agrees(early, last)));
        match response {
            Value::Object(fields) if agrees => Ok(fields),
            _ => Err("the response is not what the events before it told"),
        }
    }

    /// The response as JSON, or `None` when it did not come.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        let mut response = self.response?;
        if !self.logprobs.is_empty() {
            keep(&mut response, "logprobs".to_owned(), Value::Array(self.logprobs));
        }
        self.unplaced.put_beside(&mut response);
        serde_json::to_vec(&response).ok()
    }
}

/// A response that is not complete yet must hold no output: clients would put what follows behind it.
fn early(response: Fields) -> Result<Fields, &'static str> {
    match response.get("output") {
        None | Some(Value::Null) => Ok(response),
        Some(Value::Array(items)) if items.is_empty() => Ok(response),
        Some(_) => Err("the response has output before its first item"),
    }
}

fn item_place(index: u64) -> String {
    format!("/output/{index}")
}

/// The place of an item, or of a part in one of its lists.
fn part_place(event: &mut Fields, list: Option<&str>) -> Result<String, &'static str> {
    let item = item_place(index(event, "output_index")?);
    match list {
        Some(list) => Ok(format!("{item}/{list}/{}", index(event, &format!("{list}_index"))?)),
        None => Ok(item),
    }
}

fn index(event: &mut Fields, key: &str) -> Result<u64, &'static str> {
    event.remove(key).as_ref().and_then(Value::as_u64).ok_or("an index is no whole number")
}

fn object(event: &mut Fields, key: &str) -> Result<Fields, &'static str> {
    match event.remove(key) {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Err("it does not hold what its type says"),
    }
}
