//! Messages, content parts and what lies within results. Goes by the fields and not by `type`, so that a part with a wrong
//! type cannot hide its text.

use std::borrow::Cow;

use parapet_domain::{Origin, Part};

use super::settings;
use crate::collect::{Collector, named};
use crate::document::{Node, Shape};
use crate::listing::{AUDIO, ENCRYPTED, FILE, IMAGE, LOGPROBS};
use crate::{SurfaceError, pointer, tool_definitions};

/// The `type` of an item or a part, empty when it has none.
pub(super) fn kind<'d>(out: &Collector<'d>, node: &Node<'_>) -> Cow<'d, str> {
    node.get("type").and_then(|kind| out.document.string(kind)).unwrap_or_default()
}

/// Reads a string, an item or part, or an array of them.
pub(super) fn read(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    match &node.shape {
        Shape::Object(_) => read_fields(out, node, parent, template),
        Shape::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| read(out, item, &pointer::item(parent, index), template)),
        _ => out.inspect(node, parent.to_owned(), template),
    }
}

fn read_fields(out: &mut Collector<'_>, node: &Node<'_>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
    let kind = kind(out, node);
    node.members().iter().try_for_each(|(key, value)| read_field(out, &kind, parent, key, value, template))
}

/// Reads one field of an item or a part of the given type.
pub(super) fn read_field(
    out: &mut Collector<'_>,
    kind: &str,
    parent: &str,
    key: &str,
    value: &Node<'_>,
    template: &Part,
) -> Result<(), SurfaceError> {
    let pointer = pointer::child(parent, key);
    match key {
        "text" => out.inspect(value, pointer, template)?,
        "content" => read(out, value, &pointer, template)?,
        "summary" => read(out, value, &pointer, &named(template, key))?,
        // What a tool server says of its tools; those that the caller adds are its own.
        "tools" if matches!(value.shape, Shape::Array(_)) => {
            let origin = if kind == "additional_tools" { template.origin } else { Origin::Tool };
            tool_definitions::read(out, value, &pointer, &Part { origin, ..template.clone() })?;
        }
        "image_url" => out.uninspectable(parent, key, value, IMAGE),
        "input_audio" | "audio" => out.uninspectable(parent, key, value, AUDIO),
        "file_data" | "file_url" | "file_id" if is_image(kind) => out.uninspectable(parent, key, value, IMAGE),
        "file_data" | "file_url" | "file_id" => out.uninspectable(parent, key, value, FILE),
        "url" if is_image(kind) => out.uninspectable(parent, key, value, IMAGE),
        "logprobs" => out.uninspectable(parent, key, value, LOGPROBS),
        "encrypted_content" => out.uninspectable(parent, key, value, ENCRYPTED),
        key if settings::ITEM_CONTENT.contains(&key) => out.inspect_each(value, pointer, &named(template, key))?,
        key if settings::ITEM.contains(&key) => out.setting(value, pointer, &named(template, key))?,
        key => out.unknown(parent, key, value),
    }
    Ok(())
}

fn is_image(kind: &str) -> bool {
    kind.contains("image") || kind.contains("screenshot")
}
