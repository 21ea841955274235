//! Plans in JSON. What is near the schema is taken too: a bare array, other names for the fields, numbers as text, an answer
//! that is cut off, of which the whole sections count.

use serde_json::{Map, Value};

use super::{Item, Outline};

/// Places in an answer that are tried as the beginning of a value. It bounds the work on hostile answers.
const MOST_STARTS: usize = 600;

const TITLE: &[&str] = &["title", "document_title", "标题"];
const HEADING: &[&str] = &["heading", "title", "name", "section", "标题"];
const POINT: &[&str] = &["main_point", "mainPoint", "point", "summary", "description", "content", "要点"];
const WORDS: &[&str] = &["words", "word_count", "wordCount", "length", "budget", "字数"];

pub(super) fn read(answer: &str) -> Outline {
    let (mut found, mut at, mut starts) = (Outline::default(), 0, 0);
    while let Some(start) = answer.get(at..).and_then(|rest| rest.find(['{', '['])) {
        starts += 1;
        if starts > MOST_STARTS {
            break;
        }
        let rest = answer.get(at + start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                at += start + values.byte_offset();
                add(&mut found, &value);
            }
            // One that is cut off or broken: its insides may be whole.
            _ => at += start + 1,
        }
    }
    if found.title.is_empty() && !found.items.is_empty() {
        found.title = cut_off_title(answer).unwrap_or_default();
    }
    found
}

/// Adds what a value holds: an outline, a list of sections, or one section.
fn add(found: &mut Outline, value: &Value) {
    match value {
        Value::Array(items) => found.items.extend(items.iter().filter_map(item)),
        Value::Object(object) => {
            let lists = object.values().filter_map(Value::as_array).map(|list| list.iter().filter_map(item).collect());
            match lists.max_by_key(Vec::len).filter(|items: &Vec<Item>| !items.is_empty()) {
                Some(items) => {
                    found.title = text(object, TITLE).unwrap_or_default().to_owned();
                    found.items.extend(items);
                }
                None => found.items.extend(item(value)),
            }
        }
        _ => {}
    }
}

fn item(value: &Value) -> Option<Item> {
    let object = value.as_object()?;
    let (heading, point) = (text(object, HEADING), text(object, POINT));
    if point.is_none() && !WORDS.iter().any(|name| object.contains_key(*name)) {
        return None;
    }
    Item::new(heading.unwrap_or_default(), point.unwrap_or_default(), words(object))
}

fn text<'o>(object: &'o Map<String, Value>, names: &[&str]) -> Option<&'o str> {
    names.iter().find_map(|name| object.get(*name)?.as_str())
}

fn words(object: &Map<String, Value>) -> u64 {
    let Some(value) = WORDS.iter().find_map(|name| object.get(*name)) else { return 0 };
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|n| n as u64)).unwrap_or_default(),
        Value::String(text) => super::published::first_number(text).unwrap_or_default(),
        _ => 0,
    }
}

/// The title of an outline whose end is missing.
fn cut_off_title(answer: &str) -> Option<String> {
    let after = answer.split_once("\"title\"")?.1.trim_start().strip_prefix(':')?.trim_start();
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
    let title = values.next()?.ok()?;
    // Without a list behind it, it is the title of a section.
    after.get(values.byte_offset()..)?.contains("\"sections\"").then_some(title)
}
