//! A JSON body with the place of every value in it, so that one value can be read or replaced and all other bytes stay.
//! Strictness (duplicate keys, UTF-8, depth) is the domain's; this only adds positions, in one pass.

use std::borrow::Cow;

use parapet_domain::json;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::limits::MAX_VALUES;
use crate::{SurfaceError, pointer};

mod scan;
mod words;

pub(crate) use words::{is_plain_key, is_plain_word};

/// A body that the strict parser accepted.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    text: &'a str,
    root: Node<'a>,
}

/// One value and where it stands.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    start: u32,
    end: u32,
    pub(crate) shape: Shape<'a>,
}

/// The kind of a value, with what is in it.
#[derive(Debug)]
pub(crate) enum Shape<'a> {
    Null,
    Bool(bool),
    Number,
    String,
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Document<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, SurfaceError> {
        let text =
            std::str::from_utf8(bytes).map_err(|e| SurfaceError::Json(json::JsonError::Utf8(e.valid_up_to())))?;
        parse_value(text)?;
        Ok(Self { text, root: scan::scan(text)? })
    }

    pub(crate) const fn root(&self) -> &Node<'a> {
        &self.root
    }

    /// The value as it stands in the body.
    pub(crate) fn raw(&self, node: &Node<'_>) -> &'a str {
        self.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// The value at a JSON Pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Node<'a>> {
        pointer::segments(pointer)?.iter().try_fold(self.root(), |node, segment| match &node.shape {
            Shape::Object(_) => node.get(segment),
            Shape::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The text of a string value, and of nothing else.
    pub(crate) fn string(&self, node: &Node<'_>) -> Option<Cow<'a, str>> {
        match node.shape {
            Shape::String => Some(decode(self.raw(node))),
            _ => None,
        }
    }

    /// The JSON text of the value in which a guard can read every character.
    pub(crate) fn json_text(&self, node: &Node<'_>) -> Cow<'a, str> {
        scan::without_needless_escapes(self.raw(node))
    }

    /// The value as the strict parser reads it.
    pub(crate) fn value(&self, node: &Node<'_>) -> Option<Value> {
        json::parse_within(self.raw(node), MAX_VALUES).ok()
    }
}

impl<'a> Node<'a> {
    /// First byte and one past the last.
    pub(crate) const fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The members of an object; none for anything else.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match &self.shape {
            Shape::Object(members) => members,
            _ => &[],
        }
    }

    /// One member. Takes time in the number of members: not for use in a loop over keys.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(k, _)| k == key).map(|(_, node)| node)
    }
}

/// The value that `text` is, read strictly.
///
/// # Errors
/// It is no acceptable JSON, or holds more than [`MAX_VALUES`].
pub(crate) fn parse_value(text: &str) -> Result<Value, SurfaceError> {
    json::parse_within(text, MAX_VALUES).map_err(|error| match scan::count_values(text) {
        count if count > MAX_VALUES => SurfaceError::TooManyValues,
        _ => SurfaceError::Json(error),
    })
}

/// JSON text that came inside a string, such as the arguments of a tool call: the text in which a guard can read every
/// character, and the value. `None` when it is not JSON. The value's size is taken from `left`.
///
/// # Errors
/// It is JSON with more values than are left.
pub(crate) fn embedded_json<'t>(
    text: &'t str,
    left: &mut usize,
) -> Result<Option<(Cow<'t, str>, Value)>, SurfaceError> {
    let Ok(value) = json::parse_within(text, *left) else {
        let too_many = scan::count_values(text) > *left && serde_json::from_str::<IgnoredAny>(text).is_ok();
        return if too_many { Err(SurfaceError::TooManyValues) } else { Ok(None) };
    };
    *left = left.saturating_sub(scan::count_values(text));
    Ok(Some((scan::without_needless_escapes(text), value)))
}

fn decode(raw: &str) -> Cow<'_, str> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains('\\') { Cow::Owned(serde_json::from_str(raw).unwrap_or_default()) } else { Cow::Borrowed(inner) }
}

#[cfg(test)]
mod tests;
