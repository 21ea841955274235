//! Anthropic's streamed messages in windows: text leaves while its block grows, calls and thoughts when they are complete, and nothing before
//! it is judged and recorded.

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::client::Request;
use crate::support::upstream::Script;
use crate::support::{CHAT, Setup};
use crate::windows::{Caller, WINDOWS, start_with};

const ASK: &str = r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"go"}]}"#;
const STOP: &str = "data: {\"type\":\"message_stop\"}";

fn config(settings: &str) -> String {
    format!("{}{settings}\n", CHAT.replace("openai_chat", "anthropic_messages"))
}

fn ask() -> Request {
    Request::post("/v1/messages", ASK)
}

fn sse(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
}

fn start() -> String {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": null,
        "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1}});
    sse(&json!({"type": "message_start", "message": message}))
}

fn begin(index: usize, block: &Value) -> String {
    sse(&json!({"type": "content_block_start", "index": index, "content_block": block}))
}

fn delta(index: usize, delta: &Value) -> String {
    sse(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

fn stop(index: usize) -> String {
    sse(&json!({"type": "content_block_stop", "index": index}))
}

fn says(text: &str) -> String {
    delta(0, &json!({"type": "text_delta", "text": text}))
}

/// The start of a message and of its first block, a text.
fn text() -> String {
    start() + &begin(0, &json!({"type": "text", "text": ""}))
}

fn end() -> String {
    let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
    sse(&json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}}))
        + &sse(&json!({"type": "message_stop"}))
}

/// The texts of all deltas, joined.
fn said(caller: &Caller) -> String {
    let events =
        caller.text.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    events.filter_map(|event| event["delta"]["text"].as_str().map(str::to_owned)).collect()
}

async fn all_of(settings: &str, pieces: &[String]) -> (crate::support::Gateway, Caller) {
    let (gateway, go) = start_with(&config(settings), pieces).await;
    let mut caller = Caller::send(&gateway, &ask()).await;
    go.add_permits(Semaphore::MAX_PERMITS / 2);
    caller.rest().await;
    (gateway, caller)
}

#[tokio::test]
async fn text_leaves_while_the_upstream_still_writes() {
    let pieces = [text(), says("one two three four five six"), says(" seven") + &stop(0) + &end()];
    let (gateway, go) = start_with(&config(WINDOWS), &pieces).await;
    let mut caller = Caller::send(&gateway, &ask()).await;
    go.add_permits(3);
    caller.until("one two three").await;
    assert!(
        caller.text.starts_with("HTTP/1.1 200") && caller.text.contains("event: message_start\n"),
        "{}",
        caller.text
    );
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"], "what has left is on record");
    go.add_permits(1);
    caller.rest().await;
    assert_eq!(said(&caller), "one two three four five six seven");
    assert!(caller.text.contains(STOP) && caller.text.contains(r#""output_tokens":9"#), "{}", caller.text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output allow"]);
}

#[tokio::test]
async fn what_is_redacted_may_lie_across_deltas_and_windows() {
    let mut pieces = vec![text()];
    pieces.extend(["the first words, a SE", "CRE", "T and more words after that"].map(says));
    pieces.push(stop(0) + &end());
    let (gateway, caller) = all_of(WINDOWS, &pieces).await;
    assert_eq!(said(&caller), "the first words, a ****** and more words after that");
    assert!(!caller.text.contains("SE\"") && caller.text.contains(STOP));
    assert!(gateway.story().await.iter().any(|row| row.ends_with("output redact")));
}

#[tokio::test]
async fn a_refusal_before_anything_has_left_is_a_message_that_refuses() {
    let (gateway, caller) = all_of(WINDOWS, &[text(), says("a FORBIDDEN word and more"), stop(0) + &end()]).await;
    assert!(
        caller.text.contains(r#""stop_reason":"refusal""#) && !caller.text.contains("FORBIDDEN"),
        "{}",
        caller.text
    );
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn a_refusal_in_the_middle_ends_the_stream_with_an_error_event() {
    let pieces =
        [text(), says("these words may well leave here"), says(" but this FORBIDDEN word may not"), stop(0) + &end()];
    let (gateway, caller) = all_of(WINDOWS, &pieces).await;
    assert!(caller.text.starts_with("HTTP/1.1 200") && said(&caller).starts_with("these words"), "{}", caller.text);
    assert!(
        caller.text.contains("event: error\n") && caller.text.contains(r#""code":"content_filter""#),
        "{}",
        caller.text
    );
    assert!(!caller.text.contains(STOP) && !caller.text.contains("FORBIDDEN"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output deny"]);
    assert!(gateway.app.metrics_text().contains(r#"parapet_streams_total{route="chat",end="refused"} 1"#));
}

#[tokio::test]
async fn a_tool_use_is_judged_whole_before_any_byte_of_it_leaves() {
    let begun = json!({"type": "tool_use", "id": "t", "name": "delete_all", "input": {}});
    let input = |json: &str| delta(1, &json!({"type": "input_json_delta", "partial_json": json}));
    let pieces = [
        text(),
        says("I shall now delete all of it for you") + &stop(0),
        begin(1, &begun),
        input("{\"where\":"),
        input("\"everywhere\"}") + &stop(1),
        end(),
    ];
    let (gateway, caller) = all_of(WINDOWS, &pieces).await;
    assert!(said(&caller).starts_with("I shall now delete"), "{}", caller.text);
    assert!(!caller.text.contains("everywhere") && !caller.text.contains("tool_use"), "{}", caller.text);
    assert!(caller.text.contains("content_filter") && !caller.text.contains(STOP));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output allow", "3 tool_call deny"]);

    let allowed = pieces.map(|piece| piece.replace("delete_all", "look"));
    let (gateway, caller) = all_of(WINDOWS, &allowed).await;
    let [call, input, end] = ["\"name\":\"look\"", "everywhere", STOP].map(|what| caller.text.find(what).unwrap());
    assert!(call < input && input < end, "{}", caller.text);
    assert!(gateway.story().await.contains(&"3 tool_call allow".to_owned()));
}

#[tokio::test]
async fn a_signed_thought_with_a_secret_does_not_leave_at_all() {
    let thinks = |text: &str| delta(0, &json!({"type": "thinking_delta", "thinking": text}));
    let answer = "this is what I have to say to you";
    let pieces = [
        start() + &begin(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
        thinks("about the SEC") + &thinks("RET of it"),
        delta(0, &json!({"type": "signature_delta", "signature": "c2lnbmVk"})) + &stop(0),
        begin(1, &json!({"type": "text", "text": ""})),
        delta(1, &json!({"type": "text_delta", "text": answer})) + &stop(1) + &end(),
    ];
    let (gateway, caller) = all_of(WINDOWS, &pieces).await;
    assert!(!caller.text.contains("about the") && !caller.text.contains("c2lnbmVk"), "{}", caller.text);
    assert_eq!(said(&caller), answer);
    assert!(caller.text.contains(r#""index":0"#) && !caller.text.contains(r#""index":1"#), "{}", caller.text);
    assert_eq!(gateway.story().await[1], "1 output redact");
}

#[tokio::test]
async fn what_is_not_known_is_refused_unless_the_route_allows_it() {
    let odd = sse(&json!({"type": "new_event", "note": "unjudged note"}));
    let pieces = [text(), odd, says("one two three four five six"), stop(0) + &end()];
    let (_, caller) = all_of(WINDOWS, &pieces).await;
    assert!(caller.text.contains(r#""stop_reason":"refusal""#) && !caller.text.contains("unjudged"), "{}", caller.text);

    let (gateway, caller) = all_of(&format!("{WINDOWS}\nnot_inspected = \"allow\""), &pieces).await;
    assert!(caller.text.contains("unjudged note") && caller.text.contains(STOP), "{}", caller.text);
    let listed: Vec<String> =
        gateway.rows().await.into_iter().flat_map(|row| row.coverage.not_inspected).map(|part| part.pointer).collect();
    assert_eq!(listed, ["/unknown_events"]);
}

#[tokio::test]
async fn an_upstream_that_goes_away_in_the_middle_is_told_and_recorded() {
    let (gateway, caller) = all_of(WINDOWS, &[text(), says("one two three four five six")]).await;
    assert!(said(&caller).starts_with("one two"), "{}", caller.text);
    assert!(
        caller.text.contains("event: error\n") && caller.text.contains(r#""code":"upstream_error""#),
        "{}",
        caller.text
    );
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output deny"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_ends_the_work() {
    let pieces = [text(), says("one two three four five six"), says("never asked for"), stop(0) + &end()];
    let (mut gateway, go) = start_with(&config(WINDOWS), &pieces).await;
    let mut caller = Caller::send(&gateway, &ask()).await;
    go.add_permits(3);
    caller.until("one two three").await;
    drop(caller);
    gateway.begin_stop();
    // The upstream never goes on, so that only the caller's absence can end it.
    gateway.stopped().await;
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
}

#[tokio::test]
async fn a_guard_that_needs_all_of_an_answer_gets_all_of_it() {
    let careful = config(WINDOWS).replace("agent = \"assistant\"", "agent = \"careful\"");
    let body = [text(), says("one two three four five six seven"), says(" FORBIDDEN"), stop(0), end()].concat();
    let gateway = Setup::with(&careful, Script::typed(200, "text/event-stream", body)).start().await;
    assert!(gateway.send(ask()).await.text().contains(r#""stop_reason":"refusal""#));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn an_answer_that_is_too_long_to_be_held_goes_on_in_windows_where_the_route_says_so() {
    let settings = "on_overflow = \"window\"\nmax_buffer_bytes = 40000";
    let long = "word ".repeat(4_000);
    let body = |text_of: &str| vec![text(), says(text_of), stop(0) + &end()];
    let (gateway, caller) = all_of(settings, &body(&long)).await;
    assert_eq!(said(&caller), long);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output allow"]);
    let (gateway, caller) = all_of(settings, &body("short")).await;
    assert_eq!((said(&caller).as_str(), gateway.story().await.len()), ("short", 2));
}
