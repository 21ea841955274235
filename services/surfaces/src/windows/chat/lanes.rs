//! Which chunks of a chat completion are plain text, and chunks made anew for text that may leave.

use std::collections::{BTreeMap, BTreeSet};

use parapet_domain::{Origin, Part, Role};
use serde_json::{Map, Value, json};

use super::MAX_LANES;
use crate::document::parse_value;
use crate::openai_chat::settings::{ANSWER, CHOICE};
use crate::sse::{SseEvent, data_event};
use crate::stream::merge::is_setting;

/// Fields of a message that grow as plain text.
const TEXTS: [&str; 4] = ["content", "reasoning_content", "reasoning", "refusal"];
/// Settings of a chunk that say something about the whole answer or its end, or that fill up space.
const NOT_REPEATED: [&str; 5] = ["finish_reason", "native_finish_reason", "stop_reason", "usage", "time_info"];

/// Which text of an answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lane {
    /// Index of the choice.
    choice: u32,
    /// Field of the message, such as `content`.
    field: &'static str,
}

impl Lane {
    /// Where the text stands in the answer as a whole.
    pub(crate) fn pointer(&self) -> String {
        format!("/choices/{}/message/{}", self.choice, self.field)
    }

    /// The part that its text is, but for the text.
    pub(crate) fn template(&self) -> Part {
        Part {
            name: (self.field != "content").then(|| self.field.to_owned()),
            choice: Some(self.choice),
            pointer: self.pointer(),
            ..Part::text(Role::Assistant, Origin::Model, "")
        }
    }
}

/// What a chunk holds.
#[derive(Debug, PartialEq)]
pub(crate) enum Reading {
    /// Nothing but new text, and settings that need not be passed on.
    Texts(Vec<(Lane, String)>),
    /// Anything else.
    Other,
}

/// What has been learnt of the answer from its chunks.
#[derive(Debug, Default)]
pub(crate) struct ChatLanes {
    /// The settings of the last chunk: id, model and so on.
    envelope: Map<String, Value>,
    roles: BTreeMap<u32, Value>,
    /// Choices whose role has left.
    begun: BTreeSet<u32>,
    lanes: BTreeSet<Lane>,
}

impl ChatLanes {
    pub(crate) fn read(&mut self, event: &SseEvent) -> Reading {
        let data = event.data.trim();
        if data.is_empty() {
            return Reading::Texts(Vec::new());
        }
        match parse_value(data) {
            Ok(Value::Object(chunk)) if event.name != "error" => {
                self.texts(chunk).map_or(Reading::Other, Reading::Texts)
            }
            _ => Reading::Other,
        }
    }

    /// A server-sent event with `text`.
    pub(crate) fn event(&self, lane: &Lane, text: &str) -> Vec<u8> {
        data_event(self.chunk(lane, text).as_bytes())
    }

    /// A chunk with `text`; the first of a choice bears its role.
    pub(crate) fn chunk(&self, lane: &Lane, text: &str) -> String {
        let mut delta = Map::new();
        if let Some(role) = self.roles.get(&lane.choice).filter(|_| !self.begun.contains(&lane.choice)) {
            delta.insert("role".to_owned(), role.clone());
        }
        delta.insert(lane.field.to_owned(), text.into());
        let mut chunk = self.envelope.clone();
        chunk.insert("object".to_owned(), "chat.completion.chunk".into());
        chunk.insert("choices".to_owned(), json!([{"index": lane.choice, "delta": delta, "finish_reason": null}]));
        Value::Object(chunk).to_string()
    }

    /// `chars` of a lane's text have left.
    pub(crate) fn has_left(&mut self, lane: &Lane, chars: usize) {
        if chars > 0 {
            self.begun.insert(lane.choice);
        }
    }

    /// The texts of a chunk that holds nothing else.
    fn texts(&mut self, chunk: Map<String, Value>) -> Option<Vec<(Lane, String)>> {
        let mut texts = Vec::new();
        let mut envelope = Map::new();
        let mut roles = Vec::new();
        for (key, value) in chunk {
            match (key.as_str(), value) {
                (_, Value::Null) => {}
                ("choices", Value::Array(choices)) => {
                    choices.into_iter().try_for_each(|choice| choice_texts(choice, &mut texts, &mut roles))?;
                }
                (name, value) if is_passing(ANSWER, name, &value) => {
                    envelope.insert(key, value);
                }
                _ => return None,
            }
        }
        self.lanes.extend(texts.iter().map(|(lane, _)| *lane));
        if self.lanes.len() > MAX_LANES {
            return None;
        }
        envelope.retain(|key, _| !matches!(key.as_str(), "obfuscation" | "prompt_filter_results"));
        self.envelope = envelope;
        self.roles.extend(roles);
        Some(texts)
    }
}

fn choice_texts(choice: Value, texts: &mut Vec<(Lane, String)>, roles: &mut Vec<(u32, Value)>) -> Option<()> {
    let Value::Object(fields) = choice else { return None };
    let index = match fields.get("index") {
        None | Some(Value::Null) => 0,
        Some(index) => u32::try_from(index.as_u64()?).ok()?,
    };
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("index", _) | (_, Value::Null) => {}
            ("delta", Value::Object(delta)) => delta_texts(index, delta, texts, roles)?,
            (name, value) if is_passing(CHOICE, name, &value) => {}
            _ => return None,
        }
    }
    Some(())
}

fn delta_texts(
    choice: u32,
    delta: Map<String, Value>,
    texts: &mut Vec<(Lane, String)>,
    roles: &mut Vec<(u32, Value)>,
) -> Option<()> {
    for (key, value) in delta {
        match (key.as_str(), value) {
            (_, Value::Null) => {}
            ("tool_calls", Value::Array(calls)) if calls.is_empty() => {}
            ("role", role @ Value::String(_)) if is_setting(&role) => roles.push((choice, role)),
            (name, Value::String(text)) => {
                let field = TEXTS.into_iter().find(|field| *field == name)?;
                texts.push((Lane { choice, field }, text));
            }
            _ => return None,
        }
    }
    Some(())
}

/// A known setting that is no content and says nothing about the end.
fn is_passing(known: &[&str], name: &str, value: &Value) -> bool {
    known.contains(&name) && !NOT_REPEATED.contains(&name) && is_setting(value)
}
