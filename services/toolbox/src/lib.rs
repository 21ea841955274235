//! The toolbox: what guard code may call. Pure functions from JSON to JSON, one tool a file, each with input caps,
//! a fuel cost and an example that a test runs. No I/O, no clock, no engine types; running WASM tools is the sandbox's work.

mod args;
mod borders;
mod check_access;
mod check_rules;
mod constant_patterns;
mod edit_distance;
mod find_phrases;
mod find_pii;
mod find_regex;
mod find_secrets;
mod finding;
mod folded;
mod json_pointer;
mod prepared;
mod python_calls;
mod spans;
mod sql_columns;
mod text_topic;
mod tool;
mod url_parts;

pub use prepared::{PrepareError, Prepared, ToolConfig};
pub use text_topic::lookup::{WordMeaning, base_forms, categories, meanings, members};
pub use tool::{ToolError, ToolRun, ToolSpec, WasmTool};

/// Changes whenever a tool may give another result for the same arguments; part of every decision record.
pub const TOOLBOX_VERSION: &str = "toolbox/1";

/// Every tool. The position is the tool's id in compiled guards, so new tools go to the end.
static TOOLS: &[ToolSpec] = &[
    check_access::SPEC,
    check_rules::SPEC,
    find_regex::SPEC,
    find_phrases::SPEC,
    find_pii::SPEC,
    find_secrets::SPEC,
    json_pointer::SPEC,
    python_calls::SPEC,
    sql_columns::SPEC,
    url_parts::SPEC,
    edit_distance::SPEC,
    text_topic::SPEC,
];

/// All tools, in their fixed order. A tool's id is its index.
#[must_use]
pub fn tools() -> &'static [ToolSpec] {
    TOOLS
}

/// The tool called `name`, with its id.
#[must_use]
pub fn find(name: &str) -> Option<(usize, &'static ToolSpec)> {
    TOOLS.iter().enumerate().find(|(_, tool)| tool.name == name)
}
