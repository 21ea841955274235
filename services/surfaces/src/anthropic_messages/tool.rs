//! Tool uses and tool results, of the agent's tools and of those that the provider runs.

use std::collections::HashMap;

use parapet_domain::{Origin, Part, PartKind, Role};

use super::{content, settings};
use crate::SurfaceError;
use crate::collect::{Collector, fields, named};
use crate::document::{Node, Shape};
use crate::pointer;

/// Reads a tool use. There is always at least one part, even for one without input.
pub(super) fn read_use(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    let (tool, call_id) = (out.label(node, "name"), out.label(node, "id"));
    let call = Part { kind: PartKind::ToolCall, tool, call_id, ..template.clone() };
    let before = out.parts.len();
    for (key, value, pointer) in fields(node, parent) {
        let field = |name: &str| Part { kind: PartKind::Text, ..named(&call, name) };
        match key {
            "input" => read_input(out, value, pointer, &call)?,
            // Name and id travel on every part; one that is no plain word may be content and is a part of its own too.
            "name" => out.setting(value, pointer, &field("tool_name"))?,
            "id" => out.setting(value, pointer, &field("call_id"))?,
            key if settings::TOOL_USE.contains(&key) => out.setting(value, pointer, &field(key))?,
            key => out.unknown(parent, key, value),
        }
    }
    if !out.parts.iter().skip(before).any(|part| part.kind == PartKind::ToolCall) {
        out.push(Part { pointer: parent.to_owned(), ..call })?;
    }
    Ok(())
}

/// The input is an object. Put together from a stream it is the text of one, as the model wrote it.
fn read_input(out: &mut Collector<'_>, node: &Node<'_>, pointer: String, call: &Part) -> Result<(), SurfaceError> {
    match node.shape {
        Shape::Null => Ok(()),
        Shape::String => out.text(node, pointer, call),
        _ => out.json(node, pointer, PartKind::ToolCall, call),
    }
}

/// Reads a tool's result, with a part even when the tool gave nothing back.
pub(super) fn read_result(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    kind: &str,
    tools: &HashMap<String, String>,
) -> Result<(), SurfaceError> {
    let call_id = out.label(node, "tool_use_id");
    let server_tool = kind.strip_suffix("_tool_result").filter(|name| *name != "mcp");
    let tool = call_id.as_ref().and_then(|id| tools.get(id).cloned()).or_else(|| server_tool.map(str::to_owned));
    let origin = if matches!(server_tool, Some("web_search" | "web_fetch")) { Origin::Retrieved } else { Origin::Tool };
    let template = Part { kind: PartKind::ToolResult, tool, call_id, ..Part::text(Role::Tool, origin, "") };
    let content_pointer = pointer::child(parent, "content");
    let before = out.parts.len();
    for (key, value, pointer) in fields(node, parent) {
        let field = |name: &str| Part { kind: PartKind::Text, ..named(&template, name) };
        match key {
            "content" => content::read(out, value, &pointer, &template)?,
            "tool_use_id" => out.setting(value, pointer, &field("call_id"))?,
            key if settings::TOOL_RESULT.contains(&key) => out.setting(value, pointer, &field(key))?,
            key => out.unknown(parent, key, value),
        }
    }
    if !out.parts.iter().skip(before).any(|part| part.pointer.starts_with(&content_pointer)) {
        out.push(Part { pointer: content_pointer, ..template })?;
    }
    Ok(())
}
