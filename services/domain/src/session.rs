//! What is remembered of a session and how it answers for a later event. Pure: the same deltas give the same history.
//! Values are kept as keyed digests of their words, never as text.

mod counters;
mod delta;
mod groups;
mod key;
mod kind;
mod leaves;
mod matcher;
mod normal;
mod origins;
mod past;
mod records;
mod source;

#[cfg(test)]
mod tests;

pub use delta::{Call, Delta};
pub use key::{DigestKey, SessionKey};
pub use past::Past;
pub use source::Source;

/// Whether `text` is one word, as words are told apart here.
#[must_use]
pub fn is_one_word(text: &str) -> bool {
    normal::words(text).len() == 1
}
