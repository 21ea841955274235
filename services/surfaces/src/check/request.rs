//! The body of a check. Every mistake in it is told at once; a key that is not known is a mistake, since content under a
//! misspelt key would go unjudged.

use parapet_domain::fold::NotInspected;
use parapet_domain::{Principal, Stage};
use serde_json::{Map, Value};

use super::content;
use crate::collect::{Collector, fields};
use crate::document::{Document, Node, Shape};
use crate::error::clip;
use crate::{Draft, SurfaceError};

/// A check, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRequest {
    /// The event.
    pub draft: Draft,
    /// What in it no guard will see, such as the images of messages.
    pub not_inspected: Vec<NotInspected>,
    /// The agent that the caller names. To be used only when the credential may assert identity.
    pub agent: Option<String>,
    /// The user that the caller names. To be used only when the credential may assert identity.
    pub principal: Option<Principal>,
    /// Conversation.
    pub session: Option<String>,
}

impl CheckRequest {
    /// Whether the caller says who the agent or the user is, which needs the right `assert_identity`.
    #[must_use]
    pub const fn asserts_identity(&self) -> bool {
        self.agent.is_some() || self.principal.is_some()
    }
}

/// Keys that hold the content; a body has exactly one of them.
pub(super) const CONTENT: &[&str] = &["text", "parts", "messages", "tool_call", "tool_result"];

/// Takes a check apart.
///
/// # Errors
/// The body is no acceptable JSON, or [`SurfaceError::Fields`] with all that is wrong with it.
pub fn parse_request(body: &[u8]) -> Result<CheckRequest, SurfaceError> {
    let document = Document::parse(body)?;
    let root = document.root();
    if !matches!(root.shape, Shape::Object(_)) {
        return Err(SurfaceError::shape(
            "",
            "has to be an object with `stage` and `text`, `parts`, `messages`, `tool_call` or `tool_result`",
        ));
    }
    let mut complaints = Complaints { document: &document, list: Vec::new() };
    let (mut agent, mut session, mut principal) = (None, None, None);
    for (key, value, pointer) in fields(root, "") {
        match key {
            "stage" => {}
            "agent" => agent = complaints.string(value, &pointer),
            "session" => session = complaints.string(value, &pointer),
            "principal" => principal = read_principal(&mut complaints, value, &pointer),
            key if CONTENT.contains(&key) => {}
            key => complaints.unknown(
                "",
                key,
                "`stage`, `agent`, `session`, `principal`, `text`, `parts`, `messages`, `tool_call`, `tool_result`",
            ),
        }
    }
    let stage = read_stage(&mut complaints, root);
    let mut out = Collector::new(&document);
    let parts = content::read(&mut out, &mut complaints, root, stage)?;
    complaints.finish()?;
    let (not_inspected, _) = out.listing.finish();
    Ok(CheckRequest { draft: Draft::new(stage, parts), not_inspected, agent, principal, session })
}

/// The stage, which a tool call or result tells by itself.
fn read_stage(complaints: &mut Complaints<'_>, root: &Node<'_>) -> Stage {
    let implied = match (root.get("tool_call"), root.get("tool_result")) {
        (Some(_), None) => Some(Stage::ToolCall),
        (None, Some(_)) => Some(Stage::ToolResult),
        _ => None,
    };
    let Some(node) = root.get("stage") else {
        if implied.is_none() {
            complaints.add("`/stage` is missing: give `input`, `output`, `tool_call` or `tool_result`".to_owned());
        }
        return implied.unwrap_or(Stage::Input);
    };
    let word = complaints.document.string(node).unwrap_or_default();
    let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == word);
    match (stage, implied) {
        (None, _) => complaints.add(format!(
            "`/stage` is `{}`: give `input`, `output`, `tool_call` or `tool_result`",
            clip(complaints.document.raw(node).trim_matches('"').to_owned())
        )),
        (Some(stage), Some(implied)) if stage != implied => complaints.add(format!(
            "`/stage` is `{}`, but the body holds a `{}`: leave `stage` out or make them agree",
            stage.as_str(),
            implied.as_str()
        )),
        _ => {}
    }
    stage.or(implied).unwrap_or(Stage::Input)
}

/// Id, roles and attributes. How the identity was established is not the caller's to say.
fn read_principal(complaints: &mut Complaints<'_>, node: &Node<'_>, parent: &str) -> Option<Principal> {
    if matches!(node.shape, Shape::Null) {
        return None;
    }
    if !complaints.object(node, parent) {
        return None;
    }
    let (mut id, mut roles, mut attributes) = (None, Vec::new(), Map::new());
    for (key, value, pointer) in fields(node, parent) {
        match key {
            "id" => id = complaints.string(value, &pointer).filter(|id| !id.is_empty()),
            "roles" => roles = complaints.strings(value, &pointer),
            "attributes" => match complaints.document.value(value) {
                Some(Value::Object(map)) => attributes = map,
                _ => complaints.add(format!("`{}` has to be an object", clip(pointer))),
            },
            key => complaints.unknown(parent, key, "`id`, `roles`, `attributes`"),
        }
    }
    if id.is_none() {
        complaints.add(format!("`{parent}/id` has to be a non-empty string"));
    }
    Some(Principal {
        id: id?,
        roles,
        attributes,
        authenticated_by: parapet_domain::principal::AuthenticatedBy::Asserted,
    })
}

/// The mistakes so far. Bounded, as a body can hold any number.
pub(super) struct Complaints<'d> {
    pub(super) document: &'d Document<'d>,
    list: Vec<String>,
}

impl Complaints<'_> {
    const MOST: usize = 20;

    pub(super) fn add(&mut self, complaint: String) {
        if self.list.len() < Self::MOST {
            self.list.push(complaint);
        } else if self.list.len() == Self::MOST {
            self.list.push("and more: correct these first".to_owned());
        }
    }

    pub(super) fn unknown(&mut self, parent: &str, key: &str, known: &str) {
        let pointer = clip(crate::pointer::child(parent, key));
        self.add(format!("`{pointer}` is not known: remove it or use one of {known}"));
    }

    pub(super) fn string(&mut self, node: &Node<'_>, pointer: &str) -> Option<String> {
        let text = self.document.string(node);
        if text.is_none() && !matches!(node.shape, Shape::Null) {
            self.add(format!("`{}` has to be a string", clip(pointer.to_owned())));
        }
        text.map(|text| text.into_owned())
    }

    fn strings(&mut self, node: &Node<'_>, pointer: &str) -> Vec<String> {
        let texts = match &node.shape {
            Shape::Array(items) => items
                .iter()
                .map(|item| self.document.string(item).map(|text| text.into_owned()))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        if texts.is_none() {
            self.add(format!("`{}` has to be an array of strings", clip(pointer.to_owned())));
        }
        texts.unwrap_or_default()
    }

    pub(super) fn object(&mut self, node: &Node<'_>, pointer: &str) -> bool {
        let is_object = matches!(node.shape, Shape::Object(_));
        if !is_object {
            self.add(format!("`{}` has to be an object", clip(pointer.to_owned())));
        }
        is_object
    }

    fn finish(self) -> Result<(), SurfaceError> {
        if self.list.is_empty() { Ok(()) } else { Err(SurfaceError::Fields(self.list)) }
    }
}
