//! Tools of the operator: functions that guards can be granted beside the built-in ones, each a guest of its own with its
//! own grants and its own budget. They are granted built-in tools alone, so that none can call another or itself.

mod build;
mod call;
pub(crate) mod observe;
mod script;

use std::sync::Arc;

use parapet_abi::Complaint;
use parapet_domain::{Budget, Failure};
use parapet_toolbox::ToolConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::BuildError;
use crate::guard::{Entry, Language, Powers, Program};

/// Source of a tool, and what it may use.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCode {
    /// The function's name, for guards.
    pub name: String,
    /// Its arguments; optional ones stand last.
    pub params: Vec<ToolParam>,
    /// What its result is.
    pub returns: ToolType,
    /// What the code is written in.
    pub language: Language,
    /// Rhai text in UTF-8 that defines `fn NAME(…)`, or a WASM module with the `tool/1` interface.
    pub code: Vec<u8>,
    /// Constant tables, visible to scripts as `facts`.
    pub facts: Value,
    /// Built-in tools that it is granted, by name.
    pub tools: Vec<String>,
    /// Patterns and phrases for those.
    pub tool_config: ToolConfig,
    /// The most that one call may use. A call never gets more than its caller has left.
    pub budget: Budget,
}

/// One argument of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolParam {
    /// Its name.
    pub name: String,
    /// What it must be.
    #[serde(rename = "type")]
    pub kind: ToolType,
    /// What it means.
    #[serde(default)]
    pub doc: String,
    /// Whether it may be left out; the tool then gets null, `()` in Rhai.
    #[serde(default)]
    pub optional: bool,
}

/// The kinds of JSON values, as arguments and results are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolType {
    /// Any value, null included.
    Any,
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// A map.
    Object,
}

/// The operator's tools, as one guard sees them.
#[derive(Debug, Clone, Default)]
pub struct ToolLibrary {
    /// Those that the guard is granted, in the order of their names.
    pub granted: Vec<Arc<ToolCode>>,
    /// Names of the others, so that a complaint can tell a tool that was not granted from one that does not exist.
    pub others: Vec<String>,
}

/// A tool that is ready to run. Immutable; all guards that are granted it share it.
pub struct LoadedTool {
    code: ToolCode,
    program: Program,
    entry: Entry,
    powers: Arc<Powers>,
}

/// How a call of a tool by itself ended, and what it used.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolAnswer {
    /// The result, or why there is none. A guard that called it would have failed as `tool_failed`.
    pub result: Result<Value, Failure>,
    /// Fuel used, the work of other tools included.
    pub fuel_used: u64,
    /// Wall-clock time in microseconds, without the wait for a place.
    pub duration_us: u64,
}

impl ToolCode {
    /// Fewest arguments.
    #[must_use]
    pub fn min_args(&self) -> u8 {
        u8::try_from(self.params.iter().filter(|param| !param.optional).count()).unwrap_or(u8::MAX)
    }

    /// Most arguments.
    #[must_use]
    pub fn max_args(&self) -> u8 {
        u8::try_from(self.params.len()).unwrap_or(u8::MAX)
    }

    /// Name, arguments and result, such as `host_of(url: string, port?: integer) -> string`.
    #[must_use]
    pub fn signature(&self) -> String {
        let param = |param: &ToolParam| {
            format!("{}{}: {}", param.name, if param.optional { "?" } else { "" }, param.kind.as_str())
        };
        let params: Vec<String> = self.params.iter().map(param).collect();
        format!("{}({}) -> {}", self.name, params.join(", "), self.returns.as_str())
    }
}

impl ToolType {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// Whether `value` is one.
    #[must_use]
    pub fn admits(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }

    /// The narrowest type that `value` is of.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Any,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

impl ToolLibrary {
    /// The complaints of a guard's build, with those about a tool that is there but was not granted put right.
    pub(crate) fn explain(&self, error: BuildError) -> BuildError {
        let BuildError::Refused(complaints) = error else { return error };
        BuildError::Refused(complaints.into_iter().map(|complaint| self.explain_one(complaint)).collect())
    }

    fn explain_one(&self, complaint: Complaint) -> Complaint {
        let unknown = |name: &&String| {
            ["function", "tool"].iter().any(|what| complaint.message == format!("{what} `{name}` does not exist"))
        };
        match self.others.iter().find(unknown) {
            None => complaint,
            Some(name) => Complaint {
                message: format!("tool `{name}` was not granted to this guard"),
                help: format!("add \"{name}\" to `tools` in guard.toml, or do without it"),
                ..complaint
            },
        }
    }
}

impl LoadedTool {
    pub(crate) fn name(&self) -> &str {
        &self.code.name
    }
}

impl std::fmt::Debug for LoadedTool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedTool").field("signature", &self.code.signature()).finish_non_exhaustive()
    }
}
