//! What a cell or the text behind a resource's name opens: `all`, `none`, names, `all but` names, or actions.

use super::name::{self, Parsed, plain, split_list, split_outside};
use super::statement::{Fields, Verb};
use crate::NotUnderstood;

/// What one cell says: fields by verb. Empty verbs stand for those of the table.
pub(super) type Cell = Vec<(Vec<Verb>, Option<Fields>)>;

/// Reads a cell; `None` as fields means that nothing is open.
pub(super) fn read(text: &str, sentence: &str) -> Parsed<Cell> {
    let lower = plain(text);
    if let Some(verbs) = verbs_only(&lower) {
        return Ok(vec![(verbs, Some(Fields::All))]);
    }
    let parts = split_outside(&lower, &[';']);
    if parts.iter().any(|part| part.contains(':')) {
        return parts.iter().map(|part| with_verbs(part, sentence)).collect();
    }
    Ok(vec![(Vec::new(), fields(&lower, sentence)?)])
}

/// `read, write` alone.
fn verbs_only(text: &str) -> Option<Vec<Verb>> {
    let words: Vec<String> = split_list(&text.replace('/', ","));
    if words.is_empty() { None } else { words.iter().map(|word| Verb::of(word)).collect() }
}

/// `write: a, b`.
fn with_verbs(part: &str, sentence: &str) -> Parsed<(Vec<Verb>, Option<Fields>)> {
    let (verbs, rest) = part.split_once(':').unwrap_or(("", part));
    let Some(verbs) = verbs_only(verbs) else {
        let why = format!("`{}` is no action", verbs.trim());
        return Err(NotUnderstood::new(sentence, why, "write `read: …; write: …`, or fields alone"));
    };
    Ok((verbs, fields(rest, sentence)?))
}

/// Fields, or `None` for `none`.
pub(super) fn fields(text: &str, sentence: &str) -> Parsed<Option<Fields>> {
    let text = plain(text);
    if text.is_empty() {
        return Err(NotUnderstood::new(sentence, "a cell is empty", "write `all`, `none` or the names of fields"));
    }
    if matches!(text.as_str(), "none" | "-" | "–" | "—" | "no" | "nothing" | "no access" | "no columns" | "no fields")
    {
        return Ok(None);
    }
    let all = ["all columns", "all fields", "all attributes", "all of it", "everything", "all", "*"];
    for word in all {
        let Some(rest) = text.strip_prefix(word) else { continue };
        if rest.is_empty() {
            return Ok(Some(Fields::All));
        }
        let but = [" but ", " except for ", " except ", " apart from ", " without "];
        if let Some(names) = but.iter().find_map(|but| rest.strip_prefix(but)) {
            return Ok(Some(Fields::AllBut(names_of(names, sentence)?)));
        }
    }
    Ok(Some(Fields::Only(names_of(&text, sentence)?)))
}

/// Names of fields, each once.
pub(super) fn names_of(text: &str, sentence: &str) -> Parsed<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for item in split_list(text) {
        let name = name::field(&item, sentence)?;
        if names.contains(&name) {
            let why = format!("`{name}` stands there twice");
            return Err(NotUnderstood::new(sentence, why, "name each field once"));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(NotUnderstood::new(sentence, "no field is named", "write `all`, `none` or the names of fields"));
    }
    Ok(names)
}
