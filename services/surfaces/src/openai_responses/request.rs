//! A request: one input event with everything in it, and one tool result event for each result.

use parapet_domain::{Origin, Part, Role};

use super::item::Items;
use super::{content, settings};
use crate::collect::{Collector, fields, named};
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
        return Err(SurfaceError::shape("", "has to be an object with `model` and `input`"));
    }
    if root.get("input").is_none() && root.get("prompt").is_none() {
        return Err(SurfaceError::shape("", "has no `input`; give a string or an array of items"));
    }
    let operator = Part::text(Role::Developer, Origin::Operator, "");
    // These fields are often filled in from what a user gave, such as an account's name, so they get no more trust.
    let user = Part::text(Role::User, Origin::User, "");
    let mut stream = false;
    for (key, value, pointer) in fields(root, "") {
        let out = &mut drafts.out;
        match key {
            "input" => read_input(&mut drafts, value, &pointer, &user)?,
            "instructions" => content::read(out, value, &pointer, &named(&operator, key))?,
            "stream" => stream = out.flag(value, &pointer)?,
            "background" => refuse_background(out.flag(value, &pointer)?, &pointer)?,
            // Whoever runs the agent defines its tools. Their kind tells guards that do not trust where those come from.
            "tools" => tool_definitions::read(out, value, &pointer, &operator)?,
            "previous_response_id" | "conversation" => out.uninspectable("", key, value, STORED_ELSEWHERE),
            "prompt" => read_prompt(out, value, &pointer, &named(&user, key))?,
            key if settings::NAMING.contains(&key) => out.inspect_each(value, pointer, &named(&user, key))?,
            key if settings::REQUEST.contains(&key) => out.setting(value, pointer, &named(&operator, key))?,
            key => out.unknown("", key, value),
        }
    }
    Ok(drafts.into_request(stream))
}

fn read_input<'d>(drafts: &mut Drafts<'d>, node: &Node<'d>, parent: &str, user: &Part) -> Result<(), SurfaceError> {
    match &node.shape {
        Shape::String => drafts.out.text(node, parent.to_owned(), user),
        Shape::Array(items) if items.len() > MAX_MESSAGES => Err(SurfaceError::TooManyMessages),
        Shape::Array(items) => {
            let mut reader = Items::of_request();
            items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| reader.read(drafts, item, &pointer::item(parent, index)))
        }
        Shape::Null => Ok(()),
        _ => Err(SurfaceError::shape(parent, "has to be a string or an array of items")),
    }
}

/// The answer to such a request is fetched by another one, which no guard would see.
fn refuse_background(background: bool, pointer: &str) -> Result<(), SurfaceError> {
    let expected = "cannot be true here: the answer would be fetched later, past the guards; leave it out";
    if background { Err(SurfaceError::shape(pointer, expected)) } else { Ok(()) }
}

/// A prompt that the provider keeps, with what is filled into it here.
fn read_prompt(out: &mut Collector<'_>, node: &Node<'_>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
    if !matches!(node.shape, Shape::Object(_)) {
        return out.inspect(node, parent.to_owned(), template);
    }
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "id" => out.uninspectable(parent, key, value, STORED_ELSEWHERE),
            "version" => out.setting(value, pointer, &named(template, key))?,
            "variables" if matches!(value.shape, Shape::Object(_)) => {
                for (name, value, pointer) in fields(value, &pointer) {
                    content::read(out, value, &pointer, &named(template, name))?;
                }
            }
            key => out.unknown(parent, key, value),
        }
    }
    Ok(())
}
