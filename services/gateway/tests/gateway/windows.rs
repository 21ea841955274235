//! Streamed answers in windows: text leaves while more of it comes, and never before it is judged and recorded.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::support::client::Request;
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup};

const ASK: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#;
pub(crate) const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const DONE: &str = "data: [DONE]\n\n";

fn chunk(delta: &Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
    format!(
        "data: {}\n\n",
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})
    )
}

fn says(text: &str) -> String {
    chunk(&json!({"role": "assistant", "content": text}))
}

fn end() -> String {
    format!(
        "data: {}\n\n{DONE}",
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    )
}

fn config(settings: &str) -> String {
    format!("{CHAT}{settings}\n")
}

pub(crate) const WINDOWS: &str = "hold = \"window\"\nwindow_chars = 20\noverlap_chars = 10";

/// A caller that reads as the answer comes.
pub(crate) struct Caller {
    stream: TcpStream,
    pub(crate) text: String,
}

async fn start(settings: &str, pieces: &[String]) -> (Gateway, Arc<Semaphore>) {
    start_with(&config(settings), pieces).await
}

/// A gateway whose upstream sends each piece when it is told to.
pub(crate) async fn start_with(config: &str, pieces: &[String]) -> (Gateway, Arc<Semaphore>) {
    let go = Arc::new(Semaphore::new(0));
    let pieces = std::iter::once(HEAD.to_vec()).chain(pieces.iter().map(|piece| piece.clone().into_bytes())).collect();
    let gateway = Setup::with(config, Script::Pieces { go: Arc::clone(&go), pieces }).start().await;
    (gateway, go)
}

impl Caller {
    async fn ask(gateway: &Gateway) -> Self {
        Self::send(gateway, &Request::chat(ASK)).await
    }

    pub(crate) async fn send(gateway: &Gateway, request: &Request) -> Self {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(&request.to_bytes()).await.unwrap();
        Self { stream, text: String::new() }
    }

    /// Reads until `what` has come.
    pub(crate) async fn until(&mut self, what: &str) {
        while !self.text.contains(what) {
            assert!(self.read().await, "the answer ended before {what:?}: {}", self.text);
        }
    }

    pub(crate) async fn rest(&mut self) -> &str {
        while self.read().await {}
        &self.text
    }

    async fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = self.stream.read(&mut bytes).await.unwrap();
        self.text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        read > 0
    }

    /// The contents of all deltas, joined.
    fn content(&self) -> String {
        let chunks =
            self.text.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
        chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn text_leaves_while_the_upstream_still_writes() {
    let (gateway, go) = start(WINDOWS, &[says("one two three four five six"), says(" seven"), end()]).await;
    let mut caller = Caller::ask(&gateway).await;
    go.add_permits(2);
    caller.until("one two three").await;
    assert!(caller.text.starts_with("HTTP/1.1 200"), "{}", caller.text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"], "what has left is on record");
    go.add_permits(2);
    caller.rest().await;
    assert!(caller.text.contains(DONE.trim()), "{}", caller.text);
    assert_eq!(caller.content(), "one two three four five six seven");
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output allow"]);
}

#[tokio::test]
async fn what_is_redacted_may_lie_across_chunks_and_windows() {
    let pieces: Vec<String> =
        ["the first words, a SE", "CRE", "T and more words after that"].map(says).into_iter().chain([end()]).collect();
    let (gateway, go) = start(WINDOWS, &pieces).await;
    let caller = all_of(&gateway, &go).await;
    assert_eq!(caller.content(), "the first words, a ****** and more words after that");
    assert!(!caller.text.contains("SE\"") && !caller.text.contains("SECRET"));
    assert!(gateway.story().await.iter().any(|row| row.ends_with("output redact")));
}

/// Lets the upstream send all that it has, and reads the whole answer.
async fn all_of(gateway: &Gateway, go: &Arc<Semaphore>) -> Caller {
    let mut caller = Caller::ask(gateway).await;
    go.add_permits(Semaphore::MAX_PERMITS / 2);
    caller.rest().await;
    caller
}

#[tokio::test]
async fn a_refusal_before_anything_has_left_is_an_ordinary_error() {
    let (gateway, go) = start(WINDOWS, &[says("a FORBIDDEN word and more"), end()]).await;
    let caller = all_of(&gateway, &go).await;
    assert!(caller.text.starts_with("HTTP/1.1 400"), "{}", caller.text);
    assert!(caller.text.contains("content_filter") && !caller.text.contains("FORBIDDEN"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn a_refusal_in_the_middle_ends_the_stream_with_an_error_and_without_done() {
    let (gateway, go) =
        start(WINDOWS, &[says("these words may well leave here"), says(" but this FORBIDDEN word may not"), end()])
            .await;
    let mut caller = Caller::ask(&gateway).await;
    go.add_permits(2);
    caller.until("these words").await;
    go.add_permits(2);
    caller.rest().await;
    assert!(
        caller.text.starts_with("HTTP/1.1 200") && caller.text.contains(r#""code":"content_filter""#),
        "{}",
        caller.text
    );
    assert!(!caller.text.contains(DONE) && !caller.text.contains("FORBIDDEN"));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output deny"]);
    assert!(gateway.app.metrics_text().contains(r#"parapet_streams_total{route="chat",end="refused"} 1"#));
}

#[tokio::test]
async fn a_tool_call_is_judged_whole_before_any_byte_of_it_leaves() {
    let call = |call: Value| chunk(&json!({"tool_calls": [call]}));
    let pieces = [
        says("I shall now delete all of it for you"),
        call(
            json!({"index": 0, "id": "t", "type": "function", "function": {"name": "delete_all", "arguments": "{\"where\":"}}),
        ),
        call(json!({"index": 0, "function": {"arguments": "\"everywhere\"}"}})),
        end(),
    ];
    let (gateway, go) = start(WINDOWS, &pieces).await;
    let caller = all_of(&gateway, &go).await;
    assert!(caller.content().starts_with("I shall now delete"), "{}", caller.text);
    assert!(!caller.text.contains("everywhere"));
    assert!(caller.text.contains("content_filter") && !caller.text.contains(DONE));
    assert!(gateway.story().await.contains(&"3 tool_call deny".to_owned()));
}

#[tokio::test]
async fn an_upstream_that_goes_away_in_the_middle_is_told_and_recorded() {
    let (gateway, go) = start(WINDOWS, &[says("one two three four five six")]).await;
    let caller = all_of(&gateway, &go).await;
    assert!(caller.content().starts_with("one two"), "{}", caller.text);
    assert!(caller.text.contains(r#""code":"upstream_error""#) && !caller.text.contains(DONE), "{}", caller.text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output deny"]);
    let counted = r#"parapet_upstream_failures_total{upstream="model",kind="unreadable"} 1"#;
    assert!(gateway.app.metrics_text().contains(counted), "under the name of the upstream, as everywhere");
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_ends_the_work() {
    let (mut gateway, go) =
        start(WINDOWS, &[says("one two three four five six"), says("never asked for"), end()]).await;
    let mut caller = Caller::ask(&gateway).await;
    go.add_permits(2);
    caller.until("one two three").await;
    drop(caller);
    gateway.begin_stop();
    // The upstream never goes on, so that only the caller's absence can end it.
    gateway.stopped().await;
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
    assert!(gateway.app.metrics_text().contains(r#"parapet_streams_total{route="chat",end="caller_gone"} 1"#));
}

#[tokio::test]
async fn a_guard_that_needs_all_of_an_answer_gets_all_of_it() {
    let careful = config(WINDOWS).replace("agent = \"assistant\"", "agent = \"careful\"");
    let body = [says("one two three four five six seven"), says(" FORBIDDEN"), end()].concat();
    let gateway = Setup::with(&careful, Script::typed(200, "text/event-stream", body)).start().await;
    let reply = gateway.chat(ASK).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn an_answer_that_is_too_long_to_be_held_goes_on_in_windows_where_the_route_says_so() {
    let text = "word ".repeat(4_000);
    let body = [says(&text), end()].concat();
    let settings = "on_overflow = \"window\"\nmax_buffer_bytes = 40000";
    let gateway = Setup::with(&config(settings), Script::typed(200, "text/event-stream", body)).start().await;
    let mut caller = Caller::ask(&gateway).await;
    caller.rest().await;
    assert_eq!(caller.content(), text);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow", "2 output allow"]);
    // What fits is judged as one.
    let body = [says("short"), end()].concat();
    let gateway = Setup::with(&config(settings), Script::typed(200, "text/event-stream", body)).start().await;
    let mut short = Caller::ask(&gateway).await;
    short.rest().await;
    assert_eq!(short.content(), "short");
}

#[tokio::test]
async fn text_that_may_never_leave_is_refused_at_the_limit_of_the_buffer() {
    // One chunk is longer than all that may wait.
    let body = [says(&"word ".repeat(2_000)), end()].concat();
    let settings = "hold = \"window\"\nwindow_chars = 20\noverlap_chars = 10\nmax_buffer_bytes = 4096";
    let gateway = Setup::with(&config(settings), Script::typed(200, "text/event-stream", body)).start().await;
    let reply = gateway.chat(ASK).await;
    assert_eq!(reply.error(), (502, "answer_too_large".to_owned()));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_judged_as_ever() {
    let gateway = Setup::with(&config(WINDOWS), Script::says("plain SECRET")).start().await;
    let reply = gateway.chat(ASK).await;
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "plain ******");
}
