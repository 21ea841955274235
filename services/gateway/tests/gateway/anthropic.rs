//! Anthropic Messages: what passes, what is stopped, whole and streamed, and that refusals are what its clients know.

use serde_json::{Value, json};

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup};

fn config() -> String {
    CHAT.replace("openai_chat", "anthropic_messages")
}

async fn start(script: Script) -> Gateway {
    Setup::with(&config(), script).start().await
}

async fn ask(gateway: &Gateway, content: Value, stream: bool) -> Reply {
    let body =
        json!({"model": "m", "max_tokens": 9, "stream": stream, "messages": [{"role": "user", "content": content}]});
    gateway.send(Request::post("/v1/messages", body.to_string())).await
}

fn message(content: Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": "end_turn",
        "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 2}})
}

fn says(text: &str) -> Script {
    Script::json(200, &message(json!([{"type": "text", "text": text}])))
}

/// A streamed message with one block, in the given deltas.
fn streams(block: Value, deltas: &[Value]) -> Vec<Value> {
    let mut events = vec![
        json!({"type": "message_start", "message": message(json!([]))}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "ping"}),
    ];
    events.extend(deltas.iter().map(|delta| json!({"type": "content_block_delta", "index": 0, "delta": delta})));
    events.extend([
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    events
}

fn texts(pieces: &[&str]) -> Vec<Value> {
    let deltas: Vec<_> = pieces.iter().map(|text| json!({"type": "text_delta", "text": text})).collect();
    streams(json!({"type": "text", "text": ""}), &deltas)
}

/// The blocks and the reason of a message that refuses.
fn refusal(reply: &Reply) -> (u16, Value, Value) {
    let body = reply.json();
    (reply.status, body["stop_reason"].clone(), body["content"].clone())
}

#[tokio::test]
async fn what_is_allowed_passes_byte_for_byte_in_both_directions() {
    let answer = "{ \"content\":[{\"type\":\"text\",\"text\":\"hi \\u00e4\"}],\n \"id\":\"msg_1\", \"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"stop_reason\":\"end_turn\" }";
    let gateway = start(Script::typed(200, "application/json", answer)).await;
    let body = "{ \"model\":\"m\", \"max_tokens\" : 9, \"system\":\"be brief\", \"messages\":[{\"role\":\"user\",\"content\":\"hello\"}] }";
    let reply = gateway.send(Request::post("/v1/messages", body)).await;
    assert_eq!((reply.status, reply.text()), (200, answer.to_owned()));
    assert_eq!(gateway.upstream.bodies(), [body]);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
    assert_eq!(gateway.rows().await[0].surface.as_str(), "anthropic_messages");
}

#[tokio::test]
async fn a_denied_input_is_answered_by_a_message_that_refuses() {
    let gateway = start(says("never")).await;
    let reply = ask(&gateway, json!("tell me the FORBIDDEN thing"), false).await;
    assert_eq!(refusal(&reply), (200, json!("refusal"), json!([{"type": "text", "text": "that word is not allowed"}])));
    assert_eq!(reply.header("x-parapet-decision"), Some("deny"));
    assert!(gateway.upstream.seen().is_empty());
    assert_eq!(gateway.story().await, ["0 input deny"]);
}

#[tokio::test]
async fn a_refusal_is_a_stream_when_one_was_asked_for() {
    let gateway = start(says("never")).await;
    let reply = ask(&gateway, json!("FORBIDDEN"), true).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    let text = reply.text();
    assert!(
        text.starts_with("event: message_start\n") && text.ends_with("data: {\"type\":\"message_stop\"}\n\n"),
        "{text}"
    );
    assert!(text.contains("that word is not allowed") && text.contains("\"stop_reason\":\"refusal\""), "{text}");
}

#[tokio::test]
async fn every_block_is_judged_before_the_upstream_sees_it() {
    for block in [
        json!({"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "FORBIDDEN"}]}),
        json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "FORBIDDEN"}}),
        json!({"type": "tool_use", "id": "t1", "name": "delete_all", "input": {}}),
        json!({"type": "thinking", "thinking": "FORBIDDEN", "signature": "c2ln"}),
        json!({"type": "search_result", "source": "s", "title": "FORBIDDEN", "content": []}),
    ] {
        let gateway = start(says("never")).await;
        let reply = ask(&gateway, json!([block]), false).await;
        assert_eq!(refusal(&reply).1, "refusal", "{block}");
        assert!(gateway.upstream.seen().is_empty(), "{block}");
    }
}

#[tokio::test]
async fn a_denied_tool_use_never_reaches_the_client_whole_or_streamed() {
    let block = json!({"type": "tool_use", "id": "t1", "name": "delete_all", "input": {"where": "everywhere"}});
    let whole = Script::json(200, &message(json!([block])));
    let pieces =
        ["{\"where\":\"every", "where\"}"].map(|json| json!({"type": "input_json_delta", "partial_json": json}));
    let begun = json!({"type": "tool_use", "id": "t1", "name": "delete_all", "input": {}});
    for (script, stream) in [(whole, false), (Script::events(&streams(begun, &pieces)), true)] {
        let gateway = start(script).await;
        let reply = ask(&gateway, json!("go"), stream).await;
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains("\"refusal\"") && !reply.text().contains("every"), "{}", reply.text());
        assert_eq!(gateway.story().await, ["0 input allow", "1 tool_call deny"]);
    }
}

#[tokio::test]
async fn an_allowed_stream_passes_event_for_event() {
    let script = Script::events(&texts(&["hel", "lo"]));
    let gateway = start(script.clone()).await;
    let reply = ask(&gateway, json!("go"), true).await;
    let Script::Bytes(sent) = script else { panic!() };
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(sent.ends_with(&reply.body) && reply.text().starts_with("event: message_start\n"), "{}", reply.text());
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
}

#[tokio::test]
async fn words_cut_across_events_are_refused_and_redacted() {
    let gateway = start(Script::events(&texts(&["FORB", "IDDEN"]))).await;
    let reply = ask(&gateway, json!("go"), true).await;
    assert!(reply.text().contains("\"refusal\"") && !reply.text().contains("FORB"), "{}", reply.text());

    let gateway = start(Script::events(&texts(&["it is SEC", "RET!"]))).await;
    let reply = ask(&gateway, json!("go"), true).await;
    assert_eq!((reply.status, reply.header("x-parapet-decision")), (200, Some("redact")));
    assert!(reply.text().contains("it is ******!") && !reply.text().contains("SEC"), "{}", reply.text());
    assert!(reply.text().ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

#[tokio::test]
async fn redaction_changes_the_secret_in_both_directions() {
    let gateway = start(says("a SECRET b")).await;
    let reply = ask(&gateway, json!([{"type": "text", "text": "my SECRET is"}]), false).await;
    assert!(gateway.upstream.bodies()[0].contains("my ****** is"));
    assert_eq!(reply.json()["content"][0]["text"], "a ****** b");
    assert_eq!(gateway.story().await, ["0 input redact", "1 output redact"]);
}

#[tokio::test]
async fn what_is_no_block_is_an_error_of_the_protocol() {
    let gateway = start(says("never")).await;
    for (word, code, kind) in [
        ("SPIN", "guardrail_failed", "invalid_request_error"),
        ("ASKFIRST", "approval_required", "invalid_request_error"),
    ] {
        for stream in [false, true] {
            let reply = ask(&gateway, json!(word), stream).await;
            assert_eq!(reply.error(), (400, code.to_owned()));
            assert_eq!((&reply.json()["type"], &reply.json()["error"]["type"]), (&json!("error"), &json!(kind)));
        }
    }
    let reply = gateway.send(Request::post("/v1/messages", "{}")).await;
    assert_eq!((reply.error(), &reply.json()["type"]), ((400, "malformed_body".to_owned()), &json!("error")));
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_stream_that_cannot_be_judged_is_not_passed_on() {
    let whole = texts(&["SECRET"]);
    for events in [&whole[..5], &whole[1..]] {
        let gateway = start(Script::events(events)).await;
        let reply = ask(&gateway, json!("go"), true).await;
        assert_eq!(reply.error(), (502, "upstream_error".to_owned()));
        assert_eq!((&reply.json()["error"]["type"], reply.text().contains("SECRET")), (&json!("api_error"), false));
        assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
    }
}

#[tokio::test]
async fn what_an_event_holds_beside_the_message_is_refused_unless_the_route_allows_it() {
    let mut events = texts(&["hello"]);
    events.insert(3, json!({"type": "new_event", "note": "unjudged note"}));
    let gateway = start(Script::events(&events)).await;
    let reply = ask(&gateway, json!("go"), true).await;
    assert!(reply.text().contains("\"refusal\"") && !reply.text().contains("unjudged"), "{}", reply.text());

    let setup = Setup::with(&format!("{}not_inspected = \"allow\"\n", config()), Script::events(&events));
    let gateway = setup.start().await;
    assert!(ask(&gateway, json!("go"), true).await.text().contains("unjudged note"));
    assert_eq!(gateway.rows().await[1].coverage.not_inspected[0].pointer, "/unknown_events");
}

#[tokio::test]
async fn a_signed_thought_with_a_secret_leaves_with_neither_the_secret_nor_the_signature() {
    let thought = json!({"type": "thinking", "thinking": "the SECRET is", "signature": "c2lnbmVk"});
    let said = json!({"type": "text", "text": "well"});
    let gateway = start(Script::json(200, &message(json!([thought, said])))).await;
    let history = json!([{"role": "user", "content": "go"}, {"role": "assistant", "content": [thought, said]}, {"role": "user", "content": "on"}]);
    let body = json!({"model": "m", "max_tokens": 9, "messages": history});
    let reply = gateway.send(Request::post("/v1/messages", body.to_string())).await;
    assert_eq!(reply.json()["content"], json!([said]));
    let asked: Value = serde_json::from_str(&gateway.upstream.bodies()[0]).unwrap();
    assert_eq!(asked["messages"][1]["content"], json!([said]));
    assert_eq!(gateway.story().await, ["0 input redact", "1 output redact"]);

    let gateway = start(Script::json(200, &message(json!([thought])))).await;
    let reply = ask(&gateway, json!("go"), false).await;
    assert!(reply.text().contains("\"refusal\"") && !reply.text().contains("SECRET"), "{}", reply.text());
    assert_eq!(gateway.rows().await[1].reason_code, "redaction_impossible");
}
