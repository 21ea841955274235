//! The tool `python_calls(code)`: what calls a Python program makes, and with what arguments.
//!
//! The program is parsed, never run. A data-flow analysis follows constants and results of calls through variables,
//! string building, loops and the program's own functions, and says so where it cannot. `README.md` describes the result.

mod analysis;
mod builtins;
mod calls;
mod expressions;
mod fold;
mod functions;
mod literal;
mod names;
mod position;
mod record;
mod recovery;
mod report;
mod roots;
mod statements;
mod targets;
mod template;
mod text;
mod value;

use ruff_python_ast::Mod;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged as _;
use serde_json::{Value as Json, json};

use crate::{
    analysis::{Analysis, DEEPEST},
    position::Positions,
    record::Mention,
    report::Findings,
};

/// Longest code, in bytes.
pub const MOST_INPUT: usize = 64 * 1024;

parapet_sdk::parapet_tool!(call);

/// One call of the tool: `[code]` as JSON to `{"ok": …}` or `{"error": "…"}` as JSON.
#[must_use]
pub fn call(arguments: &[u8]) -> Vec<u8> {
    let answer = match code_of(arguments).and_then(|code| python_calls(&code)) {
        Ok(report) => json!({"ok": report}),
        Err(message) => json!({"error": message}),
    };
    answer.to_string().into_bytes()
}

fn code_of(arguments: &[u8]) -> Result<String, String> {
    match serde_json::from_slice::<Vec<Json>>(arguments).as_deref() {
        Ok([Json::String(code)]) => Ok(code.clone()),
        _ => Err("expected one argument: the code as a string".to_owned()),
    }
}

/// The report on a program.
///
/// # Errors
/// The code is over [`MOST_INPUT`], or the report over its own limit. Code that does not parse is no error here:
/// the report's `error` says so.
pub fn python_calls(code: &str) -> Result<Json, String> {
    if code.len() > MOST_INPUT {
        return Err(format!("the code has {} bytes; at most {MOST_INPUT} are read", code.len()));
    }
    let parsed = parse_unchecked(code, ParseOptions::from(Mode::Module));
    let Mod::Module(module) = parsed.syntax() else { return Err("the code is not a module".to_owned()) };
    let positions = Positions::new(code);
    let analysis = Analysis::of(&module.body);
    let mut findings = Findings { followed: !analysis.gave_up, ..Findings::default() };
    findings.error = parsed
        .errors()
        .first()
        .map(|error| (error.error.to_string(), positions.of(error.range().start().to_usize())))
        .or_else(|| analysis.too_deep.then(|| (format!("nested deeper than {DEEPEST} levels"), (1, 1))));
    findings.dynamic = dynamic(&analysis);
    let Analysis { calls, assignments, strings, imports, mentions, .. } = analysis;
    findings.calls = calls;
    if !parsed.errors().is_empty() {
        let lost = recovery::lost_calls(code, parsed.tokens(), &findings.calls);
        findings.calls.extend(lost);
    }
    (findings.assignments, findings.strings, findings.imports) = (assignments, strings, imports);
    findings.mentions = mentions;
    let report = report::render(&findings, &positions);
    // A tree nested by hostile code is too deep to be freed by recursion, and the instance ends with the call anyway.
    std::mem::forget(parsed);
    report
}

/// Names that reach code or objects by text, called or mentioned.
fn dynamic(analysis: &Analysis<'_>) -> Vec<Mention> {
    let called = analysis.calls.iter().flat_map(|call| {
        let names = call.targets.iter().chain([&call.written]);
        names.map(|name| Mention { name: name.clone(), start: call.start })
    });
    let all = called.chain(analysis.mentions.iter().cloned());
    all.filter(|mention| builtins::is_dynamic(&mention.name)).collect()
}
