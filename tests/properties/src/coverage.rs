//! The question that every surface has to answer: is each text of a body shown to a guard, or listed as not inspected?

use parapet_domain::{Part, json};
use parapet_surfaces::ParsedBody;
use serde_json::Value;

/// The texts of `body` that are neither in a part at their place nor listed. One plain word may be a setting.
pub(crate) fn uncovered(body: &Value, parsed: &ParsedBody) -> Vec<(String, String)> {
    let parts: Vec<&Part> = parsed.events.iter().flat_map(|draft| &draft.parts).collect();
    let listed = |place: &str| parsed.not_inspected.iter().any(|entry| within(place, &entry.pointer));
    let shown = |place: &str, text: &str| parts.iter().any(|part| within(place, &part.pointer) && shows(part, text));
    texts(body).into_iter().filter(|(place, text)| !listed(place) && !shown(place, text)).collect()
}

/// Every string and key that is no plain word, with the pointer of its value.
pub(crate) fn texts(value: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    walk(value, String::new(), &mut out);
    out
}

/// Whether a guard that reads the part finds the text in it.
pub(crate) fn shows(part: &Part, text: &str) -> bool {
    part.text.contains(text)
        || part.json.as_ref().is_some_and(|value| {
            json::parse_str(text).is_ok_and(|text| text == *value)
                || texts(value).iter().any(|(_, found)| found == text)
        })
}

/// Whether `place` is `outer` or lies in it.
pub(crate) fn within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn walk(value: &Value, place: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if !is_word(text) => out.push((place, text.clone())),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| walk(item, format!("{place}/{n}"), out)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
            if !is_word(key) {
                out.push((place.clone(), key.clone()));
            }
            walk(value, place, out);
        }),
        _ => {}
    }
}

/// Nothing, or one word as identifiers and names of models are.
fn is_word(text: &str) -> bool {
    text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/@+-".contains(&b))
}
