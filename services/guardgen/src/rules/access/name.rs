//! Names of roles, resources and fields as a request writes them, and lists of such names.

use crate::NotUnderstood;

/// What understanding a piece of a request gives.
pub(super) type Parsed<T> = Result<T, NotUnderstood>;

/// Longest name, in characters.
const MAX_NAME: usize = 64;
/// Most words in the name of a role.
const MAX_ROLE_WORDS: usize = 4;

const ARTICLES: &[&str] = &["a", "an", "the", "any", "each", "every"];
/// Words for what a resource is.
pub(super) const RESOURCE_NOUNS: &[&str] = &[
    "table",
    "tables",
    "resource",
    "resources",
    "collection",
    "collections",
    "dataset",
    "datasets",
    "document",
    "documents",
    "record",
    "records",
    "view",
    "views",
    "sheet",
    "sheets",
    "register",
    "registers",
    "entity",
    "entities",
];
/// Words for what a field is.
pub(super) const FIELD_NOUNS: &[&str] =
    &["column", "columns", "field", "fields", "attribute", "attributes", "property", "properties"];
/// Words that make of a name a condition, which a guard would have to check.
const CONDITION_WORDS: &[&str] = &[
    "not", "no", "but", "except", "without", "never", "if", "when", "unless", "who", "whose", "with", "during", "while",
];
/// Words after a role's name that add nothing to it.
const ROLE_NOUNS: &[&str] = &["staff", "role", "roles", "user", "users", "member", "members", "people"];

/// In lower case, without marks of emphasis, quotes and needless white space.
pub(super) fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !matches!(c, '`' | '"' | '“' | '”')).collect();
    let kept = kept.replace("**", "");
    kept.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').trim().to_lowercase()
}

/// The name of a field.
pub(super) fn field(text: &str, sentence: &str) -> Parsed<String> {
    identifier(without(text, FIELD_NOUNS), "field", sentence)
}

/// The name of a resource.
pub(super) fn resource(text: &str, sentence: &str) -> Parsed<String> {
    identifier(without(text, RESOURCE_NOUNS), "resource", sentence)
}

/// The name of a role: words.
pub(super) fn role(text: &str, sentence: &str) -> Parsed<String> {
    let name = without(text, &[]);
    let words: Vec<&str> = name.split(' ').collect();
    let fits =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '\''));
    let is_condition = words.iter().any(|word| CONDITION_WORDS.contains(word));
    if !is_condition && words.len() <= MAX_ROLE_WORDS && name.chars().count() <= MAX_NAME && words.iter().all(fits) {
        return Ok(name);
    }
    let why = format!("`{}` is no name of a role", shown(&name));
    Err(NotUnderstood::new(sentence, why, "write the role as the user has it, in at most four words"))
}

/// A role's name without a noun that adds nothing, when there is one.
pub(super) fn role_without_noun(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once(' ')?;
    ROLE_NOUNS.contains(&last).then_some(rest)
}

fn identifier(name: String, what: &str, sentence: &str) -> Parsed<String> {
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits && !name.is_empty() && name.len() <= MAX_NAME {
        return Ok(name);
    }
    let why = format!("`{}` is no name of a {what}", shown(&name));
    Err(NotUnderstood::new(
        sentence,
        why,
        format!("write the {what} as the agent names it, in letters, digits and `_`"),
    ))
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Without article, and without the noun before or after it.
fn without(text: &str, nouns: &[&str]) -> String {
    let text = plain(text);
    let mut words: Vec<&str> = text.split(' ').collect();
    if words.len() > 1 && words.first().is_some_and(|word| ARTICLES.contains(word)) {
        words.remove(0);
    }
    if words.len() > 1 && words.first().is_some_and(|word| nouns.contains(word)) {
        words.remove(0);
    }
    if words.len() > 1 && words.last().is_some_and(|word| nouns.contains(word)) {
        words.pop();
    }
    words.join(" ")
}

/// The items of "a, b and c", also with semicolons and `or`; what stands in brackets stays together.
pub(super) fn split_list(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    for piece in split_outside(text, &[',', ';', '&']) {
        let mut rest = piece.as_str();
        while let Some((item, after)) = split_word(rest, &[" and ", " or "]) {
            items.push(item.to_owned());
            rest = after;
        }
        items.push(rest.to_owned());
    }
    let items = items.iter().map(|item| {
        let item = item.trim();
        item.strip_prefix("and ").or_else(|| item.strip_prefix("or ")).unwrap_or(item).trim().to_owned()
    });
    items.filter(|item| !item.is_empty()).collect()
}

/// Splits at `separators` outside of brackets.
pub(super) fn split_outside(text: &str, separators: &[char]) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut depth = 0_usize;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && separators.contains(&letter) {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push(letter);
        }
    }
    pieces
}

/// Splits at the first of `words` that stands outside of brackets.
pub(super) fn split_word<'a>(text: &'a str, words: &[&str]) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                let rest = text.get(at..).unwrap_or_default();
                if let Some(word) = words.iter().find(|word| rest.starts_with(**word)) {
                    return Some((text.get(..at)?, rest.get(word.len()..)?));
                }
            }
            _ => {}
        }
    }
    None
}

/// "name (inside)": both, when nothing follows the bracket.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim().strip_suffix(')')?;
    let (name, inside) = inner.split_once('(')?;
    (!inside.contains(['(', ')'])).then(|| (name.trim(), inside.trim()))
}
