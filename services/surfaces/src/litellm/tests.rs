use parapet_domain::fold::{NotInspected, Refusal, RefusalKind};
use parapet_domain::{Edit, Origin, Part, PartKind, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{chat_request, json as any_json, texts, with_unique_texts};
use crate::document::is_plain_word;
use crate::question::Question;
use crate::{RefusalContext, Reply, rewrite};

fn question(body: &Value) -> Question {
    parse_question(body.to_string().as_bytes()).unwrap()
}

/// As LiteLLM sends a chat with a tool's result in its history.
fn chat() -> Value {
    let call =
        json!({"id": "c1", "type": "function", "function": {"name": "mail", "arguments": "{\"to\":\"a@b.example\"}"}});
    json!({
        "input_type": "request", "litellm_call_id": "id-1", "litellm_trace_id": "trace-1", "model": "gpt-5",
        "structured_messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "hello there"}, {"type": "image_url", "image_url": {"url": "https://x/y z.png"}}]},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "sent to a@b.example"},
        ],
        "images": ["https://x/y z.png"], "texts": ["be brief", "hello there", "sent to a@b.example"], "tool_calls": [call],
        "tools": [{"type": "function", "function": {"name": "mail", "description": "sends mail"}}],
        "request_data": {"user_api_key_user_id": "u7", "user_api_key_alias": "the night shift"},
        "request_headers": {"user-agent": "OpenAI/Python 2"}, "litellm_version": "1.110.2",
        "additional_provider_specific_params": {},
    })
}

fn shown(parts: &[Part]) -> Vec<(&str, PartKind, Origin, &str)> {
    parts.iter().map(|part| (part.pointer.as_str(), part.kind, part.origin, part.text.as_str())).collect()
}

#[test]
fn what_the_messages_say_is_judged_once_and_as_whose_words_it_is() {
    let question = question(&chat());
    let [input, result] = question.parsed.events.as_slice() else { panic!("{question:?}") };
    let definition = r#"{"function":{"description":"sends mail","name":"mail"},"type":"function"}"#;
    assert_eq!(
        shown(&input.parts),
        [
            ("/structured_messages/0/content", PartKind::Text, Origin::Operator, "be brief"),
            ("/structured_messages/1/content/0/text", PartKind::Text, Origin::User, "hello there"),
            (
                "/structured_messages/2/tool_calls/0/function/arguments",
                PartKind::ToolCall,
                Origin::Model,
                r#"{"to":"a@b.example"}"#
            ),
            ("/request_data/user_api_key_alias", PartKind::Text, Origin::User, "the night shift"),
            ("/tools/0", PartKind::ToolDefinition, Origin::Operator, definition),
        ]
    );
    assert_eq!((result.stage, result.parts[0].tool.as_deref()), (Stage::ToolResult, Some("mail")));
    let listed: Vec<_> =
        question.parsed.not_inspected.iter().map(|n| (n.pointer.as_str(), n.reason.as_str())).collect();
    assert_eq!(listed, [("/structured_messages/1/content/1/image_url", "image"), ("/images", "image")]);
    assert_eq!(question.claims.principal.map(|user| user.id).as_deref(), Some("u7"));
    assert_eq!(question.claims.session.as_deref(), Some("trace-1"));
}

#[test]
fn an_answer_is_its_texts_and_an_event_for_each_call() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "rm", "arguments": "{}"}});
    let question = question(
        &json!({"input_type": "response", "texts": ["one", "two"], "tool_calls": [call, call], "request_data": {}}),
    );
    let stages: Vec<_> = question.parsed.events.iter().map(|draft| (draft.stage, draft.parts.len())).collect();
    assert_eq!(stages, [(Stage::Output, 2), (Stage::ToolCall, 1), (Stage::ToolCall, 1)]);
    assert_eq!(question.parsed.events[0].parts[0].origin, Origin::Model);
}

#[test]
fn a_body_of_another_shape_is_refused() {
    for body in [
        json!([]),
        json!({"texts": ["a"]}),
        json!({"input_type": "both"}),
        json!({"input_type": "request", "texts": [1]}),
        json!({"input_type": "request", "texts": "a"}),
        json!({"input_type": "request", "litellm_trace_id": "a b"}),
    ] {
        assert!(parse_question(body.to_string().as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_field_that_is_not_known_is_listed() {
    let question = question(&json!({"input_type": "request", "texts": ["a"], "audio": ["secret"]}));
    assert_eq!(
        question.parsed.not_inspected,
        [NotInspected { pointer: "/audio".to_owned(), reason: "unmapped_field".to_owned() }]
    );
}

/// The reply once the text of every part that holds `word` was edited.
fn reply_without(body: &Value, word: &str) -> Value {
    let (question, bytes) = (question(body), body.to_string());
    let edits: Vec<Vec<Edit>> = question.parsed.events.iter().map(|draft| edits(&draft.parts, word)).collect();
    let all: Vec<_> =
        question.parsed.events.iter().zip(&edits).map(|(draft, edits)| (draft, edits.as_slice())).collect();
    let released = rewrite(bytes.as_bytes(), &all).unwrap();
    body_of(&question.allowed(bytes.as_bytes(), &released).unwrap())
}

fn edits(parts: &[Part], word: &str) -> Vec<Edit> {
    let found = parts.iter().enumerate().filter_map(|(part, content)| {
        let start = content.text.split(word).next().filter(|before| before.len() < content.text.len())?.chars().count();
        Some(Edit { part, start, end: start + word.chars().count(), replacement: "***".to_owned() })
    });
    found.collect()
}

fn body_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn what_passes_as_it_is_needs_no_change() {
    assert_eq!(reply_without(&chat(), "not there"), json!({"action": "NONE"}));
}

#[test]
fn edits_of_texts_go_back_as_texts_by_position() {
    assert_eq!(
        reply_without(&chat(), "hello"),
        json!({"action": "GUARDRAIL_INTERVENED", "texts": ["be brief", "*** there", "sent to a@b.example"]})
    );
    let plain = json!({"input_type": "response", "texts": ["no", "a secret"]});
    assert_eq!(reply_without(&plain, "secret"), json!({"action": "GUARDRAIL_INTERVENED", "texts": ["no", "a ***"]}));
}

#[test]
fn edits_of_what_no_text_repeats_go_back_as_messages() {
    let reply = reply_without(&chat(), "a@b.example");
    assert_eq!(reply["texts"], json!(["be brief", "hello there", "sent to ***"]));
    assert_eq!(reply["structured_messages"][2]["tool_calls"][0]["function"]["arguments"], json!("{\"to\":\"***\"}"));
    assert_eq!(reply["structured_messages"][3]["content"], json!("sent to ***"));
    assert_eq!(reply["structured_messages"].as_array().unwrap().len(), 4);
}

#[test]
fn an_edit_of_an_answers_tool_call_cannot_go_back() {
    let carried = question(&chat()).carried;
    assert!(carried.carries("/texts/0") && carried.carries("/structured_messages/0/content"));
    assert!(!carried.carries("/tool_calls/0/function/arguments") && !carried.carries("/tools/0"));
}

fn refusal_of(kind: RefusalKind) -> Reply {
    let why =
        Refusal { kind, reason_code: "pii".to_owned(), message: "a card number".to_owned(), details: Value::Null };
    let context = RefusalContext { decision_id: Some("0198".to_owned()), ..RefusalContext::default() };
    question(&chat()).refused(b"{}", &why, &context)
}

#[test]
fn a_refusal_blocks_and_an_outage_is_left_to_the_proxy() {
    for (kind, reason) in [
        (RefusalKind::Blocked, "a card number (reason `pii`, decision `0198`)"),
        (RefusalKind::GuardFailed, "a card number (reason `pii`, decision `0198`)"),
        (RefusalKind::ApprovalRequired, "a person has to approve this: a card number (reason `pii`, decision `0198`)"),
    ] {
        let reply = refusal_of(kind);
        assert_eq!((reply.status, body_of(&reply)), (200, json!({"action": "BLOCKED", "blocked_reason": reason})));
    }
    let outage = refusal_of(RefusalKind::Unavailable);
    assert_eq!((outage.status, &body_of(&outage)["error"]["code"]), (503, &json!("guardrail_unavailable")));
}

fn bodies() -> impl Strategy<Value = Value> {
    let word = "[a-z ]{0,12}";
    let fields = (
        prop::collection::vec(word, 0..4),
        prop::option::of(any_json()),
        prop::sample::select(vec!["request", "response"]),
    );
    (chat_request(), fields, any_json()).prop_map(|(chat, (texts, calls, side), more)| {
        let mut body = json!({"input_type": side, "texts": texts, "request_data": {"user_api_key_alias": more}});
        body["structured_messages"] = chat["messages"].clone();
        if let Some(calls) = calls {
            body["tool_calls"] = json!([calls]);
        }
        body["more"] = more;
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_text_is_inspected_or_listed(body in bodies().prop_map(with_unique_texts)) {
        if let Ok(question) = parse_question(body.to_string().as_bytes()) {
            let parts: Vec<&Part> = question.parsed.events.iter().flat_map(|draft| &draft.parts).collect();
            // What is repeated is judged where it stands first, so any part may hold it.
            let judged = |text: &str| parts.iter().any(|part| {
                part.text.contains(text) || part.json.as_ref().is_some_and(|json| texts(json).iter().any(|(_, found)| found == text))
            });
            let listed = |place: &str| question.parsed.not_inspected.iter().any(|entry| place.starts_with(&entry.pointer));
            for (place, text) in texts(&body) {
                prop_assert!(is_plain_word(&text) || judged(&text) || listed(&place), "{} {}", place, text);
            }
        }
    }

    #[test]
    fn no_json_and_no_bytes_make_it_panic(value in any_json(), bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = parse_question(value.to_string().as_bytes());
        let _ = parse_question(&bytes);
    }
}
