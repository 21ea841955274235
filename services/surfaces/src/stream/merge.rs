//! How values of one field from several events of a stream become one. All of them are released, so none that could be
//! content is dropped.

use serde_json::{Map, Value, map::Entry};

use crate::document::is_plain_word;

/// A setting that each chunk repeats, such as `id`: the last value counts. Values that may be content are all kept.
pub(crate) fn settle(fields: &mut Map<String, Value>, key: String, value: Value) {
    match fields.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) => {
            let old = entry.get_mut();
            match (is_setting(old), is_setting(&value)) {
                _ if value.is_null() || *old == value => {}
                (true, _) => *old = value,
                (false, true) => {}
                (false, false) => collect(old, value),
            }
        }
    }
}

/// A field that may be anything: each value is kept, and one that is only repeated is kept once.
pub(crate) fn keep(fields: &mut Map<String, Value>, key: String, value: Value) {
    match fields.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) => match entry.get_mut() {
            old if value.is_null() || *old == value => {}
            old @ Value::Null => *old = value,
            old => collect(old, value),
        },
    }
}

/// A field that grows from chunk to chunk: texts are joined, arrays extended, objects grown field by field.
pub(crate) fn grow(fields: &mut Map<String, Value>, key: String, value: Value) {
    match fields.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) => {
            // Some servers repeat the whole name in each chunk.
            let repeated = entry.key() == "name" && *entry.get() == value;
            if !repeated {
                grow_value(entry.get_mut(), value);
            }
        }
    }
}

fn grow_value(old: &mut Value, new: Value) {
    match (old, new) {
        (_, Value::Null) => {}
        (old @ Value::Null, new) => *old = new,
        (Value::String(old), Value::String(new)) => old.push_str(&new),
        (Value::Array(old), Value::Array(new)) => new.into_iter().for_each(|item| grow_array(old, item)),
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                if matches!(key.as_str(), "index" | "type" | "id" | "format" | "expires_at") {
                    keep(old, key, value)
                } else {
                    grow(old, key, value)
                }
            }
        }
        (old @ Value::Bool(_), new @ Value::Bool(_)) => *old = new,
        (old, new) => collect(old, new),
    }
}

/// An item with the `index` of the last one continues it.
fn grow_array(items: &mut Vec<Value>, item: Value) {
    match items.last_mut() {
        Some(last) if item.get("index").is_some_and(|index| last.get("index") == Some(index)) => grow_value(last, item),
        _ => items.push(item),
    }
}

/// Keeps two values that do not fit together.
fn collect(old: &mut Value, new: Value) {
    match old {
        Value::Array(items) => items.push(new),
        old => *old = Value::Array(vec![old.take(), new]),
    }
}

/// Whether a value can be no content: see [`crate::document`].
pub(crate) fn is_setting(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty() || is_plain_word(text),
        Value::Array(items) => items.iter().all(is_setting),
        Value::Object(fields) => fields.iter().all(|(key, value)| is_plain_word(key) && is_setting(value)),
        _ => true,
    }
}
