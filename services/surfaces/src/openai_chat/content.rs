//! The content of a message: a string, or an array of parts of several kinds.

use parapet_domain::Part;

use super::settings;
use crate::SurfaceError;
use crate::collect::{Collector, fields, named};
use crate::document::{Node, Shape};
use crate::listing::{AUDIO, FILE, IMAGE, VIDEO};
use crate::pointer;

/// Reads `content` of any shape that the protocol or a lenient server knows.
pub(super) fn read(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    pointer: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    match &node.shape {
        Shape::String => out.text(node, pointer.to_owned(), template),
        Shape::Object(_) if is_part(node) => read_part(out, node, pointer, template),
        Shape::Object(_) | Shape::Number => out.inspect(node, pointer.to_owned(), template),
        Shape::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            let pointer = pointer::item(pointer, index);
            match item.shape {
                Shape::Object(_) if is_part(item) => read_part(out, item, &pointer, template),
                _ => out.inspect(item, pointer, template),
            }
        }),
        Shape::Null | Shape::Bool(_) => Ok(()),
    }
}

/// Objects of another kind, such as a tool's bare result, are inspected as their JSON.
fn is_part(node: &Node<'_>) -> bool {
    let keys = ["type", "text", "refusal", "thinking", "image_url", "image", "input_audio", "audio", "audio_url"];
    let more = ["video_url", "video", "file", "document"];
    node.members().iter().any(|(key, _)| keys.contains(&key.as_ref()) || more.contains(&key.as_ref()))
}

/// Goes by the keys and not by `type`, so that a part with a wrong type cannot hide its text.
fn read_part(out: &mut Collector<'_>, node: &Node<'_>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "text" => out.inspect(value, pointer, template)?,
            "refusal" | "thinking" => out.inspect(value, pointer, &named(template, key))?,
            "image_url" | "image" => out.uninspectable(parent, key, value, IMAGE),
            "input_audio" | "audio" | "audio_url" => out.uninspectable(parent, key, value, AUDIO),
            "video_url" | "video" => out.uninspectable(parent, key, value, VIDEO),
            "file" | "document" => out.uninspectable(parent, key, value, FILE),
            key if settings::CONTENT_PART.contains(&key) => out.setting(value, pointer, &named(template, key))?,
            key => out.unknown(parent, key, value),
        }
    }
    Ok(())
}
