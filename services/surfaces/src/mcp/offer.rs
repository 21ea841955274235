//! Lists of what a server offers. Each item is an event of its own, so that one can be left out and the others stay.

use parapet_domain::{Part, PartKind, Stage};

use super::reader::Reader;
use crate::collect::{fields, named};
use crate::document::Node;
use crate::limits::MAX_EVENTS;
use crate::{Draft, SurfaceError, pointer};

const RESULT: &str = "/result";

/// A list in a result.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) key: &'static str,
    kind: PartKind,
}

/// The list that a method asks for.
pub(super) fn list_of(method: &str) -> Option<List> {
    let (key, kind) = match method {
        "tools/list" => ("tools", PartKind::ToolDefinition),
        "prompts/list" => ("prompts", PartKind::Json),
        "resources/list" => ("resources", PartKind::Json),
        "resources/templates/list" => ("resourceTemplates", PartKind::Json),
        _ => return None,
    };
    Some(List { key, kind })
}

/// Reads the list. What surrounds the items comes first, as one event; a refusal of that is one of the whole.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>, list: List, template: &Part) -> Result<(), SurfaceError> {
    let template = named(template, list.key);
    let mut found = None;
    for (key, value, pointer) in fields(node, RESULT) {
        match key {
            key if key == list.key => found = Some((value, pointer)),
            "_meta" => reader.meta(value, pointer, &template)?,
            key => reader.other(RESULT, key, value, pointer, &template)?,
        }
    }
    reader.event(Stage::Input);
    if reader.drafts.is_empty() && !reader.out.listing.is_empty() {
        // What is listed belongs to the whole and not to the first item, which could be left out.
        reader.drafts.push(Draft::new(Stage::Input, Vec::new()));
    }
    reader.items = vec![None; reader.drafts.len()];
    let Some((value, parent)) = found else { return Ok(()) };
    let items = reader.out.items(value, &parent)?;
    if items.len() >= MAX_EVENTS {
        return Err(SurfaceError::TooManyEvents);
    }
    for (index, item) in items.iter().enumerate() {
        let tool = reader.out.label(item, "name").filter(|_| list.kind == PartKind::ToolDefinition);
        let template = Part { tool, ..template.clone() };
        reader.out.json(item, pointer::item(&parent, index), list.kind, &template)?;
        let parts = std::mem::take(&mut reader.out.parts);
        reader.drafts.push(Draft::new(Stage::Input, parts));
        reader.items.push(Some(index));
    }
    Ok(())
}
