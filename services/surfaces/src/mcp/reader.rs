//! From a message to drafts of events. Whatever holds text becomes a part, or is listed as not inspected.

use parapet_domain::{Origin, Part, PartKind, Role, Stage};

use super::{Kind, McpError, Message, offer, request, result};
use crate::collect::{Collector, fields, named};
use crate::document::{Node, is_plain_key};
use crate::listing::UNMAPPED_FIELD;
use crate::{Draft, ParsedBody, SurfaceError};

/// Who sent a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The agent's side.
    Client,
    /// The tool server.
    Server,
}

/// The request that a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// The tool that it called.
    pub tool: Option<String>,
}

/// A message, taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParsedMessage {
    /// The events. None when the message holds no content, such as a `ping`.
    pub body: ParsedBody,
    /// Where the message is a list of offers: the array's pointer, and for each event the index of its item, if it is about one.
    pub offers: Option<(String, Vec<Option<usize>>)>,
    /// The version of the protocol that an `initialize` result settles on.
    pub version: Option<String>,
}

impl Message<'_> {
    /// Takes the message apart. `asked` is the request that it answers; without one an answer is read as one of a method
    /// that is not known: all of it is judged as one piece of JSON.
    ///
    /// # Errors
    /// A known method's fields have another shape, or a limit of [`crate::limits`] is reached.
    pub fn take_apart(&self, sender: Sender, asked: Option<&Asked>) -> Result<ParsedMessage, McpError> {
        let known = match self.kind() {
            Kind::Request { id, .. } => Some(id.clone()),
            _ => None,
        };
        self.read(sender, asked).map_err(|error| match error {
            SurfaceError::Shape { .. } => McpError::Invalid { problem: error.to_string(), id: known },
            other => McpError::Body(other),
        })
    }

    fn read(&self, sender: Sender, asked: Option<&Asked>) -> Result<ParsedMessage, SurfaceError> {
        let mut reader = Reader { out: Collector::new(&self.document), sender, drafts: Vec::new(), items: Vec::new() };
        let root = self.document.root();
        let mut parsed = ParsedMessage::default();
        match self.kind() {
            Kind::Request { id, method } => {
                request::read(&mut reader, method, Some(&id.label()), root.get("params"))?;
            }
            Kind::Notification { method } => request::read(&mut reader, method, None, root.get("params"))?,
            Kind::Response { id } => {
                let method = asked.map_or("", |asked| asked.method.as_str());
                let template = reader.answer_template(asked, &id.label());
                if let Some(error) = root.get("error") {
                    result::read_error(&mut reader, error, &template)?;
                } else if let Some(node) = root.get("result") {
                    let list = (sender == Sender::Server).then(|| offer::list_of(method)).flatten();
                    if let Some(list) = list {
                        offer::read(&mut reader, node, list, &template)?;
                        parsed.offers = Some((format!("/result/{}", list.key), std::mem::take(&mut reader.items)));
                    } else {
                        result::read(&mut reader, method, node, &template)?;
                    }
                    let settles = method == super::method::INITIALIZE && sender == Sender::Server;
                    parsed.version = reader.out.label(node, "protocolVersion").filter(|_| settles);
                }
            }
        }
        let (not_inspected, not_inspected_total) = reader.out.listing.finish();
        if reader.drafts.is_empty() && !not_inspected.is_empty() {
            // What was not inspected has to be decided on too.
            let stage = if sender == Sender::Client { Stage::Output } else { Stage::ToolResult };
            reader.drafts.push(Draft::new(stage, Vec::new()));
        }
        parsed.body = ParsedBody { events: reader.drafts, not_inspected, not_inspected_total, ..ParsedBody::default() };
        Ok(parsed)
    }
}

/// What has been read so far.
pub(super) struct Reader<'d> {
    pub(super) out: Collector<'d>,
    pub(super) sender: Sender,
    pub(super) drafts: Vec<Draft>,
    /// For each draft of a list, the index of its item.
    pub(super) items: Vec<Option<usize>>,
}

impl Reader<'_> {
    /// Makes an event of the parts since the last one, if there are any.
    pub(super) fn event(&mut self, stage: Stage) {
        let parts = std::mem::take(&mut self.out.parts);
        if !parts.is_empty() {
            self.drafts.push(Draft::new(stage, parts));
        }
    }

    /// Parts of what the sender says of its own accord.
    pub(super) fn template(&self) -> Part {
        match self.sender {
            Sender::Client => Part::text(Role::Assistant, Origin::Model, ""),
            Sender::Server => Part::text(Role::Tool, Origin::Tool, ""),
        }
    }

    fn answer_template(&self, asked: Option<&Asked>, id: &str) -> Part {
        let tool = asked.and_then(|asked| asked.tool.clone());
        let kind = if tool.is_some() { PartKind::ToolResult } else { PartKind::Text };
        Part { kind, tool, call_id: Some(id.to_owned()), ..self.template() }
    }

    /// Inspects `_meta`, unless it holds no more than the token for progress.
    pub(super) fn meta(&mut self, node: &Node<'_>, pointer: String, template: &Part) -> Result<(), SurfaceError> {
        let token_alone =
            node.members().iter().all(|(key, value)| key == "progressToken" && self.out.document.is_plain(value));
        if token_alone && !node.members().is_empty() {
            return Ok(());
        }
        self.out.inspect(node, pointer, &named(template, "_meta"))
    }

    /// Inspects a field that nothing more is known of. A key that is no plain word may be content itself, and is listed.
    pub(super) fn other(
        &mut self,
        parent: &str,
        key: &str,
        node: &Node<'_>,
        pointer: String,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        if is_plain_key(key) {
            self.out.inspect(node, pointer, &named(template, key))
        } else {
            self.out.listing.add(parent, key, UNMAPPED_FIELD);
            Ok(())
        }
    }

    /// Inspects a whole object as one piece of JSON, unless it holds nothing, or nothing but a token for progress.
    pub(super) fn whole(&mut self, node: &Node<'_>, pointer: &str, template: &Part) -> Result<(), SurfaceError> {
        let only_meta = node.members().iter().all(|(key, _)| key == "_meta");
        if only_meta {
            return fields(node, pointer).try_for_each(|(_, value, place)| self.meta(value, place, template));
        }
        self.out.inspect(node, pointer.to_owned(), template)
    }
}
