//! Requests and notifications: what each side says of its own accord.

use parapet_domain::{Part, PartKind, Role, Stage};
use serde_json::{Map, Value};

use super::reader::{Reader, Sender};
use super::{content, method};
use crate::SurfaceError;
use crate::collect::{fields, named};
use crate::document::{Node, Shape};
use crate::limits::MAX_LABEL_CHARS;
use crate::pointer;

const PARAMS: &str = "/params";

/// Reads the parameters of a request or a notification (which has no `id`).
pub(super) fn read(
    reader: &mut Reader<'_>,
    method: &str,
    id: Option<&str>,
    params: Option<&Node<'_>>,
) -> Result<(), SurfaceError> {
    let template = Part { call_id: id.map(str::to_owned), ..named(&reader.template(), method) };
    if (reader.sender, method) == (Sender::Client, method::CALL) {
        return read_call(reader, params, &template);
    }
    let stage = stage(reader.sender, method, id.is_some());
    let Some(params) = params else { return Ok(()) };
    match (reader.sender, method) {
        (Sender::Client, method::INITIALIZE) => read_settings(reader, params, &template)?,
        (Sender::Client, "logging/setLevel") => read_fields(reader, params, &[], &["level"], &template)?,
        (Sender::Server, "sampling/createMessage") => read_sampling(reader, params, &template)?,
        (Sender::Server, "elicitation/create") => read_fields(reader, params, &["message"], &["mode"], &template)?,
        (_, "notifications/progress") => {
            read_fields(reader, params, &["message"], &["progressToken", "progress", "total"], &template)?;
        }
        (_, "notifications/cancelled") => read_fields(reader, params, &["reason"], &["requestId"], &template)?,
        (Sender::Server, "notifications/message") => {
            read_fields(reader, params, &["data"], &["level", "logger"], &template)?;
        }
        _ => reader.whole(params, PARAMS, &template)?,
    }
    reader.event(stage);
    Ok(())
}

/// What a client asks of a server is a call of its tools, in the wide sense. What a server asks of the model is input.
fn stage(sender: Sender, method: &str, is_request: bool) -> Stage {
    match (sender, is_request, method) {
        (Sender::Client, true, _) => Stage::ToolCall,
        (Sender::Client, false, _) => Stage::Output,
        (Sender::Server, _, "sampling/createMessage") => Stage::Input,
        (Sender::Server, ..) => Stage::ToolResult,
    }
}

/// A tool call: one event, with a part for the arguments even when there are none.
fn read_call(reader: &mut Reader<'_>, params: Option<&Node<'_>>, template: &Part) -> Result<(), SurfaceError> {
    let name = params.and_then(|params| params.get("name")).and_then(|name| reader.out.document.string(name));
    let fits = name.filter(|name| (1..=MAX_LABEL_CHARS).contains(&name.chars().count()));
    let (Some(params), Some(tool)) = (params, fits) else {
        let expected = format!("has to name the tool, in 1 to {MAX_LABEL_CHARS} characters");
        return Err(SurfaceError::shape("/params/name", expected));
    };
    let template = Part { kind: PartKind::ToolCall, tool: Some(tool.into_owned()), name: None, ..template.clone() };
    let text = Part { kind: PartKind::Text, ..template.clone() };
    let mut called = false;
    for (key, value, pointer) in fields(params, PARAMS) {
        match key {
            "name" => reader.out.setting(value, pointer, &named(&text, "tool_name"))?,
            "arguments" => {
                let Shape::Object(_) = value.shape else {
                    return Err(SurfaceError::shape(&pointer, "has to be an object"));
                };
                called = true;
                reader.out.json(value, pointer, PartKind::ToolCall, &template)?;
            }
            "_meta" => reader.meta(value, pointer, &text)?,
            "task" => reader.out.setting(value, pointer, &named(&text, key))?,
            key => reader.other(PARAMS, key, value, pointer, &text)?,
        }
    }
    if !called {
        let none = Value::Object(Map::new());
        let media_type = "application/json".to_owned();
        let pointer = pointer::child(PARAMS, "arguments");
        reader.out.push(Part { pointer, media_type, text: none.to_string(), json: Some(none), ..template })?;
    }
    reader.event(Stage::ToolCall);
    Ok(())
}

/// Each field as a setting: who the client is and what it can do.
fn read_settings(reader: &mut Reader<'_>, params: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(params, PARAMS) {
        match key {
            "_meta" => reader.meta(value, pointer, template)?,
            "protocolVersion" | "capabilities" | "clientInfo" => {
                reader.out.setting(value, pointer, &named(template, key))?;
            }
            key => reader.other(PARAMS, key, value, pointer, template)?,
        }
    }
    Ok(())
}

/// The fields in `texts` under their own pointers, those in `settings` where they are no plain words, all others as JSON.
fn read_fields(
    reader: &mut Reader<'_>,
    params: &Node<'_>,
    texts: &[&str],
    settings: &[&str],
    template: &Part,
) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(params, PARAMS) {
        match key {
            "_meta" => reader.meta(value, pointer, template)?,
            key if texts.contains(&key) => reader.out.inspect(value, pointer, template)?,
            key if settings.contains(&key) => reader.out.setting(value, pointer, &named(template, key))?,
            key => reader.other(PARAMS, key, value, pointer, template)?,
        }
    }
    Ok(())
}

/// A server asks the client's model: all of it is a prompt that nobody on the client's side wrote.
fn read_sampling(reader: &mut Reader<'_>, params: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(params, PARAMS) {
        match key {
            "messages" => content::read_messages(reader, value, &pointer, template)?,
            "systemPrompt" => {
                reader.out.inspect(value, pointer, &Part { role: Role::System, ..named(template, key) })?;
            }
            "tools" if matches!(value.shape, Shape::Array(_)) => {
                for (index, item) in reader.out.items(value, &pointer)?.iter().enumerate() {
                    let tool = reader.out.label(item, "name");
                    let template = Part { tool, ..template.clone() };
                    reader.out.json(item, pointer::item(&pointer, index), PartKind::ToolDefinition, &template)?;
                }
            }
            "_meta" => reader.meta(value, pointer, template)?,
            "includeContext" | "maxTokens" | "modelPreferences" | "temperature" | "toolChoice" | "task" => {
                reader.out.setting(value, pointer, &named(template, key))?;
            }
            key => reader.other(PARAMS, key, value, pointer, template)?,
        }
    }
    Ok(())
}
