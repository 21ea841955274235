//! An answer: one output event with all that the model said, one event for each tool use and each result of a tool that the
//! provider ran.

use parapet_domain::{Origin, Part, Role};

use super::block::Blocks;
use super::settings;
use crate::collect::{fields, named};
use crate::document::Document;
use crate::drafts::Drafts;
use crate::{ParsedBody, SurfaceError};

/// Takes an answer apart: a message, or the error object that a server sends instead.
pub(crate) fn parse_answer(body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let mut drafts = Drafts::new(&document);
    let root = document.root();
    if root.get("content").is_none() && root.get("error").is_none() {
        return Err(SurfaceError::shape("", "has to be an object with `content`"));
    }
    let template = Part::text(Role::Assistant, Origin::Model, "");
    for (key, value, pointer) in fields(root, "") {
        let out = &mut drafts.out;
        match key {
            "content" => Blocks::of_answer().read(&mut drafts, value, &pointer, &template)?,
            key if settings::ANSWER_CONTENT.contains(&key) => out.inspect(value, pointer, &named(&template, key))?,
            key if settings::ANSWER.contains(&key) => out.setting(value, pointer, &named(&template, key))?,
            key => out.unknown("", key, value),
        }
    }
    Ok(drafts.into_answer())
}
