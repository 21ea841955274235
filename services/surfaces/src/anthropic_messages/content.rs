//! Content that is no tool use and no tool result by itself: text, thoughts, media, documents, and what lies within them and
//! within results. Goes by the fields of a block and not by its `type`, so that one with a wrong type cannot hide its text.

use std::borrow::Cow;

use parapet_domain::{Origin, Part, PartKind};

use super::settings;
use crate::collect::{Collector, fields, named};
use crate::document::{Node, Shape};
use crate::listing::{ENCRYPTED, FILE, IMAGE};
use crate::{SurfaceError, pointer, tool_definitions};

/// The `type` of a block, empty when it has none.
pub(super) fn kind<'d>(out: &Collector<'d>, node: &Node<'_>) -> Cow<'d, str> {
    node.get("type").and_then(|kind| out.document.string(kind)).unwrap_or_default()
}

/// Reads a string, a block, or an array of them.
pub(super) fn read(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    match &node.shape {
        Shape::Object(_) => read_block(out, node, parent, template),
        Shape::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| read(out, item, &pointer::item(parent, index), template)),
        _ => out.inspect(node, parent.to_owned(), template),
    }
}

fn read_block(out: &mut Collector<'_>, node: &Node<'_>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
    let kind = kind(out, node);
    // A user hands on what others wrote.
    let foreign = template.origin == Origin::User && matches!(kind.as_ref(), "document" | "search_result");
    let template = &if foreign { Part { origin: Origin::Retrieved, ..template.clone() } } else { template.clone() };
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "text" => out.inspect(value, pointer, template)?,
            "content" => read(out, value, &pointer, template)?,
            "source" if matches!(value.shape, Shape::Object(_)) => read_source(out, value, &pointer, &kind, template)?,
            "source" => out.inspect(value, pointer, &named(template, key))?,
            // What a tool server says of its tools.
            "tools" if matches!(value.shape, Shape::Array(_)) => {
                let template = Part { origin: Origin::Tool, kind: PartKind::ToolDefinition, ..template.clone() };
                tool_definitions::read(out, value, &pointer, &template)?;
            }
            "file_id" => out.uninspectable(parent, key, value, FILE),
            key if settings::BLOCK_ENCRYPTED.contains(&key) => out.uninspectable(parent, key, value, ENCRYPTED),
            key if settings::BLOCK_CONTENT.contains(&key) => out.inspect_each(value, pointer, &named(template, key))?,
            key if settings::BLOCK.contains(&key) => out.setting(value, pointer, &named(template, key))?,
            key => out.unknown(parent, key, value),
        }
    }
    Ok(())
}

/// Where an image or a document comes from: bytes, an address, a file at the provider, a text, or content again.
fn read_source(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    block: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    let is_text = kind(out, node) == "text";
    let reason = if block == "image" { IMAGE } else { FILE };
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "content" => read(out, value, &pointer, template)?,
            "data" if is_text => out.inspect(value, pointer, template)?,
            "data" | "url" | "file_id" => out.uninspectable(parent, key, value, reason),
            "type" | "media_type" => out.setting(value, pointer, &named(template, key))?,
            key => out.unknown(parent, key, value),
        }
    }
    Ok(())
}
