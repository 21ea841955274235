//! Which values can carry content. A number, a flag or a word such as `gpt-5` in a settings field cannot; a sentence can.

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

impl Document<'_> {
    /// Whether the value holds a non-empty string, or a key that is no plain word.
    pub(crate) fn carries_text(&self, node: &Node<'_>) -> bool {
        match &node.shape {
            Shape::Null | Shape::Bool(_) | Shape::Number => false,
            Shape::String => self.raw(node).len() > 2,
            Shape::Array(items) => items.iter().any(|item| self.carries_text(item)),
            Shape::Object(members) => {
                members.iter().any(|(key, value)| !is_plain_word(key) || self.carries_text(value))
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
