//! The chunks of a stream put together to one completion. Nothing that could be content is dropped, since all of it is
//! released: only settings take their last value, content grows, and any other field keeps each value that it had.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::openai_chat::settings;
use crate::stream::merge::{grow, keep, settle};

/// What the chunks so far amount to.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    chunks: usize,
    envelope: Map<String, Value>,
    choices: BTreeMap<u64, Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    message: Map<String, Value>,
    calls: Calls,
    rest: Map<String, Value>,
}

/// Tool calls by their `index`. Some servers leave it out: a new id then means a new call.
#[derive(Debug, Default)]
struct Calls {
    by_index: BTreeMap<u64, Map<String, Value>>,
    index_by_id: HashMap<String, u64>,
    last: u64,
}

impl Assembly {
    pub(crate) fn add(&mut self, chunk: Map<String, Value>) -> Result<(), &'static str> {
        self.chunks += 1;
        for (key, value) in chunk {
            match (key.as_str(), value) {
                ("choices", Value::Array(choices)) => {
                    choices.into_iter().try_for_each(|choice| self.add_choice(choice))?
                }
                ("choices", Value::Null) | ("error", _) => {}
                ("choices", _) => return Err("`choices` is no array"),
                (name, value) if settings::ANSWER_CONTENT.contains(&name) => grow(&mut self.envelope, key, value),
                (name, value) if settings::ANSWER.contains(&name) => settle(&mut self.envelope, key, value),
                (_, value) => keep(&mut self.envelope, key, value),
            }
        }
        Ok(())
    }

    fn add_choice(&mut self, choice: Value) -> Result<(), &'static str> {
        let Value::Object(fields) = choice else { return Err("a choice is no object") };
        let index = match fields.get("index") {
            None | Some(Value::Null) => 0,
            Some(index) => index.as_u64().ok_or("the `index` of a choice is no whole number")?,
        };
        let choice = self.choices.entry(index).or_default();
        for (key, value) in fields {
            match (key.as_str(), value) {
                ("index", _) | ("delta" | "message", Value::Null) => {}
                ("delta" | "message", Value::Object(delta)) => choice.add_delta(delta)?,
                ("delta" | "message", _) => return Err("`delta` is no object"),
                ("text", value) => grow(&mut choice.rest, key, value),
                (name, value) if settings::TOKENS.contains(&name) => grow(&mut choice.rest, key, value),
                (name, value) if settings::CHOICE.contains(&name) => settle(&mut choice.rest, key, value),
                (_, value) => keep(&mut choice.rest, key, value),
            }
        }
        Ok(())
    }

    /// The completion as JSON, or `None` when there was no chunk.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        if self.chunks == 0 {
            return None;
        }
        self.envelope.insert("object".to_owned(), "chat.completion".into());
        let choices = self.choices.into_iter().map(|(index, choice)| choice.finish(index)).collect();
        self.envelope.insert("choices".to_owned(), Value::Array(choices));
        serde_json::to_vec(&self.envelope).ok()
    }
}

impl Choice {
    fn add_delta(&mut self, delta: Map<String, Value>) -> Result<(), &'static str> {
        for (key, value) in delta {
            match (key.as_str(), value) {
                ("tool_calls", Value::Array(calls)) => calls.into_iter().try_for_each(|call| self.calls.add(call))?,
                ("tool_calls", Value::Null) => {}
                ("tool_calls", _) => return Err("`tool_calls` is no array"),
                ("role", value) => settle(&mut self.message, key, value),
                (_, value) => grow(&mut self.message, key, value),
            }
        }
        Ok(())
    }

    fn finish(mut self, index: u64) -> Value {
        if !self.calls.by_index.is_empty() {
            let calls = self.calls.by_index.into_values().map(Value::Object).collect();
            self.message.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        self.message.entry("content").or_insert(Value::Null);
        self.rest.insert("index".to_owned(), index.into());
        self.rest.insert("message".to_owned(), Value::Object(self.message));
        Value::Object(self.rest)
    }
}

impl Calls {
    fn add(&mut self, call: Value) -> Result<(), &'static str> {
        let Value::Object(fields) = call else { return Err("a tool call is no object") };
        let index = self.index_of(&fields)?;
        self.last = index;
        let call = self.by_index.entry(index).or_default();
        // Clients do not agree on whether this is one call or two.
        if id_of(call).zip(id_of(&fields)).is_some_and(|(old, new)| old != new) {
            return Err("two tool calls share an index");
        }
        for (key, value) in fields {
            match key.as_str() {
                "index" => {}
                "id" | "type" => settle(call, key, value),
                _ => grow(call, key, value),
            }
        }
        Ok(())
    }

    fn index_of(&mut self, fields: &Map<String, Value>) -> Result<u64, &'static str> {
        let id = fields.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let index = match fields.get("index") {
            None | Some(Value::Null) => {
                let next = self.by_index.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
                id.map_or(self.last, |id| self.index_by_id.get(id).copied().unwrap_or(next))
            }
            Some(index) => index.as_u64().ok_or("the `index` of a tool call is no whole number")?,
        };
        if let Some(id) = id {
            self.index_by_id.entry(id.to_owned()).or_insert(index);
        }
        Ok(index)
    }
}

/// The id of a tool call, unless it is empty.
fn id_of(call: &Map<String, Value>) -> Option<&Value> {
    call.get("id").filter(|id| !id.is_null() && *id != "")
}
