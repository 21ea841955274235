//! Tool calls, in a request's history and in an answer, in the current form and the legacy one.

use parapet_domain::{Part, PartKind};

use super::settings;
use crate::SurfaceError;
use crate::collect::{Collector, fields, named};
use crate::document::{Node, Shape};

/// Reads one element of `tool_calls`. There is always at least one part, even for a call of an unknown type.
/// Gives back the call's id and the tool's name.
pub(crate) fn read(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(Option<String>, Option<String>), SurfaceError> {
    let call_id = out.label(node, "id");
    let template = Part { kind: PartKind::ToolCall, call_id: call_id.clone(), ..template.clone() };
    let mut tool = None;
    let before = out.parts.len();
    if !matches!(node.shape, Shape::Object(_)) {
        out.inspect(node, parent.to_owned(), &Part { kind: PartKind::Text, ..template.clone() })?;
    }
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "function" | "custom" => tool = read_function(out, value, &pointer, &template)?.or(tool),
            "id" => out.setting(value, pointer, &Part { kind: PartKind::Text, ..named(&template, "call_id") })?,
            "extra_content" => out.inspect(value, pointer, &Part { kind: PartKind::Text, ..named(&template, key) })?,
            key if settings::TOOL_CALL.contains(&key) => {
                out.setting(value, pointer, &Part { kind: PartKind::Text, ..named(&template, key) })?;
            }
            key => out.unknown(parent, key, value),
        }
    }
    if !out.parts.iter().skip(before).any(|part| part.kind == PartKind::ToolCall) {
        out.push(Part { pointer: parent.to_owned(), ..template })?;
    }
    Ok((call_id, tool))
}

/// Reads an object with a name and arguments: `function`, `custom`, or the legacy `function_call`.
/// Gives back the tool's name.
pub(super) fn read_function(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<Option<String>, SurfaceError> {
    let tool = out.label(node, "name");
    let template = Part { kind: PartKind::ToolCall, tool: tool.clone(), ..template.clone() };
    let before = out.parts.len();
    if !matches!(node.shape, Shape::Object(_)) {
        out.inspect(node, parent.to_owned(), &Part { kind: PartKind::Text, ..template.clone() })?;
    }
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "arguments" | "input" => read_arguments(out, value, pointer, &template)?,
            "name" => read_name(out, value, pointer, &template)?,
            key => out.unknown(parent, key, value),
        }
    }
    if !out.parts.iter().skip(before).any(|part| part.kind == PartKind::ToolCall) {
        out.push(Part { pointer: parent.to_owned(), ..template })?;
    }
    Ok(tool)
}

/// Arguments are JSON in a string; some servers give the JSON itself, and a model may write what is no JSON at all.
fn read_arguments(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    pointer: String,
    template: &Part,
) -> Result<(), SurfaceError> {
    match node.shape {
        Shape::String => out.text(node, pointer, template),
        _ => out.json(node, pointer, PartKind::ToolCall, template),
    }
}

/// The name travels in each part's `tool`; one that is no plain word may be content and is a part of its own too.
fn read_name(out: &mut Collector<'_>, node: &Node<'_>, pointer: String, template: &Part) -> Result<(), SurfaceError> {
    out.setting(node, pointer, &Part { kind: PartKind::Text, ..named(template, "tool_name") })
}
