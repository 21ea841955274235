//! A small guard request, and what a model may say to it.

use parapet_guardgen::{GenerateError, GenerateOptions, Generated, Generator, GuardRequest, Memory, Method, Progress};
use parapet_judge::GuardTest;
use parapet_models::ModelClient;
use parapet_test_model_server::{Server, Step, said};
use serde_json::{Value, json};

pub(crate) const GOOD: &str = r#"```toml
[facts]
limit = 100
```
```rhai
fn check(event) {
    for part in event.parts {
        if part.tool == "refund" && (part.json.amount ?? 0) > facts.limit {
            return deny("too_much", "refunds over the limit are not allowed");
        }
    }
    allow()
}
```"#;

/// Lets everything pass.
pub(crate) const LAX: &str = "```rhai\nfn check(event) {\n    allow()\n}\n```";
/// Cannot be built.
pub(crate) const BROKEN: &str =
    "```rhai\nfn check(event) {\n    if amount > 100 { return deny(\"a\", \"b\"); }\n    allow()\n}\n```";

pub(crate) fn request() -> GuardRequest {
    let test = |description: &str, amount: u32, verdict: &str| -> GuardTest {
        serde_json::from_value(json!({
            "description": description,
            "event": {"stage": "tool_call", "parts": [{"tool": "refund", "json": {"amount": amount}}]},
            "expect": {"verdict": verdict},
        }))
        .unwrap()
    };
    GuardRequest {
        id: "refunds".to_owned(),
        request: "We are generous, but nobody gets back more than a hundred.".to_owned(),
        agent: "A shop assistant. It calls the tool `refund(amount: number)`.".to_owned(),
        examples: vec![
            test("a small refund", 20, "allow"),
            test("at the limit", 100, "allow"),
            test("above the limit", 101, "deny"),
            test("far above the limit", 5_000, "deny"),
        ],
        facts: toml::Table::new(),
    }
}

/// The model's plan.
pub(crate) fn plan() -> Step {
    let plan = json!({
        "title": "Refunds stay within the limit", "stages": ["tool_call"], "tools": [],
        "steps": [{"action": "compare", "what": "Compare the amount with the limit."}],
    });
    said(&plan.to_string())
}

/// Tests that the model proposes.
pub(crate) fn proposals(rows: &[(u32, &str)]) -> Step {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(amount, verdict)| {
            json!({
                "description": format!("a refund of {amount}"), "because": "more than a hundred", "verdict": verdict,
                "event": {"stage": "tool_call", "parts": [{"tool": "refund", "json": {"amount": amount}}]},
            })
        })
        .collect();
    said(&json!({"tests": rows}).to_string())
}

pub(crate) fn verdict(word: &str) -> Step {
    said(&json!({"because": "the rule", "verdict": word}).to_string())
}

/// With the model alone, without tests of its own unless asked for.
pub(crate) fn options() -> GenerateOptions {
    GenerateOptions {
        method: Method::Model,
        rounds: 3,
        restate: false,
        proposed_tests: 0,
        ..GenerateOptions::default()
    }
}

pub(crate) fn generator(model: Option<ModelClient>) -> Generator {
    Generator::new(parapet_test_sandbox::shared(), Memory::seeds_only(), model)
}

/// Generates with the steps of a script.
pub(crate) async fn generate(
    steps: Vec<Step>,
    options: &GenerateOptions,
) -> (Result<Generated, GenerateError>, Vec<Progress>, Server) {
    let server = Server::new(steps).await;
    let mut seen = Vec::new();
    let made = generator(Some(server.client())).generate(&request(), options, &mut |step| seen.push(step)).await;
    (made, seen, server)
}
