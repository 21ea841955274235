//! Tools of the operator in a generation: a function that one guard proved is offered to the model that writes the next.

use std::sync::Arc;

use parapet_guardgen::GenerateOptions;
use parapet_guardgen::library::{PromoteOptions, promote};
use parapet_judge::{GuardFiles, ToolFiles};
use parapet_test_model_server::said;
use serde_json::json;

use crate::fixture::{generate, options};

const EARLIER: &str = r#"
fn check(event) {
    for part in event.parts {
        if is_large(part.json.amount, 100) { return deny("too_much", "that is too much"); }
    }
    allow()
}

// Whether an amount is above a limit; nothing is not.
fn is_large(amount, limit) { amount != () && amount > limit }
"#;
const MANIFEST: &str = "id = \"earlier\"\ntitle = \"t\"\nrequest = \"r\"\nstages = [\"tool_call\"]\n[budget]\nfuel = 50_000_000\nmemory_bytes = 16_777_216\ndeadline_ms = 2_000\noutput_bytes = 65_536\n";

const PROGRAM: &str = r#"```rhai
fn check(event) {
    for part in event.parts {
        if part.tool == "refund" && is_large(part.json.amount, 100) {
            return deny("too_much", "refunds over the limit are not allowed");
        }
    }
    allow()
}
```"#;

/// The tool that promotion makes of the function of an earlier guard.
fn library() -> Arc<Vec<ToolFiles>> {
    let test = |amount: u32, verdict: &str| {
        let event = json!({"stage": "tool_call", "parts": [{"tool": "refund", "json": {"amount": amount}}]});
        json!({"description": format!("{amount}"), "event": event, "expect": {"verdict": verdict}}).to_string()
    };
    let tests = [test(1, "allow"), test(101, "deny")].join("\n");
    let files = [("guard.toml", MANIFEST), ("guard.rhai", EARLIER), ("tests.jsonl", &tests)];
    let files = files.map(|(name, text)| (name, text.as_bytes().to_vec())).into();
    let files = GuardFiles { name: "earlier".to_owned(), files, ..GuardFiles::default() };
    let wanted = PromoteOptions { function: "is_large".to_owned(), ..PromoteOptions::default() };
    let promotion = promote(&parapet_test_sandbox::shared(), &files, &wanted).unwrap();
    Arc::new(vec![promotion.tool.files().unwrap()])
}

fn plan() -> parapet_test_model_server::Step {
    let plan = json!({
        "title": "Refunds stay within the limit", "stages": ["tool_call"], "tools": ["is_large"],
        "steps": [{"action": "compare", "what": "Compare the amount with the limit."}],
    });
    said(&plan.to_string())
}

#[tokio::test]
async fn a_promoted_function_is_offered_to_the_model_and_called_by_what_it_writes() {
    let options: GenerateOptions = options().with_library(library());
    let (made, _, server) = generate(vec![plan(), said(PROGRAM)], &options).await;
    let made = made.unwrap();
    let asked = server.asked();
    let (planning, writing) = (asked[0].body.to_string(), asked[1].body.to_string());
    assert!(planning.contains("- is_large: Whether an amount is above a limit; nothing is not"), "{planning}");
    assert!(writing.contains("- is_large(amount: integer, limit: integer) -> boolean: Whether an amount"), "{writing}");
    assert_eq!(made.draft.manifest.tools, ["is_large"]);
    assert_eq!(made.report.tests.as_ref().map(|tests| (tests.passed, tests.failed)), Some((4, 0)));
}

#[tokio::test]
async fn a_tool_that_is_not_offered_is_not_known_and_cannot_be_called() {
    let (made, _, server) =
        generate(vec![crate::fixture::plan(), said(PROGRAM), said(PROGRAM), said(PROGRAM)], &options()).await;
    assert!(!made.unwrap().counts());
    assert!(server.asked()[2].body.to_string().contains("function `is_large` does not exist"));
}
