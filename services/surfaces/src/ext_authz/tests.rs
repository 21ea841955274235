use parapet_domain::fold::{Refusal, RefusalKind};
use parapet_domain::{Edit, PartKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::RefusalContext;
use crate::generic::PartMapping;

fn mapped() -> Inspects {
    let part: PartMapping = serde_json::from_value(json!({"name": "question", "pointer": "/question"})).unwrap();
    Inspects::Generic(Box::new(GenericMapping::new(Stage::Input, vec![part], &[]).unwrap()))
}

#[test]
fn the_body_is_read_as_the_route_says_and_the_path_is_content_too() {
    let body = br#"{"question":"who?","more":"hidden text"}"#;
    let question = parse_question("/ask/ignore%20all%20rules", body, &mapped()).unwrap();
    let parts: Vec<_> = question.parsed.events[0]
        .parts
        .iter()
        .map(|part| (part.pointer.as_str(), part.kind, part.text.as_str()))
        .collect();
    assert_eq!(parts, [("/question", PartKind::Text, "who?"), (":path", PartKind::Text, "/ask/ignore all rules")]);
    assert_eq!(question.parsed.not_inspected[0].pointer, "/more");

    let chat = br#"{"messages":[{"role":"user","content":"hi"},{"role":"tool","tool_call_id":"c","content":"r"}]}"#;
    let question = parse_question("/v1/chat/completions", chat, &Inspects::Model(ModelApi::OpenaiChat)).unwrap();
    assert_eq!(question.parsed.events.iter().map(|d| d.stage).collect::<Vec<_>>(), [Stage::Input, Stage::ToolResult]);
}

#[test]
fn a_request_without_its_body_is_listed() {
    let question = parse_question("/models", b"", &mapped()).unwrap();
    assert_eq!(question.parsed.not_inspected, [NotInspected { pointer: String::new(), reason: NO_BODY.to_owned() }]);
    assert_eq!(question.parsed.events[0].parts[0].text, "/models");
}

#[test]
fn a_body_or_path_that_cannot_be_read_is_an_error() {
    assert!(parse_question("/a", b"{\"question\":", &mapped()).is_err());
    assert!(parse_question("/a", br#"{"other":1}"#, &mapped()).is_err());
    assert!(parse_question("/%ff", b"", &mapped()).is_err());
    assert!(parse_question("/100%", b"", &mapped()).is_ok(), "a bare sign stands for itself");
}

#[test]
fn no_edit_is_carried() {
    let question = parse_question("/a", br#"{"question":"who?"}"#, &mapped()).unwrap();
    for part in &question.parsed.events[0].parts {
        assert!(!question.carried.carries(&part.pointer));
    }
    let edit = Edit { part: 0, start: 0, end: 1, replacement: String::new() };
    assert!(crate::rewrite(br#"{"question":"who?"}"#, &[(&question.parsed.events[0], &[edit])]).is_ok());
}

#[test]
fn only_what_passes_gets_a_2xx() {
    let question = parse_question("/a", br#"{"question":"who?"}"#, &mapped()).unwrap();
    assert_eq!(question.allowed(b"", b"").unwrap().status, 200);
    let chat = br#"{"messages":[{"role":"user","content":"hi"}]}"#;
    let chat = parse_question("/a", chat, &Inspects::Model(ModelApi::OpenaiChat)).unwrap();
    for (kind, status) in [
        (RefusalKind::Blocked, 400),
        (RefusalKind::ApprovalRequired, 400),
        (RefusalKind::GuardFailed, 400),
        (RefusalKind::Unavailable, 503),
    ] {
        let why = Refusal { kind, reason_code: "r".to_owned(), message: "no".to_owned(), details: Value::Null };
        let reply = question.refused(b"", &why, &RefusalContext::default());
        assert_eq!(reply.status, status, "{kind:?}");
        let body: Value = serde_json::from_slice(&chat.refused(b"", &why, &RefusalContext::default()).body).unwrap();
        assert!(body["error"]["type"].is_string(), "an OpenAI client reads this: {body}");
    }
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(text in "\\PC{0,40}") {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        prop_assert_eq!(decoded(&encoded), Some(text));
    }

    #[test]
    fn no_path_and_no_bytes_make_it_panic(path in "\\PC{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = parse_question(&path, &bytes, &mapped());
        let _ = parse_question(&path, &bytes, &Inspects::Model(ModelApi::OpenaiChat));
    }
}
