//! Finds the JSON in a model's text: as it is, in a fenced block, or the first balanced value in prose; a comma too many
//! is forgiven, missing brackets are not.

use serde_json::Value;

/// Places in a text that are tried as the beginning of a value.
const MOST_STARTS: usize = 64;

/// The value in `text` that `fits`, else the first value at all, else `None`.
pub(crate) fn find(text: &str, fits: impl Fn(&Value) -> bool) -> Option<Value> {
    let text = without_thoughts(text.trim_start_matches('\u{feff}')).trim();
    let whole = read(text).filter(|value| value.is_object() || value.is_array() || fits(value));
    if whole.is_some() {
        return whole;
    }
    let mut first = None;
    for candidate in fenced(text).chain(balanced(text)) {
        match read(candidate) {
            Some(value) if fits(&value) => return Some(value),
            Some(value) => first = first.or(Some(value)),
            None => {}
        }
    }
    first
}

/// What follows the thoughts that some models write before their answer.
fn without_thoughts(text: &str) -> &str {
    match text.trim_start().strip_prefix("<think>") {
        Some(rest) => rest.split_once("</think>").map_or(rest, |(_, answer)| answer),
        None => text,
    }
}

fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&without_spare_commas(text)).ok())
}

/// The insides of the blocks between lines of three backticks.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split("```").skip(1).step_by(2);
    // The first line may name the language.
    inside.map(|block| block.split_once('\n').map_or(block, |(_, rest)| rest).trim())
}

/// The balanced objects and arrays in the order of the text. The insides of one that is broken or cut off are not offered:
/// a part of the answer would pass for the whole. Brackets in prose, `[see {"a": 1}]`, and doubled ones are looked into.
fn balanced(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    let mut starts = 0;
    std::iter::from_fn(move || {
        while starts < MOST_STARTS {
            let rest = text.get(at..)?;
            let start = rest.find(['{', '['])?;
            let value = rest.get(start..)?;
            let inside = value.get(1..)?.trim_start();
            let is_prose = value.starts_with('[') && inside.starts_with(char::is_alphabetic);
            let is_doubled = value.starts_with('{') && inside.starts_with('{');
            starts += 1;
            at += start + 1;
            match value.get(..length(value).unwrap_or_default()).filter(|value| !value.is_empty()) {
                Some(found) if read(found).is_some() || !(is_prose || is_doubled) => {
                    at += found.len() - 1;
                    return Some(found);
                }
                Some(_) => {}
                None if is_prose => {}
                None => return None,
            }
        }
        None
    })
}

/// Length in bytes of the balanced value that `text` begins with.
fn length(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `text` without commas before a closing bracket.
fn without_spare_commas(text: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::with_capacity(text.len()), false, false);
    for (at, char) in text.char_indices() {
        let spare = char == ',' && !in_string && {
            let rest = text.get(at + 1..).unwrap_or_default().trim_start();
            rest.starts_with(['}', ']'])
        };
        match char {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        if !spare {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests;
