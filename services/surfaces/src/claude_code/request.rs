//! The question: one event of the agent.

use parapet_domain::{Origin, Part, PartKind, Role, Stage};

use super::Form;
use super::event::{Event, SETTINGS};
use crate::collect::{Collector, fields, named};
use crate::document::{Document, Node, Shape, is_plain_key};
use crate::question::{self, Carried, Claims, Question};
use crate::{Draft, ParsedBody, SurfaceError};

/// Takes a hook's input apart.
///
/// # Errors
/// The body is no acceptable JSON, names no event, or is over a limit of [`crate::limits`].
pub fn parse_question(body: &[u8]) -> Result<Question, SurfaceError> {
    let document = Document::parse(body)?;
    let root = document.root();
    let mut out = Collector::new(&document);
    let Some(name) = out.label(root, "hook_event_name") else {
        return Err(SurfaceError::shape("", "has to be the input of a hook, with `hook_event_name`"));
    };
    let event = Event::of(&name);
    let template = template(&out, root, event.stage);
    for (key, value, pointer) in fields(root, "") {
        read_field(&mut out, key, value, pointer, &template)?;
    }
    if event.stage == Stage::ToolCall && !out.parts.iter().any(|part| part.kind == PartKind::ToolCall) {
        out.push(Part { pointer: "/tool_input".to_owned(), ..template.clone() })?;
    }
    let claims =
        Claims { principal: None, session: question::session(text(&document, root, "session_id"), "/session_id")? };
    let active = matches!(root.get("stop_hook_active").map(|node| &node.shape), Some(Shape::Bool(true)));
    let form = Form { event: name, told: event.told, active };
    let (not_inspected, not_inspected_total) = out.listing.finish();
    let events = vec![Draft::new(event.stage, out.parts)];
    let parsed = ParsedBody { events, not_inspected, not_inspected_total, stream: false, model: None };
    Ok(Question { parsed, claims, carried: carried(event, root), form: question::Form::ClaudeCode(form) })
}

/// Only an object can take the place of a tool's input.
fn carried(event: Event, root: &Node<'_>) -> Carried {
    match root.get("tool_input").map(|node| &node.shape) {
        Some(Shape::Object(_)) => event.carried(),
        _ if event.stage == Stage::ToolCall => Carried::Under(&[]),
        _ => event.carried(),
    }
}

fn text(document: &Document<'_>, root: &Node<'_>, key: &str) -> Option<String> {
    document.string(root.get(key)?).map(|text| text.into_owned())
}

/// Whose words the event's content is.
fn template(out: &Collector<'_>, root: &Node<'_>, stage: Stage) -> Part {
    let (tool, call_id) = (out.label(root, "tool_name"), out.label(root, "tool_use_id"));
    match stage {
        Stage::Input => Part::text(Role::User, Origin::User, ""),
        Stage::Output => Part::text(Role::Assistant, Origin::Model, ""),
        Stage::ToolCall => {
            Part { kind: PartKind::ToolCall, tool, call_id, ..Part::text(Role::Assistant, Origin::Model, "") }
        }
        Stage::ToolResult => {
            Part { kind: PartKind::ToolResult, tool, call_id, ..Part::text(Role::Tool, Origin::Tool, "") }
        }
    }
}

fn read_field(
    out: &mut Collector<'_>,
    key: &str,
    value: &Node<'_>,
    pointer: String,
    template: &Part,
) -> Result<(), SurfaceError> {
    let operator = Part::text(Role::Developer, Origin::Operator, "");
    match (key, template.kind) {
        ("tool_input", PartKind::ToolCall) | ("tool_response" | "error", PartKind::ToolResult) => match value.shape {
            Shape::Null => Ok(()),
            Shape::String => out.text(value, pointer, template),
            _ => out.json(value, pointer, template.kind, template),
        },
        // The call that led to a result was an event of its own, and nothing of it is released here.
        ("tool_input", PartKind::ToolResult) => Ok(()),
        (key, _) if SETTINGS.contains(&key) => out.setting(value, pointer, &named(&operator, key)),
        (key, _) if !is_plain_key(key) => {
            out.unknown("", key, value);
            Ok(())
        }
        (key, _) => out.inspect(value, pointer, &Part { kind: PartKind::Text, ..named(template, key) }),
    }
}
