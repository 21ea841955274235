//! Folds string building: `+`, f-strings, `%`, `str.format`, `str.join` and simple string methods.
//! A part that is not known becomes a hole between two pieces, so the known pieces stay visible.

use crate::{literal::Literal, template, value::Value};

/// Most combinations that one operation makes before the result is simply unknown.
const MOST_COMBINATIONS: usize = 64;

/// `left + right`. Only text is folded; lists and numbers are not followed.
#[must_use]
pub(crate) fn add(left: &Value, right: &Value) -> Value {
    let textual = |value: &Value| {
        !value.templates.is_empty() || value.literals.iter().any(|literal| matches!(literal, Literal::Str(_)))
    };
    if textual(left) || textual(right) { concatenate(left, right) } else { Value::computed([left, right]) }
}

/// The text of `left` followed by the text of `right`.
#[must_use]
pub(crate) fn concatenate(left: &Value, right: &Value) -> Value {
    let (lefts, rights) = (texts(left), texts(right));
    if lefts.len() * rights.len() > MOST_COMBINATIONS {
        return Value::computed([left, right]);
    }
    let mut value = Value::default();
    for head in &lefts {
        for tail in &rights {
            value.join(&of_pieces(append(head, tail)));
        }
    }
    value.absorb(left);
    value.absorb(right);
    value
}

/// `value` as a string in an f-string or by `str()`: constants as text, everything else as a hole.
#[must_use]
pub(crate) fn stringify(value: &Value) -> Value {
    let mut text = Value::default();
    for pieces in texts(value) {
        text.join(&of_pieces(pieces));
    }
    text.absorb(value);
    text
}

/// A string of which nothing is known, made from `value`.
#[must_use]
pub(crate) fn hole(value: &Value) -> Value {
    let mut hole = of_pieces(vec![String::new(), String::new()]);
    hole.absorb(value);
    hole
}

/// `format.format(*arguments, **keywords)` for every constant that `format` may be.
#[must_use]
pub(crate) fn format(format: &Value, arguments: &[Value], keywords: &[(String, Value)]) -> Value {
    expand(format, |text| template::of_format(text, arguments, keywords), arguments, keywords)
}

/// `format % arguments` for every constant that `format` may be.
#[must_use]
pub(crate) fn percent(format: &Value, arguments: &[Value]) -> Value {
    expand(format, |text| template::of_percent(text, arguments), arguments, &[])
}

fn expand(
    format: &Value,
    parse: impl Fn(&str) -> Option<Vec<Value>>,
    arguments: &[Value],
    keywords: &[(String, Value)],
) -> Value {
    let mut result = Value::default();
    let others = format.unknown || !format.from.is_empty() || !format.names.is_empty() || !format.templates.is_empty();
    result.unknown = others || format.literals.is_empty();
    for literal in &format.literals {
        let pieces = match literal {
            Literal::Str(text) => parse(text),
            _ => None,
        };
        match pieces {
            Some(pieces) => {
                let start = Value::text("");
                result.join(&pieces.iter().fold(start, |text, piece| concatenate(&text, piece)));
            }
            None => result.unknown = true,
        }
    }
    result.absorb(format);
    arguments.iter().chain(keywords.iter().map(|(_, value)| value)).for_each(|value| result.absorb(value));
    result
}

/// `receiver.method(*arguments)` of a string, or `None` when the method is not followed.
#[must_use]
pub(crate) fn method(receiver: &Value, method: &str, arguments: &[Value]) -> Option<Value> {
    let Literal::Str(text) = receiver.single()? else { return None };
    let constants: Option<Vec<&Literal>> = arguments.iter().map(Value::single).collect();
    let folded = match (method, constants?.as_slice()) {
        ("lower" | "casefold", []) => text.to_lowercase(),
        ("upper", []) => text.to_uppercase(),
        ("strip", []) => text.trim().to_owned(),
        ("lstrip", []) => text.trim_start().to_owned(),
        ("rstrip", []) => text.trim_end().to_owned(),
        ("replace", [Literal::Str(old), Literal::Str(new)]) if !old.is_empty() => text.replace(old.as_str(), new),
        ("join", [Literal::List(items)]) => join(text, items)?,
        _ => return None,
    };
    Some(Value::text(folded))
}

fn join(separator: &str, items: &[Literal]) -> Option<String> {
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Literal::Str(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    Some(texts?.join(separator))
}

/// Every text that `value` may be, as pieces with holes between them.
fn texts(value: &Value) -> Vec<Vec<String>> {
    let mut texts: Vec<Vec<String>> = value.templates.iter().cloned().collect();
    let mut hole = !value.is_certain() || !value.from.is_empty();
    for literal in &value.literals {
        match literal.text() {
            Some(text) => texts.push(vec![text]),
            None => hole = true,
        }
    }
    if hole {
        texts.push(vec![String::new(), String::new()]);
    }
    texts
}

fn of_pieces(pieces: Vec<String>) -> Value {
    match <[String; 1]>::try_from(pieces) {
        Ok([text]) => Value::text(text),
        Err(pieces) => {
            let mut value = Value { templates: [pieces].into(), ..Value::default() };
            value.join(&Value::default());
            value
        }
    }
}

fn append(head: &[String], tail: &[String]) -> Vec<String> {
    let mut pieces = head.to_vec();
    let mut rest = tail.iter();
    if let (Some(last), Some(first)) = (pieces.last_mut(), rest.next()) {
        last.push_str(first);
    }
    pieces.extend(rest.cloned());
    pieces
}
