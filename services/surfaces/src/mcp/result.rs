//! Results and errors: what each side answers, by the method that was asked.

use parapet_domain::{Origin, Part, PartKind, Role, Stage};

use super::reader::{Reader, Sender};
use super::{content, method};
use crate::SurfaceError;
use crate::collect::{fields, named};
use crate::document::Node;

const RESULT: &str = "/result";

/// Reads the result of a request of `method`.
pub(super) fn read(
    reader: &mut Reader<'_>,
    method: &str,
    node: &Node<'_>,
    template: &Part,
) -> Result<(), SurfaceError> {
    let method_named = named(template, method);
    match (reader.sender, method) {
        (Sender::Server, method::CALL | "tasks/result") => read_tool_result(reader, node, template)?,
        (Sender::Server, method::INITIALIZE) => {
            read_initialize(reader, node, template)?;
            reader.event(Stage::Input);
        }
        (Sender::Server, "prompts/get") => {
            read_prompt(reader, node, template)?;
            reader.event(Stage::Input);
        }
        (Sender::Server, "resources/read") => read_resources(reader, node, &method_named)?,
        (Sender::Client, "sampling/createMessage" | "tasks/result") => read_sampled(reader, node, &method_named)?,
        (Sender::Client, "elicitation/create") => read_elicited(reader, node, &method_named)?,
        (Sender::Client, "roots/list") => reader.whole(node, RESULT, &of_user(&method_named))?,
        _ => reader.whole(node, RESULT, &Part { kind: PartKind::Text, ..method_named })?,
    }
    reader.event(answer_stage(reader.sender));
    Ok(())
}

/// Reads an error object.
pub(super) fn read_error(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    let template = Part { kind: PartKind::Text, ..named(template, "error") };
    for (key, value, pointer) in fields(node, "/error") {
        match key {
            "code" => reader.out.setting(value, pointer, &template)?,
            "message" => reader.out.inspect(value, pointer, &template)?,
            key => reader.other("/error", key, value, pointer, &template)?,
        }
    }
    reader.event(answer_stage(reader.sender));
    Ok(())
}

const fn answer_stage(sender: Sender) -> Stage {
    match sender {
        Sender::Client => Stage::Output,
        Sender::Server => Stage::ToolResult,
    }
}

/// What a tool gave back: one event, with a part even when it gave nothing.
fn read_tool_result(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    let template = Part { kind: PartKind::ToolResult, ..template.clone() };
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            "content" => content::read(reader, value, &pointer, &template)?,
            "structuredContent" if reader.out.document.carries_content(value) => {
                reader.out.json(value, pointer, PartKind::ToolResult, &named(&template, key))?;
            }
            "_meta" => reader.meta(value, pointer, &template)?,
            "isError" => reader.out.setting(value, pointer, &named(&template, key))?,
            key => reader.other(RESULT, key, value, pointer, &template)?,
        }
    }
    if reader.out.parts.is_empty() {
        reader.out.push(Part { pointer: format!("{RESULT}/content"), ..template })?;
    }
    Ok(())
}

/// What the server says about itself. Its instructions may become part of a system prompt.
fn read_initialize(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            "protocolVersion" | "capabilities" | "serverInfo" => {
                reader.out.setting(value, pointer, &named(template, key))?;
            }
            "_meta" => reader.meta(value, pointer, template)?,
            key => reader.other(RESULT, key, value, pointer, template)?,
        }
    }
    Ok(())
}

fn read_prompt(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            "messages" => content::read_messages(reader, value, &pointer, template)?,
            "_meta" => reader.meta(value, pointer, template)?,
            key => reader.other(RESULT, key, value, pointer, template)?,
        }
    }
    Ok(())
}

fn read_resources(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            "contents" => content::read_resources(reader, value, &pointer, template)?,
            "_meta" => reader.meta(value, pointer, template)?,
            key => reader.other(RESULT, key, value, pointer, template)?,
        }
    }
    Ok(())
}

/// What the client's model answered to a server.
fn read_sampled(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            "content" => content::read(reader, value, &pointer, template)?,
            "_meta" => reader.meta(value, pointer, template)?,
            "model" | "role" | "stopReason" => reader.out.setting(value, pointer, &named(template, key))?,
            key => reader.other(RESULT, key, value, pointer, template)?,
        }
    }
    Ok(())
}

/// What the client's user told a server.
fn read_elicited(reader: &mut Reader<'_>, node: &Node<'_>, template: &Part) -> Result<(), SurfaceError> {
    let template = of_user(template);
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            "_meta" => reader.meta(value, pointer, &template)?,
            "action" => reader.out.setting(value, pointer, &named(&template, key))?,
            "content" => reader.out.inspect(value, pointer, &template)?,
            key => reader.other(RESULT, key, value, pointer, &template)?,
        }
    }
    Ok(())
}

fn of_user(template: &Part) -> Part {
    Part { role: Role::User, origin: Origin::User, ..template.clone() }
}
