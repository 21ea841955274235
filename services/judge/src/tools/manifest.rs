//! `tool.toml`: what a tool does, what it takes and gives, and what it may use. Unknown keys are refused.

use std::collections::{BTreeMap, BTreeSet};

use parapet_domain::Budget;
use parapet_sandbox::{ToolParam, ToolType};
use serde::{Deserialize, Serialize};

use crate::manifest::not_json;

/// Contents of `tool.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolManifest {
    /// Same as the folder's name, `[a-z][a-z0-9_]{0,63}`: the function that guards call.
    pub name: String,
    /// What it does, what it needs, what it cannot do; for people and for models.
    pub doc: String,
    /// Rhai that is true and calls it.
    pub example: String,
    /// Where it came from, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// Built-in tools that it is granted. Default none.
    #[serde(default)]
    pub tools: Vec<String>,
    /// What it gives.
    pub returns: ToolReturns,
    /// The most that one call may use; a call never gets more than its caller has left.
    pub budget: Budget,
    /// Its arguments, in order; optional ones stand last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<ToolParam>,
    /// Constant tables, visible to its script as `facts`.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub facts: toml::Table,
    /// Named sets of named regular expressions, for `find_regex`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub patterns: BTreeMap<String, BTreeMap<String, String>>,
    /// Named lists of phrases, for `find_phrases`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub phrases: BTreeMap<String, Vec<String>>,
}

/// What a tool gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolReturns {
    /// Its kind; another result is a failure of the tool.
    #[serde(rename = "type")]
    pub kind: ToolType,
    /// What it means.
    #[serde(default)]
    pub doc: String,
}

impl ToolManifest {
    /// Reads and checks the text of `tool.toml` in folder `name`.
    ///
    /// # Errors
    /// What is wrong, with its position where there is one.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        manifest.complaint(name).map_or(Ok(manifest), Err)
    }

    /// Whether `text` has the form of a tool's or an argument's name.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    }

    fn complaint(&self, name: &str) -> Option<String> {
        if !Self::is_name(&self.name) {
            return Some(format!("name `{}` is not of the form [a-z][a-z0-9_]{{0,63}}", self.name));
        }
        if self.name != name {
            return Some(format!("name `{}` differs from the folder's name `{name}`; make them the same", self.name));
        }
        for (key, text) in [("doc", &self.doc), ("example", &self.example)] {
            if text.trim().is_empty() {
                return Some(format!("`{key}` is empty; models choose a tool by it, and so do people"));
            }
        }
        let mut seen = BTreeSet::new();
        for arg in &self.args {
            if !Self::is_name(&arg.name) {
                return Some(format!("argument `{}` is not of the form [a-z][a-z0-9_]{{0,63}}", arg.name));
            }
            if !seen.insert(&arg.name) {
                return Some(format!("argument `{}` is listed twice", arg.name));
            }
        }
        if let Some((at, what)) = not_json(&toml::Value::Table(self.facts.clone()), "facts") {
            return Some(format!("`{at}` is {what}, which JSON does not have; write it as a string"));
        }
        self.budget.complaint().map(|complaint| format!("[budget]: {complaint}"))
    }
}
