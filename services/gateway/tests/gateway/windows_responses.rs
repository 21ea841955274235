//! Streamed responses in windows: text leaves while it grows, and the events that repeat it say what has left, redactions included.

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::client::Request;
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup};
use crate::windows::{Caller, WINDOWS, start_with};

const ASK: &str = r#"{"model":"m","stream":true,"input":"go"}"#;
const END: &str = "event: response.completed\n";

fn config(settings: &str) -> String {
    format!("{}{settings}\n", CHAT.replace("openai_chat", "openai_responses"))
}

fn ask() -> Request {
    Request::post("/v1/responses", ASK)
}

fn sse(kind: &str, mut event: Value) -> String {
    event["type"] = format!("response.{kind}").into();
    event["sequence_number"] = 1.into();
    format!("event: response.{kind}\ndata: {event}\n\n")
}

fn response(status: &str, output: &[Value]) -> Value {
    json!({"response": {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "error": null, "tools": [], "output": output}})
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn item(status: &str, content: Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content})
}

fn at(key: &str, value: Value) -> Value {
    json!({"item_id": "msg_1", "output_index": 0, "content_index": 0, key: value})
}

/// The start of a response, of its first item and of that item's text.
fn text() -> String {
    sse("created", response("in_progress", &[]))
        + &sse("output_item.added", json!({"output_index": 0, "item": item("in_progress", json!([]))}))
        + &sse("content_part.added", at("part", part("")))
}

fn says(text: &str) -> String {
    sse("output_text.delta", at("delta", json!(text)))
}

/// The events that close such an item.
fn said(text: &str) -> String {
    sse("output_text.done", at("text", json!(text)))
        + &sse("content_part.done", at("part", part(text)))
        + &sse("output_item.done", json!({"output_index": 0, "item": item("completed", json!([part(text)]))}))
}

fn end(items: &[Value]) -> String {
    sse("completed", response("completed", items))
}

/// All pieces of a response that says this.
fn saying(pieces: &[&str]) -> Vec<String> {
    let whole = pieces.concat();
    let mut all = vec![text()];
    all.extend(pieces.iter().map(|piece| says(piece)));
    all.extend([said(&whole), end(&[item("completed", json!([part(&whole)]))])]);
    all
}

/// The texts of all deltas, joined.
fn heard(caller: &Caller) -> String {
    let events =
        caller.text.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    events.filter_map(|event| event["delta"].as_str().map(str::to_owned)).collect()
}

async fn all_of(pieces: &[String]) -> (Gateway, Caller) {
    let (gateway, go) = start_with(&config(WINDOWS), pieces).await;
    let mut caller = Caller::send(&gateway, &ask()).await;
    go.add_permits(Semaphore::MAX_PERMITS / 2);
    caller.rest().await;
    (gateway, caller)
}

#[tokio::test]
async fn text_leaves_while_the_upstream_still_writes() {
    let (gateway, go) = start_with(&config(WINDOWS), &saying(&["one two three four five six", " seven"])).await;
    let mut caller = Caller::send(&gateway, &ask()).await;
    go.add_permits(3);
    caller.until("one two three").await;
    assert!(
        caller.text.starts_with("HTTP/1.1 200") && caller.text.contains("event: response.created\n"),
        "{}",
        caller.text
    );
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"], "what has left is on record");
    go.add_permits(3);
    caller.rest().await;
    assert_eq!(heard(&caller), "one two three four five six seven");
    assert_eq!(caller.text.matches("one two three four five six seven").count(), 4, "each closing event repeats it");
    assert!(caller.text.contains(END), "{}", caller.text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output allow", "3 output allow"]);
}

#[tokio::test]
async fn what_is_redacted_across_deltas_and_windows_is_redacted_wherever_it_is_repeated() {
    let (gateway, caller) = all_of(&saying(&["the first words, a SE", "CRE", "T and more words after that"])).await;
    let hidden = "the first words, a ****** and more words after that";
    assert_eq!(heard(&caller), hidden);
    assert_eq!(caller.text.matches(hidden).count(), 4, "{}", caller.text);
    assert!(!caller.text.contains("SECRET") && caller.text.contains(END));
    assert!(gateway.story().await.iter().any(|row| row.ends_with("output redact")));
}

#[tokio::test]
async fn a_refusal_before_anything_has_left_is_an_ordinary_error() {
    let (gateway, caller) = all_of(&saying(&["a FORBIDDEN word and more"])).await;
    assert!(caller.text.starts_with("HTTP/1.1 400") && !caller.text.contains("FORBIDDEN"), "{}", caller.text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn a_refusal_in_the_middle_ends_the_stream_with_an_error_event() {
    let (gateway, caller) =
        all_of(&saying(&["these words may well leave here", " but this FORBIDDEN word may not"])).await;
    assert!(caller.text.starts_with("HTTP/1.1 200") && heard(&caller).starts_with("these words"), "{}", caller.text);
    assert!(
        caller.text.contains("event: error\n") && caller.text.contains(r#""code":"content_filter""#),
        "{}",
        caller.text
    );
    assert!(!caller.text.contains(END) && !caller.text.contains("FORBIDDEN"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output deny"]);
}

#[tokio::test]
async fn a_call_is_judged_whole_before_any_byte_of_it_leaves() {
    let call = |arguments: &str| json!({"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "delete_all", "status": "completed", "arguments": arguments});
    let place = |key: &str, value: Value| json!({"item_id": "fc_1", "output_index": 1, key: value});
    let before = "I shall now delete all of it for you";
    let arguments = r#"{"where":"everywhere"}"#;
    let mut pieces = saying(&[before]);
    pieces.pop();
    pieces.extend([
        sse("output_item.added", json!({"output_index": 1, "item": call("")})),
        sse("function_call_arguments.delta", place("delta", json!(arguments))),
        sse("function_call_arguments.done", place("arguments", json!(arguments))),
        sse("output_item.done", json!({"output_index": 1, "item": call(arguments)})),
        end(&[item("completed", json!([part(before)])), call(arguments)]),
    ]);
    let (gateway, caller) = all_of(&pieces).await;
    assert_eq!(heard(&caller), before, "{}", caller.text);
    assert!(!caller.text.contains("everywhere") && !caller.text.contains("function_call"), "{}", caller.text);
    assert!(caller.text.contains("content_filter") && !caller.text.contains(END));
    assert!(gateway.story().await.contains(&"3 tool_call deny".to_owned()));

    let allowed: Vec<String> = pieces.iter().map(|piece| piece.replace("delete_all", "look")).collect();
    let (gateway, caller) = all_of(&allowed).await;
    assert!(caller.text.contains("everywhere") && caller.text.contains(END), "{}", caller.text);
    assert!(gateway.story().await.contains(&"3 tool_call allow".to_owned()));
}

#[tokio::test]
async fn an_end_that_tells_something_else_than_what_has_left_is_not_passed_on() {
    let mut pieces = saying(&["one two three four five six", " seven"]);
    pieces.pop();
    pieces.push(end(&[item("completed", json!([part("words that nobody judged")]))]));
    let (gateway, caller) = all_of(&pieces).await;
    assert!(heard(&caller).starts_with("one two") && !caller.text.contains("nobody judged"), "{}", caller.text);
    assert!(caller.text.contains(r#""code":"upstream_error""#) && !caller.text.contains(END), "{}", caller.text);
    assert_eq!(gateway.story().await.last().unwrap(), "3 output deny");
}

#[tokio::test]
async fn an_upstream_that_goes_away_in_the_middle_is_told_and_recorded() {
    let (gateway, caller) = all_of(&saying(&["one two three four five six", " seven"])[..2]).await;
    assert!(heard(&caller).starts_with("one two"), "{}", caller.text);
    assert!(caller.text.contains(r#""code":"upstream_error""#) && !caller.text.contains(END), "{}", caller.text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output deny"]);
}

#[tokio::test]
async fn a_guard_that_needs_all_of_an_answer_gets_all_of_it() {
    let careful = config(WINDOWS).replace("agent = \"assistant\"", "agent = \"careful\"");
    let body = saying(&["one two three four five six seven", " FORBIDDEN"]).concat();
    let gateway = Setup::with(&careful, Script::typed(200, "text/event-stream", body)).start().await;
    assert_eq!(gateway.send(ask()).await.error(), (400, "content_filter".to_owned()));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}
