//! Content blocks: text, resources, links to resources, images and sound; alone, in arrays, in messages.

use parapet_domain::{Part, PartKind, Role};

use super::reader::Reader;
use crate::SurfaceError;
use crate::collect::{fields, named};
use crate::document::{Node, Shape};
use crate::listing::{AUDIO, FILE, IMAGE};
use crate::pointer;

/// Reads one block or an array of blocks.
pub(super) fn read(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    pointer: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    match &node.shape {
        Shape::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| read_block(reader, item, &pointer::item(pointer, index), template)),
        _ => read_block(reader, node, pointer, template),
    }
}

/// Reads `messages` with a role and content each.
pub(super) fn read_messages(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    pointer: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    for (index, item) in reader.out.items(node, pointer)?.iter().enumerate() {
        let role = item.get("role").and_then(|role| reader.out.document.string(role));
        let role = if role.as_deref() == Some("assistant") { Role::Assistant } else { Role::User };
        let (template, parent) = (Part { role, ..template.clone() }, pointer::item(pointer, index));
        if !matches!(item.shape, Shape::Object(_)) {
            reader.out.inspect(item, parent, &template)?;
            continue;
        }
        for (key, value, pointer) in fields(item, &parent) {
            match key {
                "content" => read(reader, value, &pointer, &template)?,
                "role" => reader.out.setting(value, pointer, &named(&template, key))?,
                "_meta" => reader.meta(value, pointer, &template)?,
                key => reader.other(&parent, key, value, pointer, &template)?,
            }
        }
    }
    Ok(())
}

/// Reads the `contents` of resources.
pub(super) fn read_resources(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    pointer: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    for (index, item) in reader.out.items(node, pointer)?.iter().enumerate() {
        read_resource(reader, item, &pointer::item(pointer, index), template)?;
    }
    Ok(())
}

/// Goes by the keys, so that a block with a wrong type cannot hide its text. Only bytes under the key that the block's
/// type has for them are listed; under any other key they are judged as the text that they are.
fn read_block(reader: &mut Reader<'_>, node: &Node<'_>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
    if !matches!(node.shape, Shape::Object(_)) {
        return reader.out.inspect(node, parent.to_owned(), template);
    }
    let kind = node.get("type").and_then(|kind| reader.out.document.string(kind)).unwrap_or_default();
    for (key, value, pointer) in fields(node, parent) {
        match (key, kind.as_ref()) {
            ("text", _) => reader.out.inspect(value, pointer, template)?,
            ("data", "image") => reader.out.uninspectable(parent, key, value, IMAGE),
            ("data", "audio") => reader.out.uninspectable(parent, key, value, AUDIO),
            ("resource", _) => read_resource(reader, value, &pointer, template)?,
            ("content", "tool_result") => read(reader, value, &pointer, template)?,
            ("input", "tool_use") => {
                let tool = reader.out.label(node, "name");
                reader.out.json(value, pointer, PartKind::ToolCall, &Part { tool, ..template.clone() })?;
            }
            ("type" | "mimeType" | "annotations" | "size", _) => {
                reader.out.setting(value, pointer, &named(template, key))?;
            }
            ("_meta", _) => reader.meta(value, pointer, template)?,
            (key, _) => reader.other(parent, key, value, pointer, template)?,
        }
    }
    Ok(())
}

fn read_resource(reader: &mut Reader<'_>, node: &Node<'_>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
    if !matches!(node.shape, Shape::Object(_)) {
        return reader.out.inspect(node, parent.to_owned(), template);
    }
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "text" => reader.out.inspect(value, pointer, template)?,
            "blob" => reader.out.uninspectable(parent, key, value, FILE),
            "mimeType" | "annotations" => reader.out.setting(value, pointer, &named(template, key))?,
            "_meta" => reader.meta(value, pointer, template)?,
            key => reader.other(parent, key, value, pointer, template)?,
        }
    }
    Ok(())
}
