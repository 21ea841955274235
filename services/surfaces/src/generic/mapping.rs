//! The mapping of a generic route: read from the configuration, checked as a whole, compiled to a tree of pointers.

use std::collections::HashMap;

use parapet_domain::{Origin, PartKind, Role, Stage};
use serde::{Deserialize, Serialize};

use crate::pointer;

/// Matches any key of an object and any index of an array.
const ANY: &str = "*";

/// Names one part of a body, or several when the pointer contains `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartMapping {
    /// Name that guards know the part by, such as `question`.
    pub name: String,
    /// JSON Pointer; a segment `*` stands for every key or index. Empty for the whole body.
    pub pointer: String,
    /// Whose turn it is; by default the user's in requests, the assistant's in answers and calls, the tool's in results.
    #[serde(default)]
    pub role: Option<Role>,
    /// Where it comes from; by default as for `role`.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// What it is; by default text, and JSON where the value is no string.
    #[serde(default)]
    pub kind: Option<PartKind>,
    /// A body without the part is refused, unless this is false.
    #[serde(default = "yes")]
    pub required: bool,
    /// Name of the tool, for tool calls and results.
    #[serde(default)]
    pub tool: Option<String>,
    /// JSON Pointer, without `*`, of the string that names the tool.
    #[serde(default)]
    pub tool_pointer: Option<String>,
}

const fn yes() -> bool {
    true
}

/// A checked mapping, made once when the configuration is loaded.
#[derive(Debug, Clone)]
pub struct GenericMapping {
    stage: Stage,
    parts: Vec<PartMapping>,
    pub(super) root: Branch,
}

/// Everything that is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct MappingErrors(pub Vec<String>);

/// What the mapping says of one place in a body.
#[derive(Debug, Clone, Default)]
pub(super) struct Branch {
    children: HashMap<String, Branch>,
    any: Option<Box<Branch>>,
    pub(super) action: Option<Action>,
}

/// What becomes of a mapped value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// It is the part with this index in the mapping.
    Part(usize),
    /// It names a tool.
    ToolName,
    /// The operator declares it to be no content.
    Ignore,
}

impl GenericMapping {
    /// Compiles a mapping. `ignore` holds pointers of values that the operator declares to be no content: they are
    /// neither judged nor listed.
    ///
    /// # Errors
    /// All mistakes at once, each with what to do.
    pub fn new(stage: Stage, parts: Vec<PartMapping>, ignore: &[String]) -> Result<Self, MappingErrors> {
        let mut errors = Vec::new();
        let mut root = Branch::default();
        if parts.is_empty() {
            errors.push("the mapping names no part; give at least one with `name` and `pointer`".to_owned());
        }
        for (index, part) in parts.iter().enumerate() {
            if part.name.is_empty() {
                errors.push(format!("part `{}` has an empty name; guards know parts by their names", part.pointer));
            }
            errors.extend(root.add(&part.pointer, Action::Part(index)).err());
        }
        for pointer in parts.iter().filter_map(|part| part.tool_pointer.as_ref()) {
            if pointer.split('/').any(|segment| segment == ANY) {
                errors.push(format!("`tool_pointer` `{pointer}` has a `*`; it has to name one value"));
            }
            errors.extend(root.add_tool_name(pointer).err());
        }
        for pointer in ignore {
            errors.extend(root.add(pointer, Action::Ignore).err());
        }
        if errors.is_empty() { Ok(Self { stage, parts, root }) } else { Err(MappingErrors(errors)) }
    }

    /// Where in the agent's work the body stands.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The parts in the order given.
    #[must_use]
    pub fn parts(&self) -> &[PartMapping] {
        &self.parts
    }
}

impl Branch {
    fn add(&mut self, pointer: &str, action: Action) -> Result<(), String> {
        let segments = pointer::segments(pointer).ok_or_else(|| {
            format!("`{pointer}` is no JSON Pointer; it has to be empty or begin with `/`, with `~` written as `~0`")
        })?;
        let mut at = self;
        for segment in segments {
            if at.action.is_some() {
                return Err(format!(
                    "`{pointer}` lies within another pointer of the mapping; name only the outer or the inner one"
                ));
            }
            at = if segment == ANY {
                at.any.get_or_insert_default()
            } else {
                at.children.entry(segment.into_owned()).or_default()
            };
        }
        if at.action.is_some() {
            return Err(format!("`{pointer}` stands in the mapping twice; keep one"));
        }
        if at.any.is_some() || !at.children.is_empty() {
            return Err(format!(
                "other pointers of the mapping lie within `{pointer}`; name only the outer or the inner one"
            ));
        }
        at.action = Some(action);
        Ok(())
    }

    /// A tool's name may be named by several parts, and may be a part itself.
    fn add_tool_name(&mut self, pointer: &str) -> Result<(), String> {
        let present = pointer::segments(pointer)
            .and_then(|segments| segments.iter().try_fold(&*self, |at, segment| at.children.get(segment.as_ref())));
        match present.and_then(|branch| branch.action) {
            Some(Action::ToolName | Action::Part(_)) => Ok(()),
            _ => self.add(pointer, Action::ToolName),
        }
    }

    /// Whether the mapping spells `key` out here.
    pub(super) fn names(&self, key: &str) -> bool {
        self.children.contains_key(key)
    }

    /// The branches below this one that a key leads to: the one with its name first.
    pub(super) fn step(&self, key: &str) -> impl Iterator<Item = &Self> {
        self.children.get(key).into_iter().chain(self.any.as_deref())
    }
}
