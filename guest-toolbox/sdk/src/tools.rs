//! The host's tools. Each one is an import of its own, and only the tools that a guard calls end up in its module, so
//! that one that was not granted is refused when the guard is built. Outside of WebAssembly there is no host: every
//! tool fails there.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::exports;

/// A tool's answer that this SDK cannot read. A tool that fails ends the run by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError {
    /// Name of the tool.
    pub tool: &'static str,
}

/// Something found in a text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Found {
    /// What it is: the type, or the name of the pattern, or the phrase.
    #[serde(alias = "type", alias = "phrase")]
    pub name: String,
    /// First character, in Unicode scalar values.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The text.
    pub text: String,
    /// How sure it is, from 0 to 1, where the tool tells.
    #[serde(default)]
    pub score: Option<f64>,
}

/// Columns by table.
pub type Columns = BTreeMap<String, Vec<String>>;

/// What [`check_access`] found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AccessCheck {
    /// Nothing is missing.
    pub allowed: bool,
    /// What is needed and not allowed.
    pub missing: Columns,
}

/// What [`check_rules`] found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RuleCheck {
    /// Nothing is violated.
    pub allowed: bool,
    /// All violated rules.
    pub violated: Vec<String>,
}

/// Defines one import and the function around it.
macro_rules! tool {
    ($(#[$doc:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $result:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// The answer has another form than this SDK knows.
        pub fn $name($($argument: $kind),*) -> Result<$result, ToolError> {
            call(stringify!($name), exports::imports::$name, &json!([$($argument),*]))
        }
    };
}

/// Personal data of the given types, such as `email`, in a text.
///
/// # Errors
/// The answer has another form than this SDK knows.
pub fn find_pii_of(text: &str, types: &[&str]) -> Result<Vec<Found>, ToolError> {
    call("find_pii", exports::imports::find_pii, &json!([text, types]))
}

tool! {
    /// Needed tables and columns that are not allowed.
    check_access(allowed: &Columns, needed: &Columns) -> AccessCheck
}
tool! {
    /// Rules that a user's attributes violate.
    check_rules(rules: &Value, attributes: &Value) -> RuleCheck
}
tool! {
    /// Edit distance of two texts.
    edit_distance(a: &str, b: &str) -> u64
}
tool! {
    /// Phrases of a set in the guard's manifest.
    find_phrases(set: &str, text: &str) -> Vec<Found>
}
tool! {
    /// Personal data of every type.
    find_pii(text: &str) -> Vec<Found>
}
tool! {
    /// Matches of a set of regular expressions in the guard's manifest.
    find_regex(set: &str, text: &str) -> Vec<Found>
}
tool! {
    /// Keys, tokens and passwords.
    find_secrets(text: &str) -> Vec<Found>
}
tool! {
    /// The value at a JSON Pointer.
    json_pointer(value: &Value, pointer: &str) -> Value
}
tool! {
    /// Calls of a Python program; `tools/python-calls/README.md` describes the answer.
    python_calls(code: &str) -> Value
}
tool! {
    /// Tables and columns of SQL; `tools/sql-columns/README.md` describes the answer.
    sql_columns(sql: &str, dialect: &str) -> Value
}
tool! {
    /// Topics of a text.
    text_topic(text: &str, topics: &Value) -> Value
}
tool! {
    /// The parts of a URL.
    url_parts(url: &str) -> Value
}

fn call<T: DeserializeOwned>(
    tool: &'static str,
    import: fn(&[u8]) -> Vec<u8>,
    arguments: &Value,
) -> Result<T, ToolError> {
    let arguments = serde_json::to_vec(arguments).map_err(|_| ToolError { tool })?;
    serde_json::from_slice(&import(&arguments)).map_err(|_| ToolError { tool })
}
