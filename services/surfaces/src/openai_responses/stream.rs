//! Streamed responses: events held against the response that they end with, and an edited response told as events again.

mod agree;
mod assemble;
mod replay;

#[cfg(test)]
mod tests;

pub(crate) use agree::{agrees, fingerprint};
pub(crate) use assemble::Assembly;
pub(crate) use replay::{Resumed, Teller, leave_out_of_stream, replay};

/// Texts that are told in pieces: how their events begin, the list that they stand in (none: the item itself), and the
/// field.
const TEXTS: &[(&str, Option<&str>, &str)] = &[
    ("response.output_text", Some("content"), "text"),
    ("response.refusal", Some("content"), "refusal"),
    ("response.reasoning_text", Some("content"), "text"),
    ("response.reasoning_summary_text", Some("summary"), "text"),
    ("response.function_call_arguments", None, "arguments"),
    ("response.mcp_call_arguments", None, "arguments"),
    ("response.custom_tool_call_input", None, "input"),
    ("response.code_interpreter_call_code", None, "code"),
];
