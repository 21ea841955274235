//! Which values can carry content. A flag cannot; a number can be an account's, and a sentence or a word can be anything.
//! A number or a word such as `gpt-5` is exempt only in a field that is known for a setting.

use super::{Document, Node, Shape};

/// Longest word that passes for a setting, in bytes.
const MAX_WORD_BYTES: usize = 128;

/// Whether `text` is one word as identifiers, model names and enumerations are.
pub(crate) fn is_plain_word(text: &str) -> bool {
    (1..=MAX_WORD_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'/' | b'@' | b'+' | b'-'))
}

/// Whether `key` is one word with a letter in it. A key of digits alone may be an account's number.
pub(crate) fn is_plain_key(key: &str) -> bool {
    is_plain_word(key) && key.bytes().any(|b| b.is_ascii_alphabetic())
}

impl Document<'_> {
    /// Whether the value holds a non-empty string, a number, or a key that is no plain one.
    pub(crate) fn carries_content(&self, node: &Node<'_>) -> bool {
        match &node.shape {
            Shape::Null | Shape::Bool(_) => false,
            Shape::Number => true,
            Shape::String => self.raw(node).len() > 2,
            Shape::Array(items) => items.iter().any(|item| self.carries_content(item)),
            Shape::Object(members) => {
                members.iter().any(|(key, value)| !is_plain_key(key) || self.carries_content(value))
            }
        }
    }

    /// Whether every string and key in the value is empty or a plain word.
    pub(crate) fn is_plain(&self, node: &Node<'_>) -> bool {
        match &node.shape {
            Shape::Null | Shape::Bool(_) | Shape::Number => true,
            Shape::String => self.string(node).is_some_and(|text| text.is_empty() || is_plain_word(&text)),
            Shape::Array(items) => items.iter().all(|item| self.is_plain(item)),
            Shape::Object(members) => members.iter().all(|(key, value)| is_plain_word(key) && self.is_plain(value)),
        }
    }
}
