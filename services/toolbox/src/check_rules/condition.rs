//! One condition on one attribute: reading it from JSON and testing it.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use crate::args::type_name;

const KEYS: &[&str] = &["attribute", "op", "value"];

/// A comparison of an attribute with a value.
#[derive(Debug)]
pub(super) struct Condition<'a> {
    attribute: &'a str,
    op: Op<'a>,
}

#[derive(Debug)]
enum Op<'a> {
    Equal(&'a Value),
    NotEqual(&'a Value),
    /// The orderings that are fine, and their sign.
    Order(&'static str, &'static [Ordering], &'a Value),
    In(&'a [Value]),
    NotIn(&'a [Value]),
    Contains(&'a Value),
    Exists(bool),
}

/// What a test gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Holds,
    Fails,
    /// The two values have types that cannot be ordered, or nothing can be contained in this one.
    Incomparable,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// Reads conditions in any of their forms, and takes each to `visit`.
pub(super) fn each<'a>(
    value: &'a Value,
    mut visit: impl FnMut(Condition<'a>) -> Result<(), String>,
) -> Result<(), String> {
    match value {
        Value::Array(list) => {
            list.iter().try_for_each(|one| visit(full(one.as_object().ok_or("a condition must be a map")?)?))
        }
        Value::Object(map) if map.contains_key("attribute") => visit(full(map)?),
        Value::Object(map) => map.iter().try_for_each(|(attribute, value)| visit(short(attribute, value)?)),
        other => Err(format!("conditions must be a map or an array, not {}", type_name(other))),
    }
}

/// `{"attribute", "op", "value"}`.
fn full(map: &Map<String, Value>) -> Result<Condition<'_>, String> {
    let attribute = map.get("attribute").and_then(Value::as_str).ok_or("`attribute` must be a string")?;
    condition(attribute, map)
}

/// `attribute: value` or `attribute: {"op", "value"}`.
fn short<'a>(attribute: &'a str, value: &'a Value) -> Result<Condition<'a>, String> {
    match value {
        Value::Object(map) => condition(attribute, map),
        value => Ok(Condition { attribute, op: Op::Equal(value) }),
    }
}

fn condition<'a>(attribute: &'a str, map: &'a Map<String, Value>) -> Result<Condition<'a>, String> {
    if let Some(key) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}` is not known; a condition has `attribute`, `op` and `value`"));
    }
    let word = map.get("op").map_or(Ok("=="), |op| op.as_str().ok_or("`op` must be a string"))?;
    let op = operator(word, map.get("value")).map_err(|problem| format!("condition on `{attribute}`: {problem}"))?;
    Ok(Condition { attribute, op })
}

fn operator<'a>(word: &str, value: Option<&'a Value>) -> Result<Op<'a>, String> {
    if word == "exists" {
        return value
            .map_or(Some(true), Value::as_bool)
            .map(Op::Exists)
            .ok_or_else(|| "`exists` takes true or false".to_owned());
    }
    let value = value.ok_or("`value` is missing")?;
    let list = || value.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{word}` takes an array"));
    Ok(match word {
        "==" => Op::Equal(value),
        "!=" => Op::NotEqual(value),
        "<" => Op::Order("<", &[Ordering::Less], value),
        "<=" => Op::Order("<=", &[Ordering::Less, Ordering::Equal], value),
        ">" => Op::Order(">", &[Ordering::Greater], value),
        ">=" => Op::Order(">=", &[Ordering::Greater, Ordering::Equal], value),
        "in" => Op::In(list()?),
        "not_in" => Op::NotIn(list()?),
        "contains" => Op::Contains(value),
        other => {
            return Err(format!("`{other}` is no operator; use ==, !=, <, <=, >, >=, in, not_in, contains or exists"));
        }
    })
}

impl Condition<'_> {
    /// Tests the condition; a missing or null attribute fulfils only `exists false`.
    pub(super) fn test(&self, attributes: &Map<String, Value>) -> Truth {
        let actual = attributes.get(self.attribute).filter(|value| !value.is_null());
        let Some(actual) = actual else { return matches!(self.op, Op::Exists(false)).into() };
        match &self.op {
            Op::Equal(value) => equal(actual, value).into(),
            Op::NotEqual(value) => (!equal(actual, value)).into(),
            Op::Order(_, fine, value) => order(actual, value).map_or(Truth::Incomparable, |o| fine.contains(&o).into()),
            Op::In(list) => list.iter().any(|value| equal(actual, value)).into(),
            Op::NotIn(list) => (!list.iter().any(|value| equal(actual, value))).into(),
            Op::Contains(value) => contains(actual, value),
            Op::Exists(wanted) => (*wanted).into(),
        }
    }

    /// The error for [`Truth::Incomparable`].
    pub(super) fn incomparable(&self, attributes: &Map<String, Value>) -> String {
        let attribute = self.attribute;
        let actual = attributes.get(attribute).map_or("missing", type_name);
        match &self.op {
            Op::Order(sign, _, value) => {
                format!("`{sign}` cannot compare `{attribute}`, which is {actual}, with {}", type_name(value))
            }
            _ => format!("`contains` needs an array or a string, but `{attribute}` is {actual}"),
        }
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // 18 and 18.0 are the same number in JSON.
        (Value::Number(a), Value::Number(b)) => numbers(a, b) == Some(Ordering::Equal),
        (a, b) => a == b,
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numbers(a, b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn contains(actual: &Value, value: &Value) -> Truth {
    match (actual, value) {
        (Value::Array(list), value) => list.iter().any(|item| equal(item, value)).into(),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()).into(),
        _ => Truth::Incomparable,
    }
}
