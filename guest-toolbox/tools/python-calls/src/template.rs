//! Splits `str.format` and `%` templates into pieces: constants and the values that fill the fields.
//! `None` means that the template is not followed; then the result is unknown.

use crate::{
    fold::{hole, stringify},
    value::Value,
};

/// Pieces of `text.format(*arguments, **keywords)`.
#[must_use]
pub(crate) fn of_format(text: &str, arguments: &[Value], keywords: &[(String, Value)]) -> Option<Vec<Value>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut automatic = 0;
    let mut rest = text;
    while let Some(position) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(position);
        literal.push_str(before);
        if let Some(escaped) = after.strip_prefix("{{").or_else(|| after.strip_prefix("}}")) {
            literal.push_str(after.get(..1)?);
            rest = escaped;
            continue;
        }
        let (field, tail) = after.strip_prefix('{')?.split_once('}')?;
        pieces.push(Value::text(std::mem::take(&mut literal)));
        pieces.push(field_value(field, arguments, keywords, &mut automatic)?);
        rest = tail;
    }
    literal.push_str(rest);
    pieces.push(Value::text(literal));
    Some(pieces)
}

fn field_value(field: &str, arguments: &[Value], keywords: &[(String, Value)], automatic: &mut usize) -> Option<Value> {
    // A nested field in a format specification would shift the automatic numbers.
    if field.contains('{') {
        return None;
    }
    let end = field.find(['!', ':', '.', '[']).unwrap_or(field.len());
    let (name, modifiers) = field.split_at(end);
    let value = if name.is_empty() {
        *automatic += 1;
        arguments.get(*automatic - 1)?
    } else if let Ok(index) = name.parse::<usize>() {
        arguments.get(index)?
    } else {
        &keywords.iter().find(|(keyword, _)| keyword == name)?.1
    };
    Some(if matches!(modifiers, "" | "!s") { stringify(value) } else { hole(value) })
}

/// Pieces of `text % arguments`.
#[must_use]
pub(crate) fn of_percent(text: &str, arguments: &[Value]) -> Option<Vec<Value>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut arguments = arguments.iter();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        literal.push_str(before);
        let conversion = after.chars().next()?;
        rest = after.get(conversion.len_utf8()..)?;
        if conversion == '%' {
            literal.push('%');
            continue;
        }
        pieces.push(Value::text(std::mem::take(&mut literal)));
        if conversion == 's' {
            pieces.push(stringify(arguments.next()?));
            continue;
        }
        // Flags, width, precision: skipped up to the letter of the conversion. `(name)` and `*` are not followed.
        let length = after.find(|c: char| c.is_ascii_alphabetic())?;
        if after.get(..length)?.contains(['(', '*']) {
            return None;
        }
        pieces.push(hole(arguments.next()?));
        rest = after.get(length + 1..)?;
    }
    literal.push_str(rest);
    pieces.push(Value::text(literal));
    Some(pieces)
}
