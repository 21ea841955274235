//! Whether what an event told is in the response that the stream ends with. That response is judged, and the events are
//! what leaves.

use serde_json::{Map, Value};

use crate::document::is_plain_key;
use crate::openai_responses::settings;
use crate::stream::merge::is_setting;

/// A response that is not complete yet: its settings may change, all else has to be in the last one.
pub(super) fn is_early_response(early: &Map<String, Value>, last: &Value) -> bool {
    early.iter().all(|(key, value)| {
        (settings::ANSWER.contains(&key.as_str()) && is_setting(value)) || is_field_within(key, value, last)
    })
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
            (settings::ITEM.contains(&key.as_str()) && is_setting(value)) || is_field_within(key, value, last)
        }),
        _ => early == last,
    }
}

fn is_field_within(key: &str, value: &Value, last: &Value) -> bool {
    match last.get(key) {
        Some(last) => is_within(value, last),
        None => is_plain_key(key) && is_within(value, &Value::Null),
    }
}
