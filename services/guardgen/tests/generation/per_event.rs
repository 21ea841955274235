//! Guards whose code is made for the form of an event.

use std::collections::BTreeMap;
use std::sync::Arc;

use parapet_domain::{Decision, Event, FailureKind, Match, Mode, OnError, Outcome, Stage, Timestamp};
use parapet_guardgen::{EventCoder, Memory, PerEventOptions};
use parapet_judge::{EventDefaults, Guard, GuardFiles, GuardSet, GuardSource, Judge, SetEntry, event_from_partial};
use parapet_test_model_server::{Server, Step, refusal, said};
use serde_json::{Value, json};

use crate::fixture::{BROKEN, GOOD, LAX};
use crate::injections::TEXTS;

const MANIFEST: &str = r#"
id = "refunds"
title = "Refunds"
request = "Nobody gets back more than a hundred."
agent = "A shop's assistant with the tool refund(amount)."
stages = ["tool_call"]
per_event = true
[budget]
fuel = 50000000
memory_bytes = 16777216
deadline_ms = 1000
output_bytes = 4096
[facts]
limit = 100
"#;

const TESTS: &str = r#"
{"description": "small", "event": {"parts": [{"tool": "refund", "json": {"amount": 5}}]}, "expect": {"verdict": "allow"}}
{"description": "large", "event": {"parts": [{"tool": "refund", "json": {"amount": 500}}]}, "expect": {"verdict": "deny"}}
"#;

fn set() -> Arc<GuardSet> {
    let files = BTreeMap::from([("guard.toml", MANIFEST.into()), ("tests.jsonl", TESTS.into())]);
    let files = GuardFiles { name: "refunds".to_owned(), files, ..GuardFiles::default() };
    let source = GuardSource::parse(&files).unwrap();
    let budget = source.manifest.budget;
    let guard = Arc::new(Guard::build(&parapet_test_sandbox::shared(), source).unwrap());
    let entry = SetEntry { guard, matching: Match::default(), mode: Mode::Enforce, on_error: OnError::Deny, budget };
    Arc::new(GuardSet::new(vec![entry]).unwrap())
}

fn event(json: Value) -> Arc<Event> {
    let defaults = EventDefaults {
        stage: Stage::ToolCall,
        agent: "shop".to_owned(),
        at: Timestamp::from_micros(0),
        id: uuid::Uuid::nil(),
    };
    let event = json!({"parts": [{"tool": "refund", "json": json}]});
    Arc::new(event_from_partial(&event, &defaults).unwrap())
}

fn judge(server: &Server, options: PerEventOptions) -> Judge {
    let sandbox = parapet_test_sandbox::shared();
    let coder = EventCoder::new(server.client(), Arc::clone(&sandbox), Memory::seeds_only(), options);
    Judge::new(sandbox).with_coder(Arc::new(coder))
}

async fn outcome(judge: &Judge, set: &Arc<GuardSet>, json: Value) -> Outcome {
    judge.judge(set, &event(json)).await.pop().unwrap().outcome
}

fn decision(outcome: &Outcome) -> Decision {
    match outcome {
        Outcome::Verdict(verdict) => verdict.decision,
        Outcome::Failure(failure) => panic!("{failure:?}"),
    }
}

fn failure(outcome: Outcome) -> (FailureKind, String) {
    match outcome {
        Outcome::Failure(failure) => (failure.kind, failure.message),
        Outcome::Verdict(verdict) => panic!("{verdict:?}"),
    }
}

#[tokio::test]
async fn code_is_made_once_for_a_form_and_run_anew_on_each_event() {
    let server = Server::new(vec![said("1. Compare."), said(GOOD), said("1. Compare."), said(GOOD)]).await;
    let (judge, set) = (judge(&server, PerEventOptions::default()), set());
    assert_eq!(decision(&outcome(&judge, &set, json!({"amount": 5})).await), Decision::Allow);
    assert_eq!(decision(&outcome(&judge, &set, json!({"amount": 500})).await), Decision::Deny, "no verdict is kept");
    assert_eq!(server.asked().len(), 2);
    assert_eq!(decision(&outcome(&judge, &set, json!({"amount": 500, "note": "x"})).await), Decision::Deny);
    assert_eq!(server.asked().len(), 4, "another form has code of its own");
}

#[tokio::test]
async fn code_that_does_not_build_or_fails_a_test_is_repaired() {
    let server = Server::new(vec![said("1."), said(BROKEN), said(LAX), said(GOOD)]).await;
    let (judge, set) = (judge(&server, PerEventOptions::default()), set());
    assert_eq!(decision(&outcome(&judge, &set, json!({"amount": 500})).await), Decision::Deny);
    let asked = server.asked();
    let complaint = asked[3].body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(complaint.contains("large"), "{complaint}");
}

#[tokio::test]
async fn without_code_in_time_the_guard_fails_closed_and_the_next_event_tries_again() {
    let server = Server::new(vec![refusal(401, "no key"), said("1."), said(GOOD)]).await;
    let (first, set) = (judge(&server, PerEventOptions::default()), set());
    let (kind, message) = failure(outcome(&first, &set, json!({"amount": 5})).await);
    assert_eq!(kind, FailureKind::NotGenerated);
    assert!(message.contains("refuses the key"), "{message}");
    assert_eq!(decision(&outcome(&first, &set, json!({"amount": 5})).await), Decision::Allow);

    let slow = Server::new(vec![Step::Hang]).await;
    let slow = judge(&slow, PerEventOptions { seconds: 1, ..PerEventOptions::default() });
    assert_eq!(failure(outcome(&slow, &set, json!({"amount": 5})).await).0, FailureKind::NotGenerated);

    let nobody = Judge::new(parapet_test_sandbox::shared());
    let (kind, message) = failure(outcome(&nobody, &set, json!({"amount": 5})).await);
    assert_eq!((kind, message.as_str()), (FailureKind::NotGenerated, "no model is configured"));
}

#[tokio::test]
async fn code_may_call_no_tool_that_the_guard_was_not_granted() {
    let greedy = "```rhai\nfn check(event) {\n    let found = find_pii(event.parts[0].text);\n    allow()\n}\n```";
    let server = Server::answering(move |asked| {
        let wants_plan = asked.body.to_string().contains("numbered steps");
        if wants_plan { said("1.") } else { said(greedy) }
    })
    .await;
    let (judge, set) = (judge(&server, PerEventOptions::default()), set());
    let (kind, message) = failure(outcome(&judge, &set, json!({"amount": 5})).await);
    assert_eq!(kind, FailureKind::NotGenerated);
    assert!(message.contains("tool `find_pii` was not granted"), "{message}");
}

#[tokio::test]
async fn a_model_that_obeys_the_texts_in_events_still_lets_nothing_pass() {
    // It does whatever the event asks for, which is the worst that an injection can reach.
    let server =
        Server::answering(
            |asked| {
                if asked.body.to_string().contains("numbered steps") { said("1.") } else { said(LAX) }
            },
        )
        .await;
    let (judge, set) = (judge(&server, PerEventOptions { rounds: 1, ..PerEventOptions::default() }), set());
    for text in TEXTS {
        let (kind, _) = failure(outcome(&judge, &set, json!({"amount": 1000, "reason": text})).await);
        assert_eq!(kind, FailureKind::NotGenerated, "{text}");
    }
    let fenced = server.asked().iter().all(|asked| {
        let messages = asked.body["messages"].as_array().unwrap().clone();
        let last = messages.last().unwrap()["content"].as_str().unwrap().to_owned();
        // The fence of the event is the last one but the plan's, and no text in the event closes it.
        last.matches("```").count() % 2 == 0
    });
    assert!(fenced);
}

#[tokio::test]
async fn a_guard_per_event_has_no_code_and_the_others_never_ask_a_model() {
    let files =
        BTreeMap::from([("guard.toml", MANIFEST.into()), ("guard.rhai", b"fn check(event) { allow() }".to_vec())]);
    let files = GuardFiles { name: "refunds".to_owned(), files, ..GuardFiles::default() };
    let error = GuardSource::parse(&files).unwrap_err().to_string();
    assert_eq!(
        error,
        "guard `refunds`: guard.toml: `per_event` guards have no code of their own; remove it, or `per_event`"
    );

    let down = Server::new(vec![]).await;
    let fixed = MANIFEST.replace("per_event = true\n", "");
    let code = GOOD.split("```rhai\n").nth(1).unwrap().trim_end_matches("```").as_bytes().to_vec();
    let files = BTreeMap::from([("guard.toml", fixed.into_bytes()), ("guard.rhai", code)]);
    let files = GuardFiles { name: "refunds".to_owned(), files, ..GuardFiles::default() };
    let source = GuardSource::parse(&files).unwrap();
    let budget = source.manifest.budget;
    let guard = Arc::new(Guard::build(&parapet_test_sandbox::shared(), source).unwrap());
    let entry = SetEntry { guard, matching: Match::default(), mode: Mode::Enforce, on_error: OnError::Deny, budget };
    let set = Arc::new(GuardSet::new(vec![entry]).unwrap());
    let judge = judge(&down, PerEventOptions::default());
    assert_eq!(decision(&outcome(&judge, &set, json!({"amount": 500})).await), Decision::Deny);
    assert_eq!(down.asked().len(), 0);
}
