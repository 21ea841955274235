//! The content of a check in its five forms, each made to parts.

use parapet_domain::{Origin, Part, PartKind, Role, Stage};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::{CONTENT, Complaints};
use crate::SurfaceError;
use crate::collect::{Collector, fields};
use crate::document::{Node, Shape};
use crate::{openai_chat, pointer};

/// Reads the one content key of the body.
pub(super) fn read(
    out: &mut Collector<'_>,
    complaints: &mut Complaints<'_>,
    root: &Node<'_>,
    stage: Stage,
) -> Result<Vec<Part>, SurfaceError> {
    let given: Vec<_> = fields(root, "").filter(|(key, _, _)| CONTENT.contains(key)).collect();
    let template = template(stage);
    match given.as_slice() {
        [(key, value, pointer)] => match *key {
            "text" => read_text(out, complaints, value, pointer, &template)?,
            "parts" => read_parts(out, complaints, value, pointer, &template)?,
            "messages" => return read_messages(out, value, pointer),
            "tool_call" => read_tool(out, complaints, value, pointer, &template, &CALL)?,
            _ => read_tool(out, complaints, value, pointer, &template, &RESULT)?,
        },
        [] => complaints
            .add("there is no content: give `text`, `parts`, `messages`, `tool_call` or `tool_result`".to_owned()),
        _ => complaints.add(format!(
            "there is more than one content: keep one of {}",
            given.iter().map(|(key, _, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ")
        )),
    }
    Ok(std::mem::take(&mut out.parts))
}

/// Whose content it is when the caller does not say.
fn template(stage: Stage) -> Part {
    let (role, origin, kind) = match stage {
        Stage::Input => (Role::User, Origin::User, PartKind::Text),
        Stage::Output => (Role::Assistant, Origin::Model, PartKind::Text),
        Stage::ToolCall => (Role::Assistant, Origin::Model, PartKind::ToolCall),
        Stage::ToolResult => (Role::Tool, Origin::Tool, PartKind::ToolResult),
    };
    Part { kind, ..Part::text(role, origin, "") }
}

fn read_text(
    out: &mut Collector<'_>,
    complaints: &mut Complaints<'_>,
    node: &Node<'_>,
    pointer: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    if matches!(node.shape, Shape::String) {
        return out.text(node, pointer.to_owned(), template);
    }
    complaints.add(format!("`{pointer}` has to be a string; structured content goes into `json` of one of `parts`"));
    Ok(())
}

/// All messages in one event, tool results among them.
fn read_messages(out: &mut Collector<'_>, node: &Node<'_>, pointer: &str) -> Result<Vec<Part>, SurfaceError> {
    let results = openai_chat::read_messages(out, node, pointer)?;
    let mut parts = std::mem::take(&mut out.parts);
    parts.extend(results.into_iter().flat_map(|draft| draft.parts));
    Ok(parts)
}

fn read_parts(
    out: &mut Collector<'_>,
    complaints: &mut Complaints<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    let Shape::Array(items) = &node.shape else {
        complaints.add(format!("`{parent}` has to be an array of parts"));
        return Ok(());
    };
    if items.is_empty() {
        complaints.add(format!("`{parent}` is empty: give at least one part"));
    }
    items
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| read_part(out, complaints, item, &pointer::item(parent, index), template))
}

fn read_part(
    out: &mut Collector<'_>,
    complaints: &mut Complaints<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    if !complaints.object(node, parent) {
        return Ok(());
    }
    let part = read_labels(complaints, node, parent, template.clone());
    let content: Vec<_> = fields(node, parent).filter(|(key, _, _)| ["text", "json"].contains(key)).collect();
    match content.as_slice() {
        [("json", value, pointer)] => {
            let kind = if part.kind == PartKind::Text { PartKind::Json } else { part.kind };
            out.json(value, pointer.clone(), kind, &part)?;
        }
        [(_, value, pointer)] => read_text(out, complaints, value, pointer, &part)?,
        _ => complaints.add(format!("`{parent}` has to have either `text` or `json`")),
    }
    Ok(())
}

/// Everything in a part besides its content.
fn read_labels(complaints: &mut Complaints<'_>, node: &Node<'_>, parent: &str, mut part: Part) -> Part {
    const KNOWN: &str = "`text`, `json`, `kind`, `role`, `origin`, `name`, `tool`, `call_id`, `media_type`";
    const KINDS: &str = "`text`, `json`, `tool_definition`, `tool_call`, `tool_result`";
    const ROLES: &str = "`system`, `developer`, `user`, `assistant`, `tool`";
    const ORIGINS: &str = "`operator`, `user`, `model`, `tool`, `retrieved`";
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "text" | "json" => {}
            "kind" => part.kind = word(complaints, value, &pointer, KINDS).unwrap_or(part.kind),
            "role" => part.role = word(complaints, value, &pointer, ROLES).unwrap_or(part.role),
            "origin" => part.origin = word(complaints, value, &pointer, ORIGINS).unwrap_or(part.origin),
            "name" => part.name = complaints.string(value, &pointer),
            "tool" => part.tool = complaints.string(value, &pointer),
            "call_id" => part.call_id = complaints.string(value, &pointer),
            "media_type" => part.media_type = complaints.string(value, &pointer).unwrap_or(part.media_type),
            key => complaints.unknown(parent, key, KNOWN),
        }
    }
    part
}

/// The key words of a tool call or a tool result.
struct ToolWords {
    id: &'static [&'static str],
    content: &'static str,
    known: &'static str,
}

const CALL: ToolWords = ToolWords { id: &["id", "call_id"], content: "arguments", known: "`name`, `arguments`, `id`" };
const RESULT: ToolWords =
    ToolWords { id: &["call_id", "tool_call_id"], content: "content", known: "`name`, `content`, `call_id`" };

/// A tool call or a tool result; the content is a string or any JSON.
fn read_tool(
    out: &mut Collector<'_>,
    complaints: &mut Complaints<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
    words: &ToolWords,
) -> Result<(), SurfaceError> {
    if !complaints.object(node, parent) {
        return Ok(());
    }
    let mut part = template.clone();
    let mut content = None;
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "name" => part.tool = complaints.string(value, &pointer).filter(|name| !name.is_empty()),
            key if key == words.content => content = Some((value, pointer)),
            key if words.id.contains(&key) => part.call_id = complaints.string(value, &pointer),
            key => complaints.unknown(parent, key, words.known),
        }
    }
    if part.tool.is_none() {
        complaints.add(format!("`{parent}/name` has to be the name of the tool"));
    }
    match content {
        Some((value, pointer)) if matches!(value.shape, Shape::String) => out.text(value, pointer, &part),
        Some((value, pointer)) => out.json(value, pointer, part.kind, &part),
        None => {
            complaints.add(format!("`{parent}/{}` is missing: give a string or any JSON", words.content));
            Ok(())
        }
    }
}

/// A word of the domain's vocabulary.
fn word<T: DeserializeOwned>(
    complaints: &mut Complaints<'_>,
    node: &Node<'_>,
    pointer: &str,
    known: &str,
) -> Option<T> {
    let text = complaints.string(node, pointer)?;
    let found = serde_json::from_value(Value::String(text)).ok();
    if found.is_none() {
        complaints.add(format!("`{pointer}` has to be one of {known}"));
    }
    found
}
