//! A chat completion request: one input event with everything in it, and one tool result event for each tool message.

use std::collections::HashMap;

use parapet_domain::{Origin, Part, PartKind, Role, Stage};

use super::{content, settings, tool_call};
use crate::collect::{Collector, fields, named};
use crate::document::{Document, Node, Shape};
use crate::limits::{MAX_EVENTS, MAX_MESSAGES};
use crate::{Draft, ParsedBody, SurfaceError, pointer, tool_definitions};

/// Takes a request apart.
///
/// # Errors
/// The body is no acceptable JSON, no chat request, or over a limit of [`crate::limits`].
pub fn parse_request(body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let mut out = Collector::new(&document);
    let root = document.root();
    if !matches!(root.shape, Shape::Object(_)) {
        return Err(SurfaceError::shape("", "has to be an object with `model` and `messages`"));
    }
    let operator = Part::text(Role::Developer, Origin::Operator, "");
    // These fields are often filled in from what a user gave, such as an account's name, so they get no more trust.
    let user = Part::text(Role::User, Origin::User, "");
    let mut results = None;
    let mut stream = false;
    for (key, value, pointer) in fields(root, "") {
        match key {
            "messages" => results = Some(read_messages(&mut out, value, &pointer)?),
            "stream" => stream = out.flag(value, &pointer)?,
            // Whoever runs the agent defines its tools. Their kind tells guards that do not trust where those come from.
            "tools" | "functions" => tool_definitions::read(&mut out, value, &pointer, &operator)?,
            "prediction" => read_prediction(&mut out, value, &pointer)?,
            key if settings::REQUEST_CONTENT.contains(&key) => out.inspect_each(value, pointer, &named(&user, key))?,
            key if settings::REQUEST.contains(&key) => out.setting(value, pointer, &named(&operator, key))?,
            key => out.unknown("", key, value),
        }
    }
    let results = results.ok_or_else(|| SurfaceError::shape("", "has no `messages`; give an array of messages"))?;
    let mut events = vec![Draft::new(Stage::Input, std::mem::take(&mut out.parts))];
    events.extend(results);
    let (not_inspected, not_inspected_total) = out.listing.finish();
    let model = root.get("model").and_then(|model| document.string(model)).map(|model| model.into_owned());
    Ok(ParsedBody { events, not_inspected, not_inspected_total, stream, model })
}

/// Reads `messages`: parts go to `out`, tool messages become drafts of their own.
pub(crate) fn read_messages(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
) -> Result<Vec<Draft>, SurfaceError> {
    let Shape::Array(items) = &node.shape else {
        return Err(SurfaceError::shape(parent, "has to be an array of messages"));
    };
    if items.is_empty() {
        return Err(SurfaceError::shape(parent, "has to hold at least one message"));
    }
    if items.len() > MAX_MESSAGES {
        return Err(SurfaceError::TooManyMessages);
    }
    let mut reader = MessageReader::default();
    for (index, item) in items.iter().enumerate() {
        reader.read(out, item, &pointer::item(parent, index))?;
    }
    Ok(reader.results)
}

#[derive(Default)]
struct MessageReader {
    results: Vec<Draft>,
    /// Tool names by call id, so that a result can say which tool gave it.
    tools: HashMap<String, String>,
}

impl MessageReader {
    fn read(&mut self, out: &mut Collector<'_>, node: &Node<'_>, parent: &str) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_)) {
            return Err(SurfaceError::shape(parent, "has to be a message with `role` and `content`"));
        }
        let role = node.get("role").and_then(|role| out.document.string(role)).unwrap_or_default();
        match role.as_ref() {
            "system" => self.read_fields(out, node, parent, &Part::text(Role::System, Origin::Operator, "")),
            "developer" => self.read_fields(out, node, parent, &Part::text(Role::Developer, Origin::Operator, "")),
            "assistant" => self.read_fields(out, node, parent, &Part::text(Role::Assistant, Origin::Model, "")),
            "tool" | "function" => self.read_result(out, node, parent),
            // A role that is not known gets the least trust.
            _ => self.read_fields(out, node, parent, &Part::text(Role::User, Origin::User, "")),
        }
    }

    fn read_fields(
        &mut self,
        out: &mut Collector<'_>,
        node: &Node<'_>,
        parent: &str,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "content" => content::read(out, value, &pointer, template)?,
                "refusal" | "reasoning_content" | "reasoning" => {
                    content::read(out, value, &pointer, &named(template, key))?
                }
                // The name of a tool is in each part's `tool`.
                "name" if template.kind == PartKind::ToolResult => {
                    out.setting(value, pointer, &named(template, key))?
                }
                key if settings::MESSAGE_CONTENT.contains(&key) => {
                    out.inspect(value, pointer, &named(template, key))?
                }
                "tool_calls" => self.read_calls(out, value, &pointer, template)?,
                "function_call" if matches!(value.shape, Shape::Object(_)) => {
                    tool_call::read_function(out, value, &pointer, template)?;
                }
                "audio" => out.setting(value, pointer, &named(template, key))?,
                key if settings::MESSAGE.contains(&key) => out.setting(value, pointer, &named(template, key))?,
                key => out.unknown(parent, key, value),
            }
        }
        Ok(())
    }

    fn read_calls(
        &mut self,
        out: &mut Collector<'_>,
        node: &Node<'_>,
        parent: &str,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        if matches!(node.shape, Shape::Null) {
            return Ok(());
        }
        for (index, item) in out.items(node, parent)?.iter().enumerate() {
            if let (Some(id), Some(tool)) = tool_call::read(out, item, &pointer::item(parent, index), template)? {
                self.tools.insert(id, tool);
            }
        }
        Ok(())
    }

    /// A tool message: an event of its own, with a part even when the tool gave nothing back.
    fn read_result(&mut self, out: &mut Collector<'_>, node: &Node<'_>, parent: &str) -> Result<(), SurfaceError> {
        if self.results.len() + 1 >= MAX_EVENTS {
            return Err(SurfaceError::TooManyEvents);
        }
        let call_id = out.label(node, "tool_call_id");
        let tool = out.label(node, "name").or_else(|| self.tools.get(call_id.as_ref()?).cloned());
        let template = Part { kind: PartKind::ToolResult, tool, call_id, ..Part::text(Role::Tool, Origin::Tool, "") };
        let before = out.parts.len();
        self.read_fields(out, node, parent, &template)?;
        if !out.parts.iter().skip(before).any(|part| part.pointer.starts_with(&format!("{parent}/content"))) {
            out.push(Part { pointer: pointer::child(parent, "content"), ..template })?;
        }
        self.results.push(Draft::new(Stage::ToolResult, out.parts.split_off(before)));
        Ok(())
    }
}

/// Text that the caller expects in the answer, such as a file under edit: it comes from the user's side.
fn read_prediction(out: &mut Collector<'_>, node: &Node<'_>, parent: &str) -> Result<(), SurfaceError> {
    let template = named(&Part::text(Role::User, Origin::User, ""), "prediction");
    if !matches!(node.shape, Shape::Object(_)) {
        return out.inspect(node, parent.to_owned(), &template);
    }
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "content" => content::read(out, value, &pointer, &template)?,
            "type" => out.setting(value, pointer, &template)?,
            key => out.unknown(parent, key, value),
        }
    }
    Ok(())
}
