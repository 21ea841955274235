//! A request: one input event with everything in it, and one tool result event for each result.

use parapet_domain::{Origin, Part, Role};

use super::block::Blocks;
use super::{content, settings};
use crate::collect::{fields, named};
use crate::document::{Document, Node, Shape};
use crate::drafts::Drafts;
use crate::limits::MAX_MESSAGES;
use crate::listing::STORED_ELSEWHERE;
use crate::{ParsedBody, SurfaceError, pointer, tool_definitions};

/// Takes a request apart.
pub(crate) fn parse_request(body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let mut drafts = Drafts::new(&document);
    let root = document.root();
    if !matches!(root.shape, Shape::Object(_)) {
        return Err(SurfaceError::shape("", "has to be an object with `model`, `max_tokens` and `messages`"));
    }
    if root.get("messages").is_none() {
        return Err(SurfaceError::shape("", "has no `messages`; give an array of messages"));
    }
    let operator = Part::text(Role::System, Origin::Operator, "");
    // These fields are often filled in from what a user gave, such as an account's name, so they get no more trust.
    let user = Part::text(Role::User, Origin::User, "");
    let mut stream = false;
    for (key, value, pointer) in fields(root, "") {
        let out = &mut drafts.out;
        match key {
            "messages" => read_messages(&mut drafts, value, &pointer)?,
            "system" => content::read(out, value, &pointer, &operator)?,
            "stream" => stream = out.flag(value, &pointer)?,
            // Whoever runs the agent defines its tools. Their kind tells guards that do not trust where those come from.
            "tools" => {
                tool_definitions::read(out, value, &pointer, &Part { role: Role::Developer, ..operator.clone() })?
            }
            "mcp_servers" => out.inspect_each(value, pointer, &named(&operator, key))?,
            // Files and state of earlier runs, at the provider.
            "container" => out.uninspectable("", key, value, STORED_ELSEWHERE),
            key if settings::REQUEST_CONTENT.contains(&key) => out.inspect_each(value, pointer, &named(&user, key))?,
            key if settings::REQUEST.contains(&key) => out.setting(value, pointer, &named(&operator, key))?,
            key => out.unknown("", key, value),
        }
    }
    Ok(drafts.into_request(stream))
}

fn read_messages<'d>(drafts: &mut Drafts<'d>, node: &Node<'d>, parent: &str) -> Result<(), SurfaceError> {
    let Shape::Array(items) = &node.shape else {
        return Err(SurfaceError::shape(parent, "has to be an array of messages"));
    };
    if items.is_empty() {
        return Err(SurfaceError::shape(parent, "has to hold at least one message"));
    }
    if items.len() > MAX_MESSAGES {
        return Err(SurfaceError::TooManyMessages);
    }
    let mut blocks = Blocks::of_request();
    for (index, item) in items.iter().enumerate() {
        read_message(drafts, &mut blocks, item, &pointer::item(parent, index))?;
    }
    Ok(())
}

fn read_message<'d>(
    drafts: &mut Drafts<'d>,
    blocks: &mut Blocks,
    node: &Node<'d>,
    parent: &str,
) -> Result<(), SurfaceError> {
    if !matches!(node.shape, Shape::Object(_)) {
        return Err(SurfaceError::shape(parent, "has to be a message with `role` and `content`"));
    }
    let role = node.get("role").and_then(|role| drafts.out.document.string(role)).unwrap_or_default();
    let template = match role.as_ref() {
        "assistant" => Part::text(Role::Assistant, Origin::Model, ""),
        "system" => Part::text(Role::System, Origin::Operator, ""),
        // A role that is not known gets the least trust.
        _ => Part::text(Role::User, Origin::User, ""),
    };
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "content" => blocks.read(drafts, value, &pointer, &template)?,
            key if settings::MESSAGE.contains(&key) => drafts.out.setting(value, pointer, &named(&template, key))?,
            key => drafts.out.unknown(parent, key, value),
        }
    }
    Ok(())
}
