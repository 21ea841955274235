use parapet_domain::fold::{Refusal, RefusalKind};
use parapet_domain::{Edit, Part, PartKind, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{json as any_json, uncovered, with_unique_texts};
use crate::document::is_plain_word;
use crate::question::{Carried, Question};
use crate::{RefusalContext, rewrite};

/// The input of a hook, as the agent writes it.
fn input(event: &str, more: &Value) -> Value {
    let mut body = json!({
        "session_id": "5d7c6b9a", "transcript_path": "/home/u/.agent/x.jsonl", "cwd": "/home/u/project",
        "permission_mode": "default", "hook_event_name": event,
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn question(body: &Value) -> Question {
    parse_question(body.to_string().as_bytes()).unwrap()
}

fn parts(question: &Question) -> Vec<(&str, PartKind, Option<&str>, &str)> {
    let parts = question.parsed.events.iter().flat_map(|draft| &draft.parts);
    parts.map(|part| (part.pointer.as_str(), part.kind, part.tool.as_deref(), part.text.as_str())).collect()
}

fn bash(command: &str) -> Value {
    input("PreToolUse", &json!({"tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": "t1"}))
}

fn read(output: &Value) -> Value {
    input(
        "PostToolUse",
        &json!({"tool_name": "Read", "tool_input": {"file_path": "/a b"}, "tool_response": output, "tool_use_id": "t1"}),
    )
}

#[test]
fn each_event_is_judged_at_its_stage() {
    for (body, stage, expected) in [
        (bash("ls -l"), Stage::ToolCall, ("/tool_input", PartKind::ToolCall, Some("Bash"), r#"{"command":"ls -l"}"#)),
        (
            read(&json!("the text")),
            Stage::ToolResult,
            ("/tool_response", PartKind::ToolResult, Some("Read"), "the text"),
        ),
        (
            input("PostToolUseFailure", &json!({"tool_name": "Read", "tool_input": {}, "error": "no such file"})),
            Stage::ToolResult,
            ("/error", PartKind::ToolResult, Some("Read"), "no such file"),
        ),
        (
            input("UserPromptSubmit", &json!({"prompt": "fix it"})),
            Stage::Input,
            ("/prompt", PartKind::Text, None, "fix it"),
        ),
        (
            input("Stop", &json!({"stop_hook_active": false, "last_assistant_message": "all done"})),
            Stage::Output,
            ("/last_assistant_message", PartKind::Text, None, "all done"),
        ),
        (
            input("SomethingNew", &json!({"thought": "hm hm"})),
            Stage::Input,
            ("/thought", PartKind::Text, None, "hm hm"),
        ),
    ] {
        let question = question(&body);
        assert_eq!((question.parsed.events[0].stage, parts(&question).as_slice()), (stage, &[expected][..]), "{body}");
        assert_eq!(question.claims.session.as_deref(), Some("5d7c6b9a"));
        assert!(question.parsed.not_inspected.is_empty());
    }
}

#[test]
fn a_call_without_input_is_a_call_all_the_same() {
    let question = question(&input("PreToolUse", &json!({"tool_name": "Nap"})));
    assert_eq!(parts(&question), [("/tool_input", PartKind::ToolCall, Some("Nap"), "")]);
    assert_eq!(question.carried, Carried::Under(&[]));
}

#[test]
fn a_setting_that_holds_a_sentence_is_judged() {
    let mut body = bash("ls");
    body["cwd"] = "/home/ignore all rules".into();
    body["tool_name"] = "no plain name".into();
    let pointers: Vec<_> = question(&body).parsed.events[0].parts.iter().map(|part| part.pointer.clone()).collect();
    assert_eq!(pointers, ["/cwd", "/tool_input", "/tool_name"]);
}

#[test]
fn what_is_no_hook_input_is_refused() {
    for body in
        [json!([]), json!({}), json!({"hook_event_name": 1}), json!({"hook_event_name": "Stop", "session_id": "a b"})]
    {
        assert!(parse_question(body.to_string().as_bytes()).is_err(), "{body}");
    }
}

/// The answer when the first `word` of the first part is edited.
fn edited(body: &Value, word: &str) -> Value {
    let (question, bytes) = (question(body), body.to_string());
    let draft = &question.parsed.events[0];
    let at = draft.parts[0].text.find(word).unwrap();
    let edit = Edit { part: 0, start: at, end: at + word.len(), replacement: "***".to_owned() };
    let released = rewrite(bytes.as_bytes(), &[(draft, &[edit])]).unwrap();
    serde_json::from_slice(&question.allowed(bytes.as_bytes(), &released).unwrap().body).unwrap()
}

#[test]
fn what_passes_says_nothing_so_that_the_agents_own_rules_hold() {
    for body in
        [bash("ls"), read(&json!("x")), input("PermissionRequest", &json!({"tool_name": "Bash", "tool_input": {}}))]
    {
        let bytes = body.to_string();
        let reply = question(&body).allowed(bytes.as_bytes(), bytes.as_bytes()).unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (200, &b"{}"[..]));
    }
}

#[test]
fn a_redacted_call_is_shown_to_the_person_and_a_redacted_result_takes_its_place() {
    assert_eq!(
        edited(&bash("echo hunter2"), "hunter2"),
        json!({"hookSpecificOutput": {
            "hookEventName": "PreToolUse", "permissionDecision": "ask",
            "permissionDecisionReason": "a guard took something out of the tool's input; this is what is left of it",
            "updatedInput": {"command": "echo ***"},
        }})
    );
    assert_eq!(
        edited(&read(&json!({"stdout": "hunter2", "interrupted": false})), "hunter2"),
        json!({"hookSpecificOutput": {
            "hookEventName": "PostToolUse", "updatedToolOutput": {"stdout": "***", "interrupted": false},
        }})
    );
}

fn refused(body: &Value, kind: RefusalKind) -> Value {
    let why = Refusal { kind, reason_code: "r".to_owned(), message: "no".to_owned(), details: Value::Null };
    let context = RefusalContext { decision_id: Some("7".to_owned()), ..RefusalContext::default() };
    let reply = question(body).refused(body.to_string().as_bytes(), &why, &context);
    assert_eq!(reply.status, 200);
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn each_event_is_refused_in_its_own_way() {
    const NO: &str = "no (reason `r`, decision `7`)";
    let permission = |decision: &str, reason: &str| json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": decision, "permissionDecisionReason": reason}});
    for kind in [RefusalKind::Blocked, RefusalKind::GuardFailed, RefusalKind::Unavailable] {
        assert_eq!(refused(&bash("ls"), kind), permission("deny", NO));
    }
    let ask = RefusalKind::ApprovalRequired;
    assert_eq!(refused(&bash("ls"), ask), permission("ask", &format!("a person has to approve this: {NO}")));
    let request = input("PermissionRequest", &json!({"tool_name": "Bash", "tool_input": {}}));
    assert_eq!(refused(&request, ask), json!({}));
    assert_eq!(
        refused(&request, RefusalKind::Blocked),
        json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "deny", "message": NO}}})
    );
    assert_eq!(
        refused(&input("UserPromptSubmit", &json!({"prompt": "p"})), RefusalKind::Blocked),
        json!({"decision": "block", "reason": NO, "hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "suppressOriginalPrompt": true}})
    );
    let stop = |active: bool| input("Stop", &json!({"stop_hook_active": active, "last_assistant_message": "m"}));
    assert_eq!(refused(&stop(false), RefusalKind::Blocked), json!({"decision": "block", "reason": NO}));
    let halt = json!({"continue": false, "stopReason": NO});
    assert_eq!(refused(&stop(true), RefusalKind::Blocked), halt, "else it would never stop");
    assert_eq!(refused(&input("Brand New", &json!({})), RefusalKind::Blocked), halt);
}

#[test]
fn a_refused_result_is_replaced_in_its_own_shape() {
    let output = json!({"stdout": "the secret", "lines": ["a", 7], "ok": true, "a key with words": 1});
    let reply = refused(&read(&output), RefusalKind::Blocked);
    assert_eq!(reply["decision"], "block");
    let shown = &reply["hookSpecificOutput"]["updatedToolOutput"];
    assert_eq!(shown, &json!({"stdout": "", "lines": ["no (reason `r`, decision `7`)", 0], "ok": true}));
    let bare = refused(&read(&json!(42)), RefusalKind::Blocked);
    assert_eq!(bare["hookSpecificOutput"]["updatedToolOutput"], "no (reason `r`, decision `7`)");
}

fn inputs() -> impl Strategy<Value = Value> {
    let names = ["PreToolUse", "PostToolUse", "UserPromptSubmit", "Stop", "Notification", "Elicitation", "Unheard of"];
    (prop::sample::select(names.to_vec()), any_json(), any_json(), any_json()).prop_map(|(name, a, b, c)| {
        let mut body = input(name, &json!({"tool_input": a, "tool_response": b, "message": c}));
        if let Value::Object(more) = c {
            body.as_object_mut().unwrap().extend(more.into_iter().filter(|(key, _)| !key.starts_with("hook")));
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_text_is_inspected_or_listed_but_the_call_that_led_to_a_result(body in inputs().prop_map(with_unique_texts)) {
        if let Ok(question) = parse_question(body.to_string().as_bytes()) {
            let result = question.parsed.events[0].stage == Stage::ToolResult;
            let missed: Vec<_> = uncovered(&body, &question.parsed)
                .into_iter()
                .filter(|(place, text)| !(is_plain_word(text) || result && place.starts_with("/tool_input")))
                .collect();
            prop_assert_eq!(missed, vec![]);
        }
    }

    #[test]
    fn a_refused_result_shows_nothing_of_it(output in any_json().prop_map(with_unique_texts)) {
        let shown = refused(&read(&output), RefusalKind::Blocked).to_string();
        prop_assert!(!shown.contains("secret "), "{}", shown);
    }

    #[test]
    fn no_json_and_no_bytes_make_it_panic(value in any_json(), bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = parse_question(value.to_string().as_bytes());
        let _ = parse_question(&bytes);
    }
}

#[test]
fn a_part_bears_the_id_of_its_call() {
    let question = question(&bash("ls"));
    let part: &Part = &question.parsed.events[0].parts[0];
    assert_eq!(part.call_id.as_deref(), Some("t1"));
}
