//! The rules for verdicts of `guest-toolbox/README.md`, read from the JSON itself and not by the types of the host.

use parapet_domain::json;
use serde_json::{Map, Value};

/// Whether an answer is a verdict about parts of so many characters. `None` where a number in it is beyond what is read.
pub(crate) fn is_verdict(answer: &[u8], chars: &[usize]) -> Option<bool> {
    let Ok(strict) = json::parse(answer) else { return Some(false) };
    if serde_json::from_slice::<Value>(answer).ok()? != strict {
        return None;
    }
    Some(strict.as_object().is_some_and(|fields| follows_the_rules(fields, chars)))
}

fn follows_the_rules(fields: &Map<String, Value>, chars: &[usize]) -> bool {
    const KNOWN: [&str; 5] = ["verdict", "reason_code", "message", "details", "edits"];
    let text = |key: &str| fields.get(key).map_or(Some(""), Value::as_str);
    let none = Vec::new();
    let edits = fields.get("edits").map_or(Some(&none), Value::as_array);
    let (Some(code), Some(message), Some(edits)) = (text("reason_code"), text("message"), edits) else { return false };
    let is_code = (1..=64).contains(&code.len()) && code.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
    let fits = match fields.get("verdict").and_then(Value::as_str) {
        Some("allow") => code.is_empty() && edits.is_empty(),
        Some("redact") => is_code && !edits.is_empty(),
        Some("ask") => is_code,
        Some("deny") => is_code && edits.is_empty(),
        _ => false,
    };
    fits && fields.keys().all(|key| KNOWN.contains(&key.as_str()))
        && message.chars().count() <= 2_000
        && levels(fields.get("details").unwrap_or(&Value::Null)) <= 32
        && edits.len() <= 10_000
        && edits.iter().all(|edit| is_edit(edit, chars))
}

fn is_edit(edit: &Value, chars: &[usize]) -> bool {
    let number = |key: &str| edit.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let (Some(part), Some(start), Some(end)) = (number("part"), number("start"), number("end")) else { return false };
    let only = edit.as_object().is_some_and(|fields| fields.len() == 4);
    only && edit["replacement"].is_string() && start < end && chars.get(part).is_some_and(|chars| end <= *chars)
}

fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}
