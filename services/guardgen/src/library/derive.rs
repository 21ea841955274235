//! The manifest of a promoted tool: grants from what the function calls, types and the example from the calls that are known.

use std::collections::BTreeMap;

use parapet_domain::Budget;
use parapet_judge::{GuardSource, ToolExpectation, ToolManifest, ToolReturns, ToolTest};
use parapet_sandbox::{ToolParam, ToolType};
use serde_json::Value;

use super::functions::{Function, Script, reached};
use super::promote::{PromoteError, PromoteOptions};

/// Longest result of a promoted tool, in bytes.
const OUTPUT_BYTES: u64 = 65_536;

/// The built-in tools that the function needs, of those that the guard is granted.
pub(super) fn needs(
    script: &Script<'_>,
    all: &[Function],
    function: &Function,
    source: &GuardSource,
) -> Result<Vec<String>, PromoteError> {
    let own = reached(script, all, &[function]);
    let names = |tool: &&String| own.iter().any(|one| script.names_in(&one.tokens).contains(tool.as_str()));
    let needed: Vec<String> = source.manifest.tools.iter().filter(names).cloned().collect();
    match needed.iter().find(|name| parapet_toolbox::find(name).is_none()) {
        None => Ok(needed),
        Some(tool) => Err(PromoteError::Refused(format!(
            "`{}` calls `{tool}`, a tool of the operator; a tool can call built-in tools alone",
            function.name
        ))),
    }
}

/// All of `tool.toml`.
pub(super) fn manifest(
    source: &GuardSource,
    function: &Function,
    name: &str,
    options: &PromoteOptions,
    tests: &[ToolTest],
    tools: Vec<String>,
) -> Result<ToolManifest, PromoteError> {
    let doc = options.doc.clone().unwrap_or_else(|| function.comment.clone());
    if doc.trim().is_empty() {
        return Err(PromoteError::Refused(format!(
            "nothing says what `{}` does, and models choose a tool by that; write a comment above it, or give `--doc`",
            function.name
        )));
    }
    let param = |(n, name): (usize, &String)| ToolParam {
        name: name.clone(),
        kind: common_type(tests.iter().filter_map(|test| test.args.get(n))),
        doc: String::new(),
        optional: false,
    };
    let results = tests.iter().filter_map(|test| match &test.expect {
        ToolExpectation::Result(result) => Some(result),
        ToolExpectation::Error(_) => None,
    });
    let uses = |tool: &str| tools.iter().any(|name| name == tool);
    Ok(ToolManifest {
        name: name.to_owned(),
        doc,
        example: example(name, tests),
        origin: format!("promoted from `{}` of guard `{}`", function.name, source.manifest.id),
        returns: ToolReturns { kind: common_type(results), doc: String::new() },
        budget: Budget { output_bytes: OUTPUT_BYTES, ..source.manifest.budget },
        args: function.params.iter().enumerate().map(param).collect(),
        facts: toml::Table::new(),
        patterns: if uses("find_regex") { source.manifest.patterns.clone() } else { BTreeMap::new() },
        phrases: if uses("find_phrases") { source.manifest.phrases.clone() } else { BTreeMap::new() },
        tools,
    })
}

/// The narrowest type that all `values` are of.
fn common_type<'a>(values: impl Iterator<Item = &'a Value>) -> ToolType {
    let kinds: Vec<ToolType> = values.map(ToolType::of).collect();
    let all = |allowed: &[ToolType]| kinds.iter().all(|kind| allowed.contains(kind));
    match kinds.first() {
        Some(first) if all(&[*first]) => *first,
        Some(_) if all(&[ToolType::Integer, ToolType::Number]) => ToolType::Number,
        _ => ToolType::Any,
    }
}

/// The shortest call that is known, as a comparison with its result.
fn example(name: &str, tests: &[ToolTest]) -> String {
    let written = tests.iter().filter_map(|test| match &test.expect {
        ToolExpectation::Result(result) => {
            let args: Vec<String> = test.args.iter().map(literal).collect();
            Some(format!("{name}({}) == {}", args.join(", "), literal(result)))
        }
        ToolExpectation::Error(_) => None,
    });
    written.min_by_key(String::len).unwrap_or_default()
}

/// A value as Rhai writes it.
fn literal(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "()".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", list(items.iter().map(literal).collect())),
        Value::Object(map) => {
            format!(
                "#{{{}}}",
                list(map.iter().map(|(key, item)| format!("{}: {}", quoted(key), literal(item))).collect())
            )
        }
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
