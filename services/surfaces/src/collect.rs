//! Takes values out of a document as parts, or lists them. Whatever a surface reads goes through one of these methods,
//! so that nothing is dropped in silence.

use parapet_domain::{Part, PartKind};

use crate::SurfaceError;
use crate::document::{Document, Node, Shape, embedded_json, is_plain_key};
use crate::error::clip_to;
use crate::limits::{MAX_LABEL_CHARS, MAX_PARTS, MAX_POINTER_BYTES, MAX_VALUES};
use crate::listing::{Listing, UNMAPPED_FIELD};
use crate::pointer;

const JSON_TYPE: &str = "application/json";

/// The parts and the list so far.
pub(crate) struct Collector<'d> {
    pub(crate) document: &'d Document<'d>,
    pub(crate) parts: Vec<Part>,
    pub(crate) listing: Listing,
    total: usize,
    /// Values that JSON in strings may still hold.
    embedded_left: usize,
}

impl<'d> Collector<'d> {
    pub(crate) fn new(document: &'d Document<'d>) -> Self {
        Self { document, parts: Vec::new(), listing: Listing::default(), total: 0, embedded_left: MAX_VALUES }
    }

    /// Adds a part, within the limits.
    pub(crate) fn push(&mut self, part: Part) -> Result<(), SurfaceError> {
        self.total += 1;
        if self.total > MAX_PARTS {
            return Err(SurfaceError::TooManyParts);
        }
        if part.pointer.len() > MAX_POINTER_BYTES {
            return Err(SurfaceError::KeyTooLong);
        }
        self.parts.push(part);
        Ok(())
    }

    /// Inspects a value of any shape: strings as text, numbers, objects and arrays as their JSON.
    pub(crate) fn inspect(&mut self, node: &Node<'_>, pointer: String, template: &Part) -> Result<(), SurfaceError> {
        match &node.shape {
            Shape::String => self.text(node, pointer, template),
            _ if self.document.carries_content(node) => self.json(node, pointer, PartKind::Json, template),
            _ => Ok(()),
        }
    }

    /// Inspects each item of an array by itself, any other value as a whole.
    pub(crate) fn inspect_each(
        &mut self,
        node: &Node<'_>,
        pointer: String,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        match &node.shape {
            Shape::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.inspect(item, pointer::item(&pointer, index), template)),
            _ => self.inspect(node, pointer, template),
        }
    }

    /// Inspects a string. Where it is no prose by its kind, it is read as JSON too: arguments of any type, and results
    /// and other content that are objects or arrays.
    pub(crate) fn text(&mut self, node: &Node<'_>, pointer: String, template: &Part) -> Result<(), SurfaceError> {
        let text = self.document.string(node).unwrap_or_default();
        let part = Part { pointer, ..template.clone() };
        let structured =
            if template.kind == PartKind::Text { None } else { embedded_json(&text, &mut self.embedded_left)? };
        self.push(match structured {
            Some((plain, value)) if template.kind == PartKind::ToolCall || value.is_object() || value.is_array() => {
                Part { text: plain.into_owned(), json: Some(value), media_type: JSON_TYPE.to_owned(), ..part }
            }
            _ => Part { text: text.into_owned(), ..part },
        })
    }

    /// Inspects a value as its JSON text.
    pub(crate) fn json(
        &mut self,
        node: &Node<'_>,
        pointer: String,
        kind: PartKind,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        self.push(Part {
            kind,
            pointer,
            media_type: JSON_TYPE.to_owned(),
            text: self.document.json_text(node).into_owned(),
            json: self.document.value(node),
            ..template.clone()
        })
    }

    /// The string under `key`, as a label on parts. Short enough to be repeated on every part of a body.
    pub(crate) fn label(&self, node: &Node<'_>, key: &str) -> Option<String> {
        let text = self.document.string(node.get(key)?)?;
        Some(clip_to(text.into_owned(), MAX_LABEL_CHARS))
    }

    /// A known setting: a plain word or number is no content; anything else is inspected.
    pub(crate) fn setting(&mut self, node: &Node<'_>, pointer: String, template: &Part) -> Result<(), SurfaceError> {
        if self.document.is_plain(node) { Ok(()) } else { self.inspect(node, pointer, template) }
    }

    /// A field that the surface does not know: listed, unless it holds nothing but flags and nulls.
    pub(crate) fn unknown(&mut self, parent: &str, key: &str, node: &Node<'_>) {
        if !is_plain_key(key) || self.document.carries_content(node) {
            self.listing.add(parent, key, UNMAPPED_FIELD);
        }
    }

    /// A field that cannot be inspected: listed, unless it is empty.
    pub(crate) fn uninspectable(&mut self, parent: &str, key: &str, node: &Node<'_>, reason: &str) {
        if self.document.carries_content(node) {
            self.listing.add(parent, key, reason);
        }
    }

    /// A flag that decides how the answer is judged: a value that servers might read differently is refused.
    pub(crate) fn flag(&self, node: &Node<'_>, pointer: &str) -> Result<bool, SurfaceError> {
        match node.shape {
            Shape::Bool(flag) => Ok(flag),
            Shape::Null => Ok(false),
            _ => Err(SurfaceError::shape(pointer, "has to be true or false")),
        }
    }

    /// An array, or an error that says what should stand there.
    pub(crate) fn items<'n>(&self, node: &'n Node<'d>, pointer: &str) -> Result<&'n [Node<'d>], SurfaceError> {
        match &node.shape {
            Shape::Array(items) => Ok(items),
            _ => Err(SurfaceError::shape(pointer, "has to be an array")),
        }
    }
}

/// `template` with the name of the field that the text stands in.
pub(crate) fn named(template: &Part, name: &str) -> Part {
    Part { name: Some(name.to_owned()), ..template.clone() }
}

/// The pointer and node of each member, with its key.
pub(crate) fn fields<'n, 'a>(
    node: &'n Node<'a>,
    parent: &str,
) -> impl Iterator<Item = (&'n str, &'n Node<'a>, String)> {
    node.members().iter().map(move |(key, value)| (key.as_ref(), value, pointer::child(parent, key)))
}
