//! The question: messages, plain texts, tools and tool calls of one request or one answer.

use std::collections::{HashMap, HashSet};

use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{Origin, Part, PartKind, Principal, Role, Stage};
use serde_json::Map;

use super::Form;
use crate::collect::{Collector, fields, named};
use crate::document::{Document, Node, Shape};
use crate::limits::MAX_EVENTS;
use crate::listing::IMAGE;
use crate::question::{self, Carried, Claims, Question};
use crate::{Draft, ParsedBody, SurfaceError, openai_chat, pointer, tool_definitions};

const MESSAGES: &str = "/structured_messages";
/// Where edits can be brought back: the client takes `texts` and `structured_messages` over, but no tool calls.
const CARRIED: Carried = Carried::Under(&["texts", "structured_messages"]);

/// Takes a question apart.
///
/// # Errors
/// The body is no acceptable JSON, not in LiteLLM's shape, or over a limit of [`crate::limits`].
pub fn parse_question(body: &[u8]) -> Result<Question, SurfaceError> {
    let document = Document::parse(body)?;
    let root = document.root();
    if !matches!(root.shape, Shape::Object(_)) {
        return Err(SurfaceError::shape("", "has to be an object with `input_type` and `texts`"));
    }
    let mut reader = Reader::new(&document, stage(&document, root)?);
    // The messages first: they say whose words the plain texts are.
    if let Some(messages) = root.get("structured_messages").filter(|node| !is_empty(node)) {
        reader.read_messages(messages)?;
    }
    for (key, value, pointer) in fields(root, "") {
        reader.read_field(key, value, pointer)?;
    }
    let model = root.get("model").and_then(|model| document.string(model)).map(|model| model.into_owned());
    let claims = Claims {
        principal: principal(&document, root),
        session: question::session(reader.out.label(root, "litellm_trace_id"), "/litellm_trace_id")?,
    };
    let (parsed, form) = reader.finish(model);
    Ok(Question { parsed, claims, carried: CARRIED, form: question::Form::Litellm(form) })
}

fn stage(document: &Document<'_>, root: &Node<'_>) -> Result<Stage, SurfaceError> {
    match root.get("input_type").and_then(|node| document.string(node)).as_deref() {
        Some("request") => Ok(Stage::Input),
        Some("response") => Ok(Stage::Output),
        _ => Err(SurfaceError::shape("/input_type", "has to be `request` or `response`")),
    }
}

/// The user that the proxy knows by its key, else the one that its caller names.
fn principal(document: &Document<'_>, root: &Node<'_>) -> Option<Principal> {
    let data = root.get("request_data")?;
    let id = ["user_api_key_user_id", "user_api_key_end_user_id"]
        .into_iter()
        .filter_map(|key| document.string(data.get(key)?))
        .find(|id| !id.is_empty())?;
    Some(Principal {
        id: id.into_owned(),
        roles: Vec::new(),
        attributes: Map::new(),
        authenticated_by: AuthenticatedBy::Asserted,
    })
}

fn is_empty(node: &Node<'_>) -> bool {
    matches!(&node.shape, Shape::Null) || matches!(&node.shape, Shape::Array(items) if items.is_empty())
}

struct Reader<'d> {
    out: Collector<'d>,
    stage: Stage,
    template: Part,
    /// Results of tools in the history, and calls of an answer: each an event of its own.
    more: Vec<Draft>,
    /// Pointer of the value that first had a text.
    known: HashMap<String, String>,
    /// Tool calls of the history, by tool and arguments.
    calls: HashSet<(Option<String>, String)>,
    form: Form,
}

impl<'d> Reader<'d> {
    fn new(document: &'d Document<'d>, stage: Stage) -> Self {
        let template = match stage {
            Stage::Output => Part::text(Role::Assistant, Origin::Model, ""),
            _ => Part::text(Role::User, Origin::User, ""),
        };
        Self {
            out: Collector::new(document),
            stage,
            template,
            more: Vec::new(),
            known: HashMap::new(),
            calls: HashSet::new(),
            form: Form::default(),
        }
    }

    fn read_messages(&mut self, node: &Node<'_>) -> Result<(), SurfaceError> {
        self.more = openai_chat::read_messages(&mut self.out, node, MESSAGES)?;
        for part in self.out.parts.iter().chain(self.more.iter().flat_map(|draft| &draft.parts)) {
            if part.kind == PartKind::ToolCall {
                self.calls.insert((part.tool.clone(), part.text.clone()));
            }
            self.known.entry(part.text.clone()).or_insert_with(|| part.pointer.clone());
            self.form.lone.push(part.pointer.clone());
        }
        Ok(())
    }

    fn read_field(&mut self, key: &str, value: &Node<'d>, pointer: String) -> Result<(), SurfaceError> {
        let operator = Part::text(Role::Developer, Origin::Operator, "");
        match key {
            "structured_messages" => Ok(()),
            "texts" => self.read_texts(value, &pointer),
            "tool_calls" => self.read_calls(value, &pointer),
            "tools" => tool_definitions::read(&mut self.out, value, &pointer, &operator),
            "images" => {
                self.out.uninspectable("", key, value, IMAGE);
                Ok(())
            }
            // What the proxy knows about its caller, and what the operator or the caller tells the guardrail.
            "request_data" | "additional_provider_specific_params" if matches!(value.shape, Shape::Object(_)) => {
                fields(value, &pointer)
                    .try_for_each(|(key, value, pointer)| self.out.setting(value, pointer, &named(&self.template, key)))
            }
            // As on every other surface, no guard sees a header.
            "request_headers" => Ok(()),
            "input_type" | "litellm_call_id" | "litellm_trace_id" | "litellm_version" | "model" => {
                self.out.setting(value, pointer, &named(&operator, key))
            }
            key => {
                self.out.unknown("", key, value);
                Ok(())
            }
        }
    }

    fn read_texts(&mut self, node: &Node<'d>, parent: &str) -> Result<(), SurfaceError> {
        if is_empty(node) {
            return Ok(());
        }
        for (index, item) in self.out.items(node, parent)?.iter().enumerate() {
            let pointer = pointer::item(parent, index);
            let text = self.out.document.string(item);
            let text = text.ok_or_else(|| SurfaceError::shape(&pointer, "has to be a string"))?;
            match self.known.get(text.as_ref()) {
                Some(original) => self.form.copies.push((index, original.clone())),
                None => self.out.text(item, pointer, &self.template)?,
            }
        }
        Ok(())
    }

    /// The calls of an answer are events; those of a request repeat the history.
    fn read_calls(&mut self, node: &Node<'d>, parent: &str) -> Result<(), SurfaceError> {
        if is_empty(node) {
            return Ok(());
        }
        let template = Part::text(Role::Assistant, Origin::Model, "");
        for (index, item) in self.out.items(node, parent)?.iter().enumerate() {
            let before = self.out.parts.len();
            openai_chat::read_tool_call(&mut self.out, item, &pointer::item(parent, index), &template)?;
            let parts = self.out.parts.split_off(before);
            if self.stage == Stage::Output {
                if self.more.len() + 1 >= MAX_EVENTS {
                    return Err(SurfaceError::TooManyEvents);
                }
                self.more.push(Draft::new(Stage::ToolCall, parts));
            } else {
                let new = |part: &Part| !self.calls.contains(&(part.tool.clone(), part.text.clone()));
                self.out.parts.extend(parts.into_iter().filter(new));
            }
        }
        Ok(())
    }

    fn finish(self, model: Option<String>) -> (ParsedBody, Form) {
        let Self { out, stage, more, mut form, .. } = self;
        form.lone.retain(|pointer| !form.copies.iter().any(|(_, original)| original == pointer));
        let mut events = Vec::with_capacity(more.len() + 1);
        // An answer of tool calls alone has no text to judge.
        if !out.parts.is_empty() || more.is_empty() || stage == Stage::Input {
            events.push(Draft::new(stage, out.parts));
        }
        events.extend(more);
        let (not_inspected, not_inspected_total) = out.listing.finish();
        (ParsedBody { events, not_inspected, not_inspected_total, stream: false, model }, form)
    }
}
