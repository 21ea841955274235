//! The items of a request's input and of an answer's output: messages, thoughts, calls, results, and what else the protocol
//! keeps in a conversation.

use std::borrow::Cow;
use std::collections::HashMap;

use parapet_domain::{Origin, Part, Role, Stage};

use super::{call, content};
use crate::SurfaceError;
use crate::collect::{fields, named};
use crate::document::{Node, Shape};
use crate::drafts::Drafts;
use crate::listing::STORED_ELSEWHERE;
use crate::pointer;

/// Reads items, and keeps the tools' names by call id, so that a result can say which tool gave it.
pub(super) struct Items {
    tools: HashMap<String, String>,
    /// In an answer a call is an event; in a request it is history, and part of the input.
    calls_apart: bool,
}

impl Items {
    pub(super) fn of_request() -> Self {
        Self { tools: HashMap::new(), calls_apart: false }
    }

    pub(super) fn of_answer() -> Self {
        Self { tools: HashMap::new(), calls_apart: true }
    }

    pub(super) fn read<'d>(
        &mut self,
        drafts: &mut Drafts<'d>,
        node: &Node<'d>,
        parent: &str,
    ) -> Result<(), SurfaceError> {
        let model = Part::text(Role::Assistant, Origin::Model, "");
        let user = Part::text(Role::User, Origin::User, "");
        let kind = content::kind(&drafts.out, node);
        match kind.as_ref() {
            "reasoning" => content::read(&mut drafts.out, node, parent, &named(&model, "reasoning")),
            "compaction" | "mcp_list_tools" => content::read(&mut drafts.out, node, parent, &model),
            "item_reference" => read_reference(drafts, node, parent, &user),
            kind if call::is_call(kind) => self.read_call(drafts, node, parent, kind, &model),
            kind if call::is_result(kind) => {
                drafts.apart(Stage::ToolResult, |out| call::read_result(out, node, parent, kind, &self.tools))
            }
            "message" | "" => read_message(drafts, node, parent, &message_template(drafts, node, &user)),
            // What is not known gets the least trust, and its fields are listed.
            _ => content::read(&mut drafts.out, node, parent, if self.calls_apart { &model } else { &user }),
        }
    }

    fn read_call<'d>(
        &mut self,
        drafts: &mut Drafts<'d>,
        node: &Node<'d>,
        parent: &str,
        kind: &str,
        model: &Part,
    ) -> Result<(), SurfaceError> {
        let call = call::template(&drafts.out, node, kind, model);
        if let (Some(id), Some(tool)) = (&call.call_id, &call.tool) {
            self.tools.insert(id.clone(), tool.clone());
        }
        if self.calls_apart {
            drafts.apart(Stage::ToolCall, |out| call::read(out, node, parent, &call))?;
        } else {
            call::read(&mut drafts.out, node, parent, &call)?;
        }
        if call::has_result(&drafts.out, node) {
            drafts.apart(Stage::ToolResult, |out| call::read_own_result(out, node, parent, &call))?;
        }
        Ok(())
    }
}

fn message_template(drafts: &Drafts<'_>, node: &Node<'_>, user: &Part) -> Part {
    let role = node.get("role").and_then(|role| drafts.out.document.string(role));
    match role.as_ref().map(Cow::as_ref) {
        Some("system") => Part::text(Role::System, Origin::Operator, ""),
        Some("developer") => Part::text(Role::Developer, Origin::Operator, ""),
        Some("assistant") => Part::text(Role::Assistant, Origin::Model, ""),
        // A role that is not known gets the least trust.
        _ => user.clone(),
    }
}

/// A message, of which each part goes with what says it over again token by token.
fn read_message<'d>(
    drafts: &mut Drafts<'d>,
    node: &Node<'d>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    if !matches!(node.shape, Shape::Object(_)) {
        return Err(SurfaceError::shape(
            parent,
            "has to be an item with `type`, or a message with `role` and `content`",
        ));
    }
    for (key, value, place) in fields(node, parent) {
        match &value.shape {
            Shape::Array(parts) if key == "content" => {
                for (index, part) in parts.iter().enumerate() {
                    let (place, mark) = (pointer::item(&place, index), drafts.mark());
                    content::read(&mut drafts.out, part, &place, template)?;
                    if part.get("logprobs").is_some() {
                        drafts.echo(&pointer::child(&place, "logprobs"), mark);
                    }
                }
            }
            _ => content::read_field(&mut drafts.out, "message", parent, key, value, template)?,
        }
    }
    Ok(())
}

/// Content of an earlier exchange, named and not given.
fn read_reference(drafts: &mut Drafts<'_>, node: &Node<'_>, parent: &str, user: &Part) -> Result<(), SurfaceError> {
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "id" => drafts.out.uninspectable(parent, key, value, STORED_ELSEWHERE),
            "type" => drafts.out.setting(value, pointer, &named(user, key))?,
            key => drafts.out.unknown(parent, key, value),
        }
    }
    Ok(())
}
