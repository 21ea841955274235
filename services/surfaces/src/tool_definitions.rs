//! Definitions of tools, in every form that model servers know.

use parapet_domain::{Part, PartKind};

use crate::SurfaceError;
use crate::collect::Collector;
use crate::document::{Node, Shape, is_plain_word};
use crate::pointer;

/// Reads an array of definitions: one part for each, told as `template` says and never as a user's text.
pub(crate) fn read(
    out: &mut Collector<'_>,
    node: &Node<'_>,
    parent: &str,
    template: &Part,
) -> Result<(), SurfaceError> {
    if matches!(node.shape, Shape::Null) {
        return Ok(());
    }
    for (index, item) in out.items(node, parent)?.iter().enumerate() {
        let name =
            ["function", "custom"].iter().find_map(|key| item.get(key)?.get("name")).or_else(|| item.get("name"));
        let tool = name
            .and_then(|name| out.document.string(name))
            .filter(|name| is_plain_word(name))
            .map(|name| name.into_owned());
        let template = Part { tool, ..template.clone() };
        out.json(item, pointer::item(parent, index), PartKind::ToolDefinition, &template)?;
    }
    Ok(())
}
