//! What stands directly before and after a span, and safe cuts of a text.

use std::ops::Range;

/// Whether `byte` continues an ASCII word.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The byte before position `at`.
pub(crate) fn before(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at.checked_sub(1)?).copied()
}

/// The byte at position `at`.
pub(crate) fn after(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// Whether no ASCII word character touches the span from outside.
pub(crate) fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    !before(text, span.start).is_some_and(is_word) && !after(text, span.end).is_some_and(is_word)
}

/// At most `bytes` bytes of `text` from `start` on, cut at a character border; empty when `start` is none.
pub(crate) fn ahead(text: &str, start: usize, bytes: usize) -> &str {
    text.get(start..text.floor_char_boundary(start.saturating_add(bytes))).unwrap_or_default()
}
