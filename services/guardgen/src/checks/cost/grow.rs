//! Events grown to a size, in the shapes that are worst for a guard.

use parapet_domain::{Event, Part};
use serde_json::Value;

use crate::checks::options::LargestEvent;

/// A way to be large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One part with a very long text.
    LongText,
    /// As many parts as there can be.
    ManyParts,
    /// Structured content with a very long text in it.
    LongArgument,
    /// Structured content with as many values as there can be.
    ManyValues,
}

impl Shape {
    pub(super) const ALL: [Self; 4] = [Self::LongText, Self::ManyParts, Self::LongArgument, Self::ManyValues];

    /// In the words of a complaint.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::LongText => "one long text",
            Self::ManyParts => "very many parts",
            Self::LongArgument => "structured content with one long text",
            Self::ManyValues => "structured content with very many values",
        }
    }

    /// `event` with content of `bytes` in all, parts and values in proportion to what the largest event may have. `None`
    /// when it has nothing that can be grown so.
    pub(super) fn grown(self, event: &Event, bytes: usize, largest: &LargestEvent) -> Option<Event> {
        let share = |most: usize| (most.saturating_mul(bytes) / largest.bytes.max(1)).max(1);
        let mut event = event.clone();
        match self {
            Self::LongText => {
                let texts = event.parts.iter_mut().filter(|part| part.json.is_none() && !part.text.is_empty());
                let part = texts.max_by_key(|part| part.text.len())?;
                part.text = repeated(&part.text, bytes);
            }
            Self::ManyParts => event.parts = many(&event.parts, share(largest.parts), bytes),
            Self::LongArgument => {
                let part = structured(&mut event)?;
                let text = longest_text(part.json.as_mut()?)?;
                *text = repeated(text, bytes);
                part.text = part.json.as_ref()?.to_string();
            }
            Self::ManyValues => {
                let part = structured(&mut event)?;
                widen(part.json.as_mut()?, share(largest.values), bytes);
                part.text = part.json.as_ref()?.to_string();
            }
        }
        Some(event)
    }
}

fn structured(event: &mut Event) -> Option<&mut Part> {
    event.parts.iter_mut().filter(|part| part.json.is_some()).max_by_key(|part| part.text.len())
}

/// `text`, line by line, until there are `bytes`.
fn repeated(text: &str, bytes: usize) -> String {
    let mut long = String::with_capacity(bytes + text.len() + 1);
    while long.len() < bytes {
        long.push_str(text);
        long.push('\n');
    }
    cut(&long, bytes).to_owned()
}

/// At most `bytes` of `text`.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

/// `count` parts like `parts`, of `bytes` in all. Structured content is left whole, so that there may be fewer.
fn many(parts: &[Part], count: usize, bytes: usize) -> Vec<Part> {
    let (room, mut left) = ((bytes / count).max(1), bytes);
    let mut all = Vec::with_capacity(count);
    for (number, part) in parts.iter().cycle().take(count).enumerate() {
        let text = if part.json.is_some() { part.text.as_str() } else { cut(&part.text, room) };
        let Some(rest) = left.checked_sub(text.len()) else { break };
        left = rest;
        all.push(Part { text: text.to_owned(), pointer: format!("/parts/{number}"), ..part.clone() });
    }
    all
}

fn longest_text(value: &mut Value) -> Option<&mut String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Array(items) => items.iter_mut().filter_map(longest_text).max_by_key(|text| text.len()),
        Value::Object(map) => map.values_mut().filter_map(longest_text).max_by_key(|text| text.len()),
        _ => None,
    }
}

/// Grows the first array to `count` values, or the object itself when there is none, within `bytes`.
fn widen(value: &mut Value, count: usize, bytes: usize) {
    match first_array(value) {
        Some(items) if !items.is_empty() => {
            let each: usize = items.iter().map(|item| item.to_string().len() + 1).sum::<usize>() / items.len();
            let count = count.min(bytes / each.max(1)).max(items.len());
            *items = items.iter().cycle().take(count).cloned().collect();
        }
        _ => {
            if let Value::Object(map) = value {
                // `"k123456":0,` has at most 12 bytes.
                map.extend((0..count.min(bytes / 12)).map(|n| (format!("k{n}"), Value::from(0))));
            }
        }
    }
}

fn first_array(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        Value::Object(map) => map.values_mut().find_map(first_array),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use parapet_domain::{Origin, PartKind, Role};
    use serde_json::json;

    use super::*;

    const LARGEST: LargestEvent = LargestEvent { bytes: 1 << 20, parts: 1_000, values: 10_000 };

    fn event(parts: Vec<Part>) -> Event {
        let defaults = parapet_judge::EventDefaults {
            stage: parapet_domain::Stage::ToolCall,
            agent: "test".to_owned(),
            at: parapet_domain::Timestamp::from_micros(0),
            id: Default::default(),
        };
        Event { parts, ..parapet_judge::event_from_partial(&json!({"text": "x"}), &defaults).unwrap() }
    }

    fn text(text: &str) -> Part {
        Part::text(Role::User, Origin::User, text.to_owned())
    }

    fn call(json: Value) -> Part {
        Part { kind: PartKind::ToolCall, json: Some(json.clone()), ..text(&json.to_string()) }
    }

    #[test]
    fn one_text_grows_to_the_size_and_no_further() {
        let grown = Shape::LongText.grown(&event(vec![text("a"), text("häß")]), 1_000, &LARGEST).unwrap();
        assert_eq!(grown.parts[0].text, "a");
        assert!((998..=1_000).contains(&grown.parts[1].text.len()));
        assert!(Shape::LongText.grown(&event(vec![call(json!({}))]), 1_000, &LARGEST).is_none());
    }

    #[test]
    fn parts_and_values_grow_in_proportion() {
        let parts = Shape::ManyParts.grown(&event(vec![text("abc")]), LARGEST.bytes, &LARGEST).unwrap().parts;
        assert_eq!(parts.len(), 1_000);
        let half = Shape::ManyParts.grown(&event(vec![text("abc")]), LARGEST.bytes / 2, &LARGEST).unwrap().parts;
        assert_eq!(half.len(), 500);
        let wide =
            Shape::ManyValues.grown(&event(vec![call(json!({"ids": [1, 2]}))]), LARGEST.bytes, &LARGEST).unwrap();
        assert_eq!(wide.parts[0].json.as_ref().unwrap()["ids"].as_array().unwrap().len(), 10_000);
        let wide = Shape::ManyValues.grown(&event(vec![call(json!({"id": 1}))]), LARGEST.bytes, &LARGEST).unwrap();
        assert_eq!(wide.parts[0].json.as_ref().unwrap().as_object().unwrap().len(), 10_001);
        assert_eq!(wide.parts[0].text, wide.parts[0].json.as_ref().unwrap().to_string());
    }

    #[test]
    fn the_longest_argument_grows() {
        let grown =
            Shape::LongArgument.grown(&event(vec![call(json!({"a": "x", "b": ["long"]}))]), 500, &LARGEST).unwrap();
        let json = grown.parts[0].json.as_ref().unwrap();
        assert_eq!((json["a"].as_str().unwrap().len(), json["b"][0].as_str().unwrap().len()), (1, 500));
    }
}
