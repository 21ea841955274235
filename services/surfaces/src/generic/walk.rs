//! One walk over the body along the mapping. Every value ends as a part, as ignored, as a list entry, or holds no content.

use parapet_domain::{Origin, Part, PartKind, Role, Stage};

use super::mapping::{Action, Branch, GenericMapping, PartMapping};
use crate::SurfaceError;
use crate::collect::{Collector, fields};
use crate::document::{Document, Node, Shape, is_plain_key};
use crate::error::clip_to;
use crate::limits::{MAX_LABEL_CHARS, MAX_POINTER_BYTES};
use crate::listing::{OBJECT_KEY, UNMAPPED_FIELD};
use crate::pointer;

/// Parts and list of the body.
pub(super) fn walk<'d>(document: &'d Document<'d>, mapping: &GenericMapping) -> Result<Collector<'d>, SurfaceError> {
    let templates = mapping.parts().iter().map(|part| template(document, mapping.stage(), part)).collect();
    let found = vec![false; mapping.parts().len()];
    let mut walker = Walker { out: Collector::new(document), templates, found };
    walker.visit(document.root(), "", "", &[&mapping.root])?;
    let missing = mapping.parts().iter().zip(&walker.found).filter(|(part, found)| part.required && !**found);
    let complaints: Vec<String> = missing
        .map(|(part, _)| {
            format!(
                "the body has no `{}`, which the route reads as `{}`; give it, or set `required = false`",
                part.pointer, part.name
            )
        })
        .collect();
    if complaints.is_empty() { Ok(walker.out) } else { Err(SurfaceError::Fields(complaints)) }
}

struct Walker<'d> {
    out: Collector<'d>,
    templates: Vec<Part>,
    found: Vec<bool>,
}

impl Walker<'_> {
    /// Visits the value at `pointer`; `branches` is what the mapping says of it, nearest first.
    fn visit(
        &mut self,
        node: &Node<'_>,
        pointer: &str,
        parent: &str,
        branches: &[&Branch],
    ) -> Result<(), SurfaceError> {
        match branches.iter().find_map(|branch| branch.action) {
            Some(Action::Part(index)) => return self.take(node, pointer, index),
            Some(Action::Ignore) => return Ok(()),
            Some(Action::ToolName) if self.out.document.is_plain(node) => return Ok(()),
            Some(Action::ToolName) => {}
            None if !branches.is_empty() && pointer.len() > MAX_POINTER_BYTES => return Err(SurfaceError::KeyTooLong),
            None if !branches.is_empty() => return self.descend(node, pointer, parent, branches),
            None => {}
        }
        if self.out.document.carries_content(node) {
            self.out.listing.add_at(pointer, parent, UNMAPPED_FIELD);
        }
        Ok(())
    }

    fn descend(
        &mut self,
        node: &Node<'_>,
        pointer: &str,
        parent: &str,
        branches: &[&Branch],
    ) -> Result<(), SurfaceError> {
        match &node.shape {
            Shape::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let below = step(branches, &index.to_string());
                    self.visit(item, &pointer::item(pointer, index), pointer, &below)?;
                }
            }
            Shape::Object(_) => {
                for (key, value, place) in fields(node, pointer) {
                    let below = step(branches, key);
                    // A key that is no plain one may be content. One that the mapping spells out is not, and a value
                    // that is listed itself covers its key.
                    let spelled_out = is_plain_key(key) || branches.iter().any(|branch| branch.names(key));
                    let listed = below.is_empty() && self.out.document.carries_content(value);
                    if !spelled_out && !listed {
                        self.out.listing.add_at(&place, pointer, OBJECT_KEY);
                    }
                    self.visit(value, &place, pointer, &below)?;
                }
            }
            Shape::String | Shape::Number if self.out.document.carries_content(node) => {
                self.out.listing.add_at(pointer, parent, UNMAPPED_FIELD)
            }
            _ => {}
        }
        Ok(())
    }

    /// Makes the value a part. `null` is the absence of one.
    fn take(&mut self, node: &Node<'_>, pointer: &str, index: usize) -> Result<(), SurfaceError> {
        let Some(template) = self.templates.get(index).cloned() else { return Ok(()) };
        if matches!(node.shape, Shape::Null) {
            return Ok(());
        }
        if let Some(found) = self.found.get_mut(index) {
            *found = true;
        }
        if matches!(node.shape, Shape::String) {
            return self.out.text(node, pointer.to_owned(), &template);
        }
        let kind = if template.kind == PartKind::Text { PartKind::Json } else { template.kind };
        self.out.json(node, pointer.to_owned(), kind, &template)
    }
}

fn step<'m>(branches: &[&'m Branch], key: &str) -> Vec<&'m Branch> {
    branches.iter().flat_map(|branch| branch.step(key)).collect()
}

fn template(document: &Document<'_>, stage: Stage, part: &PartMapping) -> Part {
    let (role, origin, kind) = match stage {
        Stage::Input => (Role::User, Origin::User, PartKind::Text),
        Stage::Output => (Role::Assistant, Origin::Model, PartKind::Text),
        Stage::ToolCall => (Role::Assistant, Origin::Model, PartKind::ToolCall),
        Stage::ToolResult => (Role::Tool, Origin::Tool, PartKind::ToolResult),
    };
    let named_in_body = part
        .tool_pointer
        .as_deref()
        .and_then(|pointer| find(document, pointer))
        .map(|tool| clip_to(tool, MAX_LABEL_CHARS));
    Part {
        kind: part.kind.unwrap_or(kind),
        name: Some(part.name.clone()),
        tool: named_in_body.or_else(|| part.tool.clone()),
        ..Part::text(part.role.unwrap_or(role), part.origin.unwrap_or(origin), "")
    }
}

/// The string at a pointer of the mapping.
fn find(document: &Document<'_>, pointer: &str) -> Option<String> {
    document.string(document.at(pointer)?).map(|text| text.into_owned())
}
