use parapet_domain::fold::{Refusal, RefusalKind};

use super::*;
use crate::{Fault, RefusalContext};

fn refusal(kind: RefusalKind) -> Refusal {
    Refusal { kind, reason_code: "word".to_owned(), message: "not that.".to_owned(), details: json!({"n": 1}) }
}

fn context() -> RefusalContext {
    RefusalContext { decision_id: Some("d-1".to_owned()), show_details: true, ..RefusalContext::default() }
}

fn id() -> RequestId {
    let Kind::Request { id, .. } =
        Message::parse(br#"{"jsonrpc":"2.0","id":"q","method":"ping"}"#).unwrap().kind().clone()
    else {
        panic!()
    };
    id
}

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_refused_call_is_a_result_that_says_what_to_do() {
    let reply = read(&refused_reply(&id(), "tools/call", &refusal(RefusalKind::Blocked), &context()));
    assert_eq!((&reply["id"], &reply["result"]["isError"]), (&json!("q"), &json!(true)));
    assert_eq!(
        reply["result"]["content"][0]["text"],
        "This was refused by a guardrail: not that (reason word, decision d-1). Do not send it again unchanged: change what was refused, go on without it, or tell the user."
    );
    assert_eq!(
        reply["result"]["_meta"]["parapet/refusal"],
        json!({"code": "content_filter", "reason_code": "word", "decision_id": "d-1", "details": {"n": 1}})
    );
}

#[test]
fn a_call_that_waits_for_a_person_names_the_decision() {
    let context = RefusalContext { location: Some("/v1/approvals/a-1".to_owned()), ..context() };
    let reply = read(&refused_reply(&id(), "tools/call", &refusal(RefusalKind::ApprovalRequired), &context));
    assert_eq!(reply["result"]["_meta"]["parapet/refusal"]["location"], "/v1/approvals/a-1");
    let text = reply["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("A person has to approve this first")
            && text.contains("decision d-1, approval /v1/approvals/a-1)")
            && text.contains("repeat exactly the same call"),
        "{text}"
    );
}

#[test]
fn anything_else_that_is_refused_is_an_error_with_a_code_of_ours() {
    for (kind, code) in [
        (RefusalKind::Blocked, -32050),
        (RefusalKind::ApprovalRequired, -32051),
        (RefusalKind::GuardFailed, -32052),
        (RefusalKind::Unavailable, -32053),
    ] {
        let hidden = RefusalContext { show_details: false, ..context() };
        let reply = read(&refused_reply(&id(), "resources/read", &refusal(kind), &hidden));
        assert_eq!((&reply["error"]["code"], &reply["result"]), (&json!(code), &Value::Null));
        assert_eq!(reply["error"]["data"], json!({"code": kind.code(), "reason_code": "word", "decision_id": "d-1"}));
    }
}

#[test]
fn faults_and_bad_messages_are_errors() {
    let reply = read(&fault_reply(Some(&id()), Fault::UpstreamTimeout, "too slow"));
    assert_eq!(
        reply,
        json!({"jsonrpc": "2.0", "id": "q", "error": {"code": -32054, "message": "too slow", "data": {"code": "upstream_timeout"}}})
    );
    let error = Message::parse(b"[").unwrap_err();
    assert_eq!(
        (&read(&error_reply(&error))["id"], &read(&error_reply(&error))["error"]["code"]),
        (&Value::Null, &json!(-32700))
    );
}
