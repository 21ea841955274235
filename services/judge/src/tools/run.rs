//! Runs a tool's own tests in the sandbox, and its example as a guard would call it.

use std::sync::Arc;

use parapet_domain::{Budget, Decision, Outcome};
use parapet_sandbox::{BuildError, GuardCode, Language, Sandbox, ToolAnswer, ToolLibrary};
use parapet_toolbox::ToolConfig;
use serde::Serialize;
use serde_json::Value;

use crate::{Tool, ToolExpectation, ToolSource, ToolTest};

/// How one test went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolTestReport {
    /// The test's description.
    pub description: String,
    /// What differed from what was expected; absent when it passed.
    pub difference: Option<String>,
    /// Fuel used.
    pub fuel_used: u64,
    /// Microseconds taken.
    pub duration_us: u64,
}

/// Runs all tests of `tool`, in order, and then its example.
#[must_use]
pub fn run_tool_tests(sandbox: &Sandbox, tool: &Tool) -> Vec<ToolTestReport> {
    let tests = tool.source.tests.iter().map(|test| run_test(sandbox, tool, test));
    tests.chain([run_example(sandbox, &tool.source)]).collect()
}

fn run_test(sandbox: &Sandbox, tool: &Tool, test: &ToolTest) -> ToolTestReport {
    let answer = sandbox.run_tool(&tool.loaded, &test.args);
    ToolTestReport {
        description: test.description.clone(),
        difference: difference(&test.expect, &answer),
        fuel_used: answer.fuel_used,
        duration_us: answer.duration_us,
    }
}

fn difference(expect: &ToolExpectation, answer: &ToolAnswer) -> Option<String> {
    match (expect, &answer.result) {
        (ToolExpectation::Result(expected), Ok(got)) if expected == got => None,
        (ToolExpectation::Result(expected), Ok(got)) => Some(format!("gave {got}, expected {expected}")),
        (ToolExpectation::Result(_), Err(failure)) => Some(format!("failed: {}", failure.message)),
        (ToolExpectation::Error(text), Err(failure)) if failure.message.contains(text) => None,
        (ToolExpectation::Error(text), Err(failure)) => {
            Some(format!("failed with \"{}\", expected \"{text}\" in it", failure.message))
        }
        (ToolExpectation::Error(text), Ok(got)) => Some(format!("gave {got}, expected an error with \"{text}\"")),
    }
}

fn run_example(sandbox: &Sandbox, source: &ToolSource) -> ToolTestReport {
    let report = |difference, fuel_used, duration_us| ToolTestReport {
        description: "the example is true".to_owned(),
        difference,
        fuel_used,
        duration_us,
    };
    let guard = match sandbox.build(&example_guard(source)) {
        Ok(guard) => guard,
        Err(error) => return report(Some(format!("the example is refused: {}", of_example(&error))), 0, 0),
    };
    let run = sandbox.run(&guard, b"{}", &[], &example_budget(&source.manifest.budget));
    let difference = match run.outcome {
        Outcome::Verdict(verdict) if verdict.decision == Decision::Allow => None,
        Outcome::Verdict(_) => Some("the example is not true".to_owned()),
        Outcome::Failure(failure) => {
            Some(format!("the example failed ({}): {}", failure.kind.as_str(), failure.message))
        }
    };
    report(difference, run.fuel_used, run.duration_us)
}

/// A guard that allows when the example is true.
fn example_guard(source: &ToolSource) -> GuardCode {
    let script = format!(
        "fn check(event) {{ let holds = {{ {}\n}}; if holds {{ allow() }} else {{ deny(\"example\", \"it is not true\") }} }}",
        source.manifest.example
    );
    GuardCode {
        language: Language::Rhai,
        code: script.into_bytes(),
        facts: Value::Null,
        tools: vec![source.manifest.name.clone()],
        tool_config: ToolConfig::default(),
        library: ToolLibrary { granted: vec![Arc::new(source.to_code())], others: Vec::new() },
    }
}

/// Enough for a guard that calls the tool a few times.
fn example_budget(tool: &Budget) -> Budget {
    Budget {
        fuel: tool.fuel.saturating_mul(8).saturating_add(100_000_000),
        memory_bytes: Budget::MAX_MEMORY_BYTES,
        deadline_ms: tool.deadline_ms.saturating_mul(8).clamp(1_000, 60_000),
        output_bytes: 64 << 10,
    }
}

fn of_example(error: &BuildError) -> String {
    match error.complaints() {
        [] => error.to_string(),
        complaints => complaints.iter().map(|c| format!("{}; {}", c.message, c.help)).collect::<Vec<_>>().join("; "),
    }
}
