//! OpenAI Responses: what passes, what is stopped, whole and streamed.

use serde_json::{Value, json};

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup};

fn config() -> String {
    CHAT.replace("openai_chat", "openai_responses")
}

async fn start(script: Script) -> Gateway {
    Setup::with(&config(), script).start().await
}

async fn ask(gateway: &Gateway, input: Value, stream: bool) -> Reply {
    let body = json!({"model": "m", "stream": stream, "input": input});
    gateway.send(Request::post("/v1/responses", body.to_string())).await
}

fn response(output: Value) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "error": null, "tools": [], "output": output})
}

fn text(text: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn call(arguments: &str) -> Value {
    json!({"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "delete_all", "arguments": arguments, "status": "completed"})
}

fn says(said: &str) -> Script {
    Script::json(200, &response(json!([text(said)])))
}

/// A streamed response with one item, whose text comes in pieces.
fn streams(item: &Value, empty: &Value, kind: &str, pieces: &[&str]) -> Vec<Value> {
    let mut events = vec![
        json!({"type": "response.created", "response": response(json!([]))}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": empty}),
    ];
    let deltas = pieces.iter().map(|piece| {
        json!({"type": format!("response.{kind}.delta"), "item_id": "i", "output_index": 0, "content_index": 0, "delta": piece})
    });
    events.extend(deltas);
    events.extend([
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": response(json!([item]))}),
    ]);
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}

fn texts(pieces: &[&str]) -> Vec<Value> {
    streams(&text(&pieces.concat()), &text(""), "output_text", pieces)
}

#[tokio::test]
async fn what_is_allowed_passes_byte_for_byte_in_both_directions() {
    let answer = "{ \"output\":[{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi \\u00e4\"}]}],\n \"id\":\"resp_1\",\"status\":\"completed\" }";
    let gateway = start(Script::typed(200, "application/json", answer)).await;
    let body = "{ \"model\":\"m\", \"instructions\":\"be brief\",  \"input\":\"hello\" }";
    let reply = gateway.send(Request::post("/v1/responses", body)).await;
    assert_eq!((reply.status, reply.text()), (200, answer.to_owned()));
    assert_eq!(gateway.upstream.bodies(), [body]);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
    assert_eq!(gateway.rows().await[0].surface.as_str(), "openai_responses");
}

#[tokio::test]
async fn a_denied_input_never_reaches_the_upstream() {
    for input in [
        json!("FORBIDDEN"),
        json!([{"role": "user", "content": [{"type": "input_text", "text": "FORBIDDEN"}]}]),
        json!([{"type": "function_call_output", "call_id": "c", "output": "FORBIDDEN"}]),
        json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "FORBIDDEN"}]}]),
        json!([call("{}")]),
    ] {
        for stream in [false, true] {
            let gateway = start(says("never")).await;
            let reply = ask(&gateway, input.clone(), stream).await;
            assert_eq!(reply.error(), (400, "content_filter".to_owned()), "{input}");
            assert!(gateway.upstream.seen().is_empty(), "{input}");
        }
    }
}

#[tokio::test]
async fn a_route_can_refuse_in_the_form_of_an_answer() {
    let gateway = Setup::with(&format!("{}style = \"refusal\"\n", config()), says("never")).start().await;
    let reply = ask(&gateway, json!("FORBIDDEN"), false).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["status"]), (200, &json!("incomplete")));
    assert_eq!(body["incomplete_details"]["reason"], "content_filter");
    assert_eq!(body["output"][0]["content"], json!([{"type": "refusal", "refusal": "that word is not allowed"}]));
    let reply = ask(&gateway, json!("FORBIDDEN"), true).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    assert!(
        reply.text().contains("event: response.refusal.delta\n")
            && reply.text().contains("event: response.incomplete\n")
    );
}

#[tokio::test]
async fn a_denied_call_never_reaches_the_client_whole_or_streamed() {
    let whole = Script::json(200, &response(json!([call("{\"where\":\"everywhere\"}")])));
    let pieces = ["{\"where\":\"every", "where\"}"];
    let events = streams(&call(&pieces.concat()), &call(""), "function_call_arguments", &pieces);
    for (script, stream) in [(whole, false), (Script::events(&events), true)] {
        let gateway = start(script).await;
        let reply = ask(&gateway, json!("go"), stream).await;
        assert_eq!(reply.error(), (400, "content_filter".to_owned()));
        assert!(!reply.text().contains("every"), "{}", reply.text());
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
    assert!(sent.ends_with(&reply.body) && reply.text().starts_with("event: response.created\n"), "{}", reply.text());
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
}

#[tokio::test]
async fn words_cut_across_events_are_refused_and_redacted() {
    let gateway = start(Script::events(&texts(&["FORB", "IDDEN"]))).await;
    let reply = ask(&gateway, json!("go"), true).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));

    let gateway = start(Script::events(&texts(&["it is SEC", "RET!"]))).await;
    let reply = ask(&gateway, json!("go"), true).await;
    assert_eq!((reply.status, reply.header("x-parapet-decision")), (200, Some("redact")));
    assert!(reply.text().contains("it is ******!") && !reply.text().contains("SEC"), "{}", reply.text());
    assert!(reply.text().contains("event: response.completed\n"));
}

#[tokio::test]
async fn redaction_changes_the_secret_in_both_directions() {
    let gateway = start(says("a SECRET b")).await;
    let reply = ask(&gateway, json!([{"role": "user", "content": "my SECRET is"}]), false).await;
    assert!(gateway.upstream.bodies()[0].contains("my ****** is"));
    assert_eq!(reply.json()["output"][0]["content"][0]["text"], "a ****** b");
    assert_eq!(gateway.story().await, ["0 input redact", "1 output redact"]);
}

#[tokio::test]
async fn a_stream_whose_events_tell_something_else_than_the_response_is_not_passed_on() {
    let mut events = texts(&["hel", "lo"]);
    events[2]["delta"] = "FORBIDDEN".into();
    let gateway = start(Script::events(&events)).await;
    let reply = ask(&gateway, json!("go"), true).await;
    assert_eq!(reply.error(), (502, "upstream_error".to_owned()));
    assert!(!reply.text().contains("FORBIDDEN"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn what_is_no_block_is_an_error() {
    let gateway = start(says("never")).await;
    assert_eq!(ask(&gateway, json!("SPIN"), true).await.error(), (400, "guardrail_failed".to_owned()));
    assert_eq!(ask(&gateway, json!("ASKFIRST"), false).await.error(), (400, "approval_required".to_owned()));
    let background = Request::post("/v1/responses", r#"{"input": "x", "background": true}"#);
    assert_eq!(gateway.send(background).await.error(), (400, "malformed_body".to_owned()));
    let earlier = Request::post("/v1/responses", r#"{"input": "x", "previous_response_id": "resp_0"}"#);
    let reply = gateway.send(earlier).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason_code"]), (400, &json!("part_not_inspected")));
    assert!(gateway.upstream.seen().is_empty());
}
