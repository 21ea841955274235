//! Tools as a model is told of them: signature, documentation and an example, the same for both kinds.

use parapet_judge::ToolSource;
use serde::Serialize;

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolDescription {
    /// Function name.
    pub name: String,
    /// Arguments and result.
    pub signature: String,
    /// What it does.
    pub doc: String,
    /// Rhai that is true and calls it.
    pub example: String,
    /// Whether it is part of Parapet, and not the operator's.
    pub built_in: bool,
}

/// All tools that a guard can be granted: the built-in ones, then `operators` in the order given.
#[must_use]
pub fn describe(operators: &[ToolSource]) -> Vec<ToolDescription> {
    let built_in = parapet_toolbox::tools().iter().map(|tool| ToolDescription {
        name: tool.name.to_owned(),
        signature: tool.signature.to_owned(),
        doc: tool.doc.to_owned(),
        example: tool.example.to_owned(),
        built_in: true,
    });
    built_in.chain(operators.iter().map(of_operator)).collect()
}

fn of_operator(tool: &ToolSource) -> ToolDescription {
    let manifest = &tool.manifest;
    let mut doc = one_line(&manifest.doc);
    for arg in manifest.args.iter().filter(|arg| !arg.doc.is_empty()) {
        doc.push_str(&format!(" `{}`: {}.", arg.name, one_line(&arg.doc).trim_end_matches('.')));
    }
    if !manifest.returns.doc.is_empty() {
        doc.push_str(&format!(" Gives {}.", one_line(&manifest.returns.doc).trim_end_matches('.')));
    }
    ToolDescription {
        name: manifest.name.clone(),
        signature: tool.to_code().signature(),
        doc,
        example: one_line(&manifest.example),
        built_in: false,
    }
}

/// The descriptions as they stand in a prompt: three short lines a tool.
#[must_use]
pub fn render(tools: &[ToolDescription]) -> String {
    let lines = tools.iter().map(|tool| format!("- {}\n  {}\n  example: {}\n", tool.signature, tool.doc, tool.example));
    lines.collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
