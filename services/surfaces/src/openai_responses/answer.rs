//! An answer: one output event with all that the model said, one event for each call and each result of a tool that the
//! provider ran. The answer repeats much of its request, and all of that is inspected again.

use parapet_domain::{Origin, Part, Role};

use super::item::Items;
use super::{content, settings};
use crate::collect::{fields, named};
use crate::document::Document;
use crate::drafts::Drafts;
use crate::listing::LOGPROBS;
use crate::{ParsedBody, SurfaceError, pointer, tool_definitions};

/// Takes an answer apart: a response, or the error object that a server sends instead.
pub(crate) fn parse_answer(body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let mut drafts = Drafts::new(&document);
    let root = document.root();
    if root.get("output").is_none() && root.get("error").is_none() {
        return Err(SurfaceError::shape("", "has to be an object with `output`"));
    }
    let template = Part::text(Role::Assistant, Origin::Model, "");
    let operator = Part::text(Role::Developer, Origin::Operator, "");
    let user = Part::text(Role::User, Origin::User, "");
    let mut items = Items::of_answer();
    for (key, value, pointer) in fields(root, "") {
        let out = &mut drafts.out;
        match key {
            "output" => {
                for (index, item) in out.items(value, &pointer)?.iter().enumerate() {
                    items.read(&mut drafts, item, &pointer::item(&pointer, index))?;
                }
            }
            "error" | "output_text" => out.inspect(value, pointer, &named(&template, key))?,
            "instructions" => content::read(out, value, &pointer, &named(&operator, key))?,
            "tools" => tool_definitions::read(out, value, &pointer, &operator)?,
            "prompt" => out.inspect(value, pointer, &named(&user, key))?,
            "logprobs" => out.uninspectable("", key, value, LOGPROBS),
            key if settings::NAMING.contains(&key) => out.inspect(value, pointer, &named(&user, key))?,
            key if settings::ANSWER.contains(&key) => out.setting(value, pointer, &named(&template, key))?,
            key => out.unknown("", key, value),
        }
    }
    Ok(drafts.into_answer())
}
