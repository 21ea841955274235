//! Chat completions: what passes, what is stopped, and that nothing of it is skipped.

use serde_json::{Value, json};

use crate::support::client::Request;
use crate::support::upstream::{Script, calls, completion};
use crate::support::{CHAT, Gateway, Setup};

const HELLO: &str = r#"{ "model":"m",  "messages":[{"role":"user","content":"hello \u00e4"}] }"#;

fn asks(text: &str) -> String {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string()
}

fn delta(delta: &Value) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn finish(reason: &str) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

async fn start(script: Script) -> Gateway {
    Setup::chat(script).start().await
}

#[tokio::test]
async fn what_is_allowed_passes_byte_for_byte_in_both_directions() {
    let answer = "{ \"id\":\"c1\",\n \"object\":\"chat.completion\",\"created\":1, \"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi \\u00e4\"},\"finish_reason\":\"stop\"}] }";
    let gateway = start(Script::typed(200, "application/json", answer)).await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!((reply.status, reply.text()), (200, answer.to_owned()));
    assert_eq!(gateway.upstream.bodies(), [HELLO]);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);

    let rows = gateway.rows().await;
    assert_eq!(rows[0].exchange_id, rows[1].exchange_id);
    assert_eq!(reply.header("x-parapet-decision"), Some("allow"));
    assert_eq!(reply.header("x-parapet-decision-id"), Some(rows[0].id.to_string().as_str()));
    assert_eq!(reply.header("x-parapet-guard-set"), Some(rows[0].guard_set.as_str()));
    assert!(reply.header("x-parapet-overhead-us").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(rows[0].coverage.inspected, ["/messages/0/content"]);
    assert_eq!((rows[0].agent.as_str(), rows[0].route.as_str(), &rows[0].content), ("assistant", "chat", &None));
}

#[tokio::test]
async fn a_denied_input_never_reaches_the_upstream() {
    let gateway = start(Script::says("never")).await;
    let reply = gateway.chat(&asks("tell me the FORBIDDEN thing")).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert_eq!(reply.json()["error"]["reason_code"], "forbidden_word");
    assert!(gateway.upstream.seen().is_empty());
    let rows = gateway.rows().await;
    assert_eq!((rows.len(), rows[0].decided_by.as_deref()), (1, Some("words")));
    assert_eq!(reply.header("x-parapet-decision"), Some("deny"));
    assert_eq!(reply.header("x-parapet-decision-id"), Some(rows[0].id.to_string().as_str()));
}

#[tokio::test]
async fn a_denied_tool_call_never_reaches_the_client() {
    let gateway = start(Script::json(200, &calls("delete_all", r#"{"where":"everywhere"}"#))).await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert!(!reply.text().contains("everywhere"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 tool_call deny"]);
}

#[tokio::test]
async fn a_denied_tool_call_in_a_stream_never_reaches_the_client() {
    let call = |call: Value| delta(&json!({"tool_calls": [call]}));
    let gateway = start(Script::stream(&[
        delta(&json!({"role": "assistant", "content": null})),
        call(json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "delete_all", "arguments": ""}})),
        call(json!({"index": 0, "function": {"arguments": "{\"where\":\"every"}})),
        call(json!({"index": 0, "function": {"arguments": "where\"}"}})),
        finish("tool_calls"),
    ]))
    .await;
    let reply = gateway.chat(r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert!(!reply.text().contains("every"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 tool_call deny"]);
}

#[tokio::test]
async fn a_word_cut_across_chunks_is_seen_whole() {
    let stream =
        [delta(&json!({"role": "assistant", "content": "FORB"})), delta(&json!({"content": "IDDEN"})), finish("stop")];
    let gateway = start(Script::stream(&stream)).await;
    let reply = gateway.chat(r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
}

#[tokio::test]
async fn an_allowed_stream_passes_byte_for_byte() {
    let stream =
        [delta(&json!({"role": "assistant", "content": "hel"})), delta(&json!({"content": "lo"})), finish("stop")];
    let gateway = start(Script::stream(&stream)).await;
    let reply = gateway.chat(r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#).await;
    let Script::Bytes(sent) = Script::stream(&stream) else { panic!() };
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(sent.ends_with(&reply.body) && reply.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn what_a_stream_holds_beside_its_chunks_does_not_reach_the_client() {
    let chunks = [delta(&json!({"role": "assistant", "content": "hello"})), finish("stop")];
    let body = format!(
        ": unjudged comment\n\nevent: unjudged-name\nid: unjudged-id\ndata: {}\n\ndata: {}\n\ndata: [DONE]\n\n: unjudged end\n\n",
        chunks[0], chunks[1]
    );
    let gateway = start(Script::typed(200, "text/event-stream", body)).await;
    let reply = gateway.chat(r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("hello") && reply.text().ends_with("data: [DONE]\n\n"), "{}", reply.text());
    assert!(!reply.text().contains("unjudged"), "{}", reply.text());
}

#[tokio::test]
async fn a_secret_cut_across_chunks_is_redacted() {
    let stream = [
        delta(&json!({"role": "assistant", "content": "it is SEC"})),
        delta(&json!({"content": "RET!"})),
        finish("stop"),
    ];
    let gateway = start(Script::stream(&stream)).await;
    let reply = gateway.chat(r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("it is ******!") && !reply.text().contains("SEC"), "{}", reply.text());
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(reply.header("x-parapet-decision"), Some("redact"));
}

#[tokio::test]
async fn one_bad_choice_of_several_refuses_the_answer() {
    let gateway = start(Script::json(200, &completion(&["fine", "FORBIDDEN", "fine too"]))).await;
    let reply = gateway.chat(r#"{"model":"m","n":3,"messages":[{"role":"user","content":"go"}]}"#).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert!(!reply.text().contains("fine"));
}

#[tokio::test]
async fn redaction_changes_the_secret_and_no_other_byte() {
    let answer = "{\"choices\": [ {\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a SECRET b\"},\"finish_reason\":\"stop\"} ], \"id\":\"c\"}";
    let gateway = start(Script::typed(200, "application/json", answer)).await;
    let request = "{\"model\" : \"m\", \"messages\":[{\"role\":\"user\",\"content\":\"my SECRET is\"}]}";
    let reply = gateway.chat(request).await;
    assert_eq!(gateway.upstream.bodies(), [request.replace("SECRET", "******")]);
    assert_eq!((reply.status, reply.text()), (200, answer.replace("SECRET", "******")));
    assert_eq!(gateway.story().await, ["0 input redact", "1 output redact"]);
}

#[tokio::test]
async fn a_question_for_a_person_is_refused_until_it_is_answered() {
    let gateway = start(Script::says("never")).await;
    let reply = gateway.chat(&asks("ASKFIRST please")).await;
    assert_eq!(reply.error(), (400, "approval_required".to_owned()));
    let asked = gateway.rows().await.pop().unwrap();
    assert_eq!(reply.header("x-parapet-decision-id"), Some(asked.id.to_string().as_str()));
    let approval = asked.approval.unwrap().id;
    assert_eq!(reply.header("location"), Some(format!("/v1/approvals/{approval}").as_str()));
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_guard_that_fails_is_told_apart_from_a_block() {
    let gateway = start(Script::says("never")).await;
    let reply = gateway.chat(&asks("SPIN")).await;
    assert_eq!(reply.error(), (400, "guardrail_failed".to_owned()));
    assert_eq!(reply.json()["error"]["reason_code"], "guard_out_of_fuel");
    assert!(gateway.upstream.seen().is_empty());
    let rows = gateway.rows().await;
    assert_eq!(rows[0].coverage.inspected, [""; 0]);
    assert_eq!(rows[0].coverage.not_inspected[0].reason, "guard_failed");
}

#[tokio::test]
async fn every_event_of_a_request_is_judged_and_recorded_even_when_one_is_refused() {
    let gateway = start(Script::says("never")).await;
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}});
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": null, "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "a", "content": "harmless"},
        {"role": "tool", "tool_call_id": "b", "content": "FORBIDDEN"}]});
    let reply = gateway.chat(&body.to_string()).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    let story = gateway.story().await;
    assert_eq!(story.len(), 3, "{story:?}");
    assert!(
        story[0].ends_with("input allow")
            && story[1].ends_with("tool_result allow")
            && story[2].ends_with("tool_result deny"),
        "{story:?}"
    );
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_route_can_refuse_in_the_form_of_an_answer() {
    let gateway = Setup::with(&format!("{CHAT}style = \"refusal\"\n"), Script::says("never")).start().await;
    let reply = gateway.chat(&asks("FORBIDDEN")).await;
    assert_eq!((reply.status, &reply.json()["choices"][0]["finish_reason"]), (200, &json!("content_filter")));
    assert_eq!(reply.header("x-parapet-decision"), Some("deny"));
}

#[tokio::test]
async fn content_is_stored_only_where_the_route_says_so_and_then_redacted() {
    let gateway = Setup::with(&format!("{CHAT}store_content = true\n"), Script::says("fine")).start().await;
    gateway.chat(&asks("my SECRET is")).await;
    let stored = gateway.rows().await[0].content.clone().unwrap();
    assert_eq!(stored, json!([{"pointer": "/messages/0/content", "text": "my ****** is"}]));
}

#[tokio::test]
async fn content_that_is_refused_is_stored_as_a_digest() {
    let gateway = Setup::with(&format!("{CHAT}store_content = true\n"), Script::says("never")).start().await;
    gateway.chat(&asks("FORBIDDEN übel")).await;
    let stored = gateway.rows().await[0].content.clone().unwrap();
    let digest = parapet_domain::digest::keyed("part", &[7; 32], "FORBIDDEN übel".as_bytes());
    assert_eq!(stored, json!([{"pointer": "/messages/0/content", "digest": digest, "chars": 14}]));
}

#[tokio::test]
async fn what_no_guard_judges_passes_only_where_the_route_says_so() {
    let stranger = CHAT.replace("agent = \"assistant\"", "agent = \"stranger\"");
    let gateway = Setup::with(&stranger, Script::says("never")).start().await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason_code"]), (400, &json!("no_guard_matched")));
    assert!(gateway.upstream.seen().is_empty());

    let gateway = Setup::with(&format!("{stranger}no_guard = \"allow\"\n"), Script::says("fine")).start().await;
    assert_eq!(gateway.chat(HELLO).await.status, 200);
    let rows = gateway.rows().await;
    assert_eq!(
        (rows[0].coverage.inspected.len(), rows[0].coverage.not_inspected[0].reason.as_str()),
        (0, "no_guard_matched")
    );
}

#[tokio::test]
async fn what_cannot_be_inspected_passes_only_where_the_route_says_so() {
    let image = json!({"model": "m", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "what is this"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]});
    let gateway = start(Script::says("never")).await;
    let reply = gateway.chat(&image.to_string()).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason_code"]), (400, &json!("part_not_inspected")));
    assert!(gateway.upstream.seen().is_empty());

    let gateway = Setup::with(&format!("{CHAT}not_inspected = \"allow\"\n"), Script::says("fine")).start().await;
    assert_eq!(gateway.chat(&image.to_string()).await.status, 200);
    assert_eq!(gateway.rows().await[0].coverage.not_inspected[0].reason, "image");
}

#[tokio::test]
async fn no_header_of_a_caller_switches_a_guard_off() {
    let gateway = start(Script::says("never")).await;
    let mut request = Request::chat(&asks("FORBIDDEN"));
    for name in [
        "x-parapet-guard",
        "x-parapet-skip",
        "x-parapet-mode",
        "x-parapet-decision",
        "x-guardrails",
        "x-litellm-disable-guardrails",
    ] {
        request = request.add(name, "off");
    }
    assert_eq!(gateway.send(request).await.error(), (400, "content_filter".to_owned()));
    assert_eq!(gateway.rows().await.len(), 1);
}

#[tokio::test]
async fn a_redaction_that_would_break_the_body_refuses_it_and_the_record_says_so() {
    let gateway = start(Script::json(200, &calls("look", r#"{"what":"BREAK"}"#))).await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason_code"]), (400, &json!("redaction_impossible")));
    assert_eq!(reply.header("x-parapet-decision"), Some("deny"));
    let row = &gateway.rows().await[1];
    assert_eq!((row.enforced.as_str(), row.reason_code.as_str()), ("deny", "redaction_impossible"));
}

#[tokio::test]
async fn details_are_shown_unless_the_route_hides_them() {
    let gateway = start(Script::says("never")).await;
    assert_eq!(gateway.chat(&asks("FORBIDDEN")).await.json()["error"]["details"], json!({"part": 0}));
    let gateway = Setup::with(&format!("{CHAT}hide_details = true\n"), Script::says("never")).start().await;
    assert_eq!(gateway.chat(&asks("FORBIDDEN")).await.json()["error"]["details"], Value::Null);
}
