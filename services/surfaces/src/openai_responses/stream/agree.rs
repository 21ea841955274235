//! Whether what an event told is in the response that the stream ends with. That response is judged, and the events are
//! what leaves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::document::is_plain_key;
use crate::openai_responses::settings;
use crate::stream::merge::is_setting;

/// A response that is not complete yet: its settings may change, all else has to be in the last one.
pub(crate) fn agrees(early: &Map<String, Value>, last: &Map<String, Value>) -> bool {
    early.iter().all(|(key, value)| {
        (settings::ANSWER.contains(&key.as_str()) && is_setting(value)) || is_field_within(key, value, last.get(key))
    })
}

/// What an item says, as a digest: without its settings and what is empty. Those may be told differently by the events of an item and by the
/// last response.
pub(crate) fn fingerprint(item: &Value) -> [u8; 32] {
    Sha256::digest(said(item).unwrap_or_default().to_string()).into()
}

fn said(value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::String(text) => (!text.is_empty()).then(|| value.clone()),
        Value::Number(_) => Some(value.clone()),
        Value::Array(items) => {
            let items: Vec<Option<Value>> = items.iter().map(said).collect();
            let says = items.iter().any(Option::is_some);
            says.then(|| items.into_iter().map(Option::unwrap_or_default).collect())
        }
        Value::Object(fields) => {
            // What kind of thing it is says how it was judged.
            let is_idle = |key: &str, value: &Value| {
                !matches!(key, "type" | "role") && settings::ITEM.contains(&key) && is_setting(value)
            };
            let telling = fields.iter().filter(|(key, value)| !is_idle(key, value));
            let said: BTreeMap<String, Value> =
                telling.filter_map(|(key, value)| Some((key.clone(), said(value)?))).collect();
            (!said.is_empty()).then(|| Value::Object(said.into_iter().collect()))
        }
    }
}

/// Whether `last` holds all that `early` does, which may have fewer fields, empty ones, and other settings.
pub(super) fn is_within(early: &Value, last: &Value) -> bool {
    match early {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) if text.is_empty() => true,
        Value::Array(items) => {
            items.iter().enumerate().all(|(index, item)| is_within(item, last.get(index).unwrap_or(&Value::Null)))
        }
        Value::Object(fields) => fields.iter().all(|(key, value)| {
            (settings::ITEM.contains(&key.as_str()) && is_setting(value)) || is_field_within(key, value, last.get(key))
        }),
        _ => early == last,
    }
}

fn is_field_within(key: &str, value: &Value, last: Option<&Value>) -> bool {
    match last {
        Some(last) => is_within(value, last),
        None => is_plain_key(key) && is_within(value, &Value::Null),
    }
}
