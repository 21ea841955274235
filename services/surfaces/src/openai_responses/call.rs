//! Calls of tools and their results, of the agent's tools and of those that the provider runs.

use std::collections::HashMap;

use parapet_domain::{Origin, Part, PartKind, Role};

use super::{content, settings};
use crate::SurfaceError;
use crate::collect::{Collector, fields, named};
use crate::document::{Node, Shape};
use crate::listing::IMAGE;
use crate::{pointer, tool_definitions};

/// `function_call`, `mcp_call`, `web_search_call` and so on.
pub(super) fn is_call(kind: &str) -> bool {
    kind.ends_with("_call") || matches!(kind, "mcp_approval_request" | "program")
}

/// `function_call_output`, `local_shell_call_output` and so on.
pub(super) fn is_result(kind: &str) -> bool {
    kind.ends_with("_output")
}

/// What every part of a call says. A tool of the provider goes by the item's type, such as `web_search`.
pub(super) fn template(out: &Collector<'_>, node: &Node<'_>, kind: &str, model: &Part) -> Part {
    let own = kind.strip_suffix("_call").unwrap_or(kind);
    let tool = out.label(node, "name").or_else(|| Some(own.to_owned()));
    let call_id = out.label(node, "call_id").or_else(|| out.label(node, "id"));
    Part { kind: PartKind::ToolCall, tool, call_id, ..model.clone() }
}

/// Reads what is to be done. There is always at least one part, even for a call without arguments.
pub(super) fn read(out: &mut Collector<'_>, node: &Node<'_>, parent: &str, call: &Part) -> Result<(), SurfaceError> {
    let before = out.parts.len();
    for (key, value, pointer) in fields(node, parent) {
        let field = |name: &str| Part { kind: PartKind::Text, ..named(call, name) };
        match key {
            key if settings::ARGUMENTS.contains(&key) => read_arguments(out, value, pointer, call)?,
            // Names and ids travel on every part; one that is no plain word may be content and is a part of its own too.
            "name" => out.setting(value, pointer, &field("tool_name"))?,
            "call_id" | "id" => out.setting(value, pointer, &field("call_id"))?,
            "result" => out.uninspectable(parent, key, value, IMAGE),
            // Read as the result of the call.
            key if settings::RESULTS.contains(&key) => {}
            key if settings::ITEM_CONTENT.contains(&key) => out.inspect_each(value, pointer, &field(key))?,
            key if settings::ITEM.contains(&key) => out.setting(value, pointer, &field(key))?,
            key => out.unknown(parent, key, value),
        }
    }
    if !out.parts.iter().skip(before).any(|part| part.kind == PartKind::ToolCall) {
        out.push(Part { pointer: parent.to_owned(), ..call.clone() })?;
    }
    Ok(())
}

/// Arguments are JSON in a string, an action is JSON itself, code and patches are text.
fn read_arguments(out: &mut Collector<'_>, node: &Node<'_>, pointer: String, call: &Part) -> Result<(), SurfaceError> {
    match node.shape {
        Shape::Null => Ok(()),
        Shape::String => out.text(node, pointer, call),
        _ => out.json(node, pointer, PartKind::ToolCall, call),
    }
}

/// Whether a call of the provider's own tool holds what came of it.
pub(super) fn has_result(out: &Collector<'_>, node: &Node<'_>) -> bool {
    let mut found = node.members().iter().filter(|(key, _)| settings::RESULTS.contains(&key.as_ref()));
    found.any(|(_, value)| out.document.carries_content(value))
}

/// Reads what came of a call, out of the call itself.
pub(super) fn read_own_result(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    call: &Part,
) -> Result<(), SurfaceError> {
    let template = result_template(call.tool.clone(), call.call_id.clone());
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "output" | "outputs" => content::read(out, value, &pointer, &template)?,
            key if settings::RESULTS.contains(&key) => out.inspect_each(value, pointer, &named(&template, key))?,
            _ => {}
        }
    }
    Ok(())
}

/// Reads a result, with a part even when the tool gave nothing back.
pub(super) fn read_result(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    kind: &str,
    tools: &HashMap<String, String>,
) -> Result<(), SurfaceError> {
    let call_id = out.label(node, "call_id");
    let own = kind.strip_suffix("_call_output").filter(|own| !matches!(*own, "function" | "custom_tool"));
    let tool = call_id.as_ref().and_then(|id| tools.get(id).cloned()).or_else(|| own.map(str::to_owned));
    let template = result_template(tool, call_id);
    let before = out.parts.len();
    for (key, value, pointer) in fields(node, parent) {
        let field = |name: &str| Part { kind: PartKind::Text, ..named(&template, name) };
        match key {
            "output" | "result" => content::read(out, value, &pointer, &template)?,
            "tools" => tool_definitions::read(out, value, &pointer, &template)?,
            "call_id" | "id" => out.setting(value, pointer, &field("call_id"))?,
            "name" => out.setting(value, pointer, &field("tool_name"))?,
            key if settings::ITEM_CONTENT.contains(&key) => out.inspect_each(value, pointer, &field(key))?,
            key if settings::ITEM.contains(&key) => out.setting(value, pointer, &field(key))?,
            key => out.unknown(parent, key, value),
        }
    }
    if !out.parts.iter().skip(before).any(|part| part.kind == PartKind::ToolResult) {
        out.push(Part { pointer: pointer::child(parent, "output"), ..template })?;
    }
    Ok(())
}

fn result_template(tool: Option<String>, call_id: Option<String>) -> Part {
    let searched = matches!(tool.as_deref(), Some("web_search" | "file_search"));
    let origin = if searched { Origin::Retrieved } else { Origin::Tool };
    Part { kind: PartKind::ToolResult, tool, call_id, ..Part::text(Role::Tool, origin, "") }
}
