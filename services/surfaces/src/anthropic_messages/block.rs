//! The content blocks of one message: tool uses and tool results by their type, all else by its fields.

use std::collections::HashMap;

use parapet_domain::{Part, Stage};

use super::{content, tool};
use crate::SurfaceError;
use crate::document::{Node, Shape};
use crate::drafts::Drafts;
use crate::pointer;

/// Reads content blocks, and keeps the tools' names by call id, so that a result can say which tool gave it.
pub(super) struct Blocks {
    tools: HashMap<String, String>,
    /// In an answer a tool use is an event; in a request it is history, and part of the input.
    calls_apart: bool,
}

impl Blocks {
    pub(super) fn of_request() -> Self {
        Self { tools: HashMap::new(), calls_apart: false }
    }

    pub(super) fn of_answer() -> Self {
        Self { tools: HashMap::new(), calls_apart: true }
    }

    /// Reads `content`: a string, or blocks.
    pub(super) fn read<'d>(
        &mut self,
        drafts: &mut Drafts<'d>,
        node: &Node<'d>,
        parent: &str,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        match &node.shape {
            Shape::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.read_block(drafts, item, &pointer::item(parent, index), template)),
            _ => self.read_block(drafts, node, parent, template),
        }
    }

    fn read_block<'d>(
        &mut self,
        drafts: &mut Drafts<'d>,
        node: &Node<'d>,
        parent: &str,
        template: &Part,
    ) -> Result<(), SurfaceError> {
        let kind = content::kind(&drafts.out, node);
        if is_tool_use(&kind) {
            if let (Some(id), Some(name)) = (drafts.out.label(node, "id"), drafts.out.label(node, "name")) {
                self.tools.insert(id, name);
            }
            if self.calls_apart {
                return drafts.apart(Stage::ToolCall, |out| tool::read_use(out, node, parent, template));
            }
            return tool::read_use(&mut drafts.out, node, parent, template);
        }
        if is_tool_result(&kind) {
            return drafts.apart(Stage::ToolResult, |out| tool::read_result(out, node, parent, &kind, &self.tools));
        }
        let mark = drafts.mark();
        content::read(&mut drafts.out, node, parent, template)?;
        // The provider takes the text back only as it was signed, and reads the whole thought out of the signature.
        let signature = node.get("signature").filter(|signature| drafts.out.document.carries_content(signature));
        if node.get("thinking").is_some() && signature.is_some() {
            drafts.signed(parent, mark);
        }
        Ok(())
    }
}

/// `tool_use`, and those that the provider runs itself, such as `server_tool_use`.
pub(super) fn is_tool_use(kind: &str) -> bool {
    kind == "tool_use" || kind.ends_with("_tool_use")
}

/// `tool_result`, and those of the provider's own tools, such as `web_search_tool_result`.
fn is_tool_result(kind: &str) -> bool {
    kind == "tool_result" || kind.ends_with("_tool_result")
}
