//! A text of an item that grows while it leaves. The events that close it repeat all of it, so what has left is remembered by its digest
//! and by the edits that were made in it.

use parapet_domain::{Edit, Part};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::openai_responses;
use crate::sse::typed_event;
use crate::stream::merge::is_setting;
use crate::windows::segment::Segment;

type Fields = Map<String, Value>;

/// Texts that may leave while they grow: how their events begin, the list that they stand in, and the field.
const TEXTS: [(&str, &str, &str); 4] = [
    ("response.output_text.delta", "content", "text"),
    ("response.refusal.delta", "content", "refusal"),
    ("response.reasoning_text.delta", "content", "text"),
    ("response.reasoning_summary_text.delta", "summary", "text"),
];
/// Most memory that an edit takes besides its replacement.
const EDIT_BYTES: usize = size_of::<Edit>();

/// Where a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) item: usize,
    pub(super) list: &'static str,
    pub(super) part: usize,
    pub(super) field: &'static str,
}

#[derive(Debug)]
pub(super) struct Flow {
    pub(super) place: Place,
    /// Its events but for their texts.
    envelope: Fields,
    /// The part that it is, but for the text.
    pub(super) template: Part,
    pub(super) segment: Segment,
    digest: Sha256,
    /// What was edited of what has left, in characters of the whole text.
    pub(super) kept: Vec<Edit>,
    /// The start of its item has left.
    pub(super) begun: bool,
    /// Where its rest stands among the events that wait, once something else of its item has come: it waits for the item's end.
    pub(super) waits: Option<usize>,
}

impl Place {
    /// As a JSON Pointer, in a response whose first item is item `first` of the whole.
    pub(super) fn pointer(&self, first: usize) -> String {
        format!("/output/{}/{}/{}/{}", self.item.saturating_sub(first), self.list, self.part, self.field)
    }
}

impl Flow {
    /// The text that an event begins to add to, when that is one in `item` that may leave, and nothing else is said of the item that would
    /// have to be judged first.
    pub(super) fn begin(kind: &str, event: &Fields, begun: &Fields) -> Option<Self> {
        let (_, list, field) = TEXTS.into_iter().find(|(known, ..)| *known == kind)?;
        let index = |key: &str| usize::try_from(event.get(key)?.as_u64()?).ok();
        let place = Place { item: index("output_index")?, list, part: index(&format!("{list}_index"))?, field };
        let parts = |list: &str| begun.get(list).and_then(Value::as_array).map_or(0, Vec::len);
        if place.part != 0 || parts("content") + parts("summary") != 1 {
            return None;
        }
        text_in(event)?;
        let mut envelope = event.clone();
        envelope.retain(|key, _| !matches!(key.as_str(), "delta" | "sequence_number" | "obfuscation"));
        let alone = json!({ "output": [begun] }).to_string();
        let parsed = openai_responses::parse_answer(alone.as_bytes()).ok()?;
        let quiet = parsed.not_inspected.is_empty() && parsed.events.len() == 1;
        let parts = parsed.events.into_iter().next()?.parts;
        let quiet = quiet && parts.iter().all(|part| part.text.is_empty());
        let pointer = place.pointer(place.item);
        let template = parts.into_iter().find(|part| part.pointer == pointer).filter(|_| quiet)?;
        let template = Part { pointer: place.pointer(0), ..template };
        Some(Self {
            place,
            envelope,
            template,
            segment: Segment::default(),
            digest: Sha256::new(),
            kept: Vec::new(),
            begun: false,
            waits: None,
        })
    }

    /// The text of an event that is nothing but more text.
    pub(super) fn text_of<'e>(&self, event: &'e Fields) -> Option<&'e str> {
        let text = text_in(event)?;
        let settings =
            event.iter().filter(|(key, _)| !matches!(key.as_str(), "delta" | "sequence_number" | "obfuscation"));
        let same = settings.clone().count() == self.envelope.len()
            && settings.into_iter().all(|(key, value)| self.envelope.get(key) == Some(value));
        same.then_some(text)
    }

    pub(super) fn push(&mut self, text: &str) {
        self.digest.update(text.as_bytes());
        self.segment.push(text);
    }

    /// Whether `text` is all that has come of it.
    pub(super) fn is(&self, text: &str) -> bool {
        self.digest.clone().finalize() == Sha256::digest(text.as_bytes())
    }

    /// Bytes that are held for it.
    pub(super) fn bytes(&self) -> usize {
        let kept: usize = self.kept.iter().map(|edit| edit.replacement.len().saturating_add(EDIT_BYTES)).sum();
        self.segment.bytes().saturating_add(kept)
    }

    /// More of the text, under the number of an event of the upstream.
    pub(super) fn event(&self, text: &str, number: u64) -> Vec<u8> {
        let mut event = self.envelope.clone();
        event.insert("delta".to_owned(), text.into());
        event.insert("sequence_number".to_owned(), number.into());
        typed_event(Value::Object(event))
    }

    /// Edits of what the window shows, as edits of the whole text.
    pub(super) fn of_whole(&self, edits: &[Edit]) -> Vec<Edit> {
        let released = usize::try_from(self.segment.released).unwrap_or(usize::MAX);
        let moved = |edit: &Edit| Edit {
            start: edit.start.saturating_add(released),
            end: edit.end.saturating_add(released),
            ..edit.clone()
        };
        edits.iter().map(moved).collect()
    }
}

/// The text of an event that holds only a text and settings.
fn text_in(event: &Fields) -> Option<&str> {
    let passes = |key: &str, value: &Value| match key {
        "delta" => value.is_string(),
        "logprobs" => value.is_null() || value.as_array().is_some_and(Vec::is_empty),
        "type" | "item_id" | "obfuscation" | "output_index" | "content_index" | "summary_index" | "sequence_number" => {
            is_setting(value)
        }
        _ => false,
    };
    event.get("delta").and_then(Value::as_str).filter(|_| event.iter().all(|(key, value)| passes(key, value)))
}
