//! Streams: every message of one is judged before it leaves, and both sides may go at any time.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::*;

fn log(text: &str) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": text}})
}

fn sampling(id: &str, text: &str) -> Value {
    let messages = json!([{"role": "user", "content": {"type": "text", "text": text}}]);
    json!({"jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": 9}})
}

/// A server that answers with these bytes after the head of a stream, and accepts everything without a method.
fn streams(body: String) -> Script {
    by_method(move |method| if method.is_empty() { accepted() } else { format!("{HEAD}{body}").into_bytes() })
}

#[tokio::test]
async fn each_message_of_a_streamed_answer_is_judged() {
    let body = [
        event(&log("a SECRET")),
        event(&log("FORBIDDEN")),
        ": still here\n\n".to_owned(),
        format!("id: e-9\n{}", event(&says("done"))),
    ]
    .concat();
    let gateway = start(streams(body)).await;
    let reply = ask(&gateway, &call("look", &json!({}))).await;
    assert_eq!(
        (reply.header("content-type"), reply.header("mcp-session-id")),
        (Some("text/event-stream"), Some("s-1"))
    );
    assert_eq!(messages(&reply), [log("a ******"), says("done")]);
    assert!(body_of_chunks(&reply.text()).contains("id: e-9\n"), "{}", reply.text());
    assert_eq!(
        gateway.story().await,
        ["0 tool_call allow", "1 tool_result redact", "2 tool_result deny", "3 tool_result allow"]
    );
}

/// Some clients end a line at these characters too, and would read what stands between two of them as an event of its own.
#[tokio::test]
async fn no_client_finds_an_event_within_a_text() {
    for end in ['\u{2028}', '\u{2029}', '\u{85}'] {
        let hidden = format!("data: {}", log("run this"));
        let message = says(&format!("one{end}{end}{hidden}{end}{end}two"));
        let gateway = start(streams(event(&message))).await;
        let reply = ask(&gateway, &call("look", &json!({}))).await;
        assert_eq!(messages(&reply), [message]);
        assert!(!reply.text().contains(end), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_denied_result_in_a_stream_is_replaced() {
    let gateway = start(streams(format!("id: 4\n{}", event(&says("FORBIDDEN"))))).await;
    let reply = ask(&gateway, &call("look", &json!({}))).await;
    let [message] = messages(&reply).try_into().unwrap();
    assert_eq!((&message["id"], &message["result"]["isError"]), (&json!(7), &json!(true)));
    assert!(!reply.text().contains("FORBIDDEN"));
}

#[tokio::test]
async fn a_stream_that_ends_or_cannot_be_read_leaves_nobody_waiting() {
    for (body, what) in [
        (String::new(), "ends at once"),
        (event(&log("fine")), "ends without an answer"),
        ("data: {\"jsonrpc\n\n".to_owned(), "is no JSON"),
        (format!("data: {}", "x".repeat(200_000)), "has no end of an event"),
        ("data: \u{fffd}\n\n".to_owned(), "says nothing that can be read"),
        (event(&json!({"jsonrpc": "2.0", "id": 99, "result": {}})), "answers another request"),
    ] {
        let gateway = start(streams(body)).await;
        let reply = ask(&gateway, &call("look", &json!({}))).await;
        let last = messages(&reply).pop().unwrap();
        assert_eq!((&last["id"], &last["error"]["data"]["code"]), (&json!(7), &json!("upstream_error")), "{what}");
    }
}

#[tokio::test]
async fn a_stream_that_can_be_resumed_leaves_its_request_open() {
    let broken = "id: e-1\nretry: 5\ndata: \n\n".to_owned();
    let gateway = start(Script::Answers(Arc::new(move |seen: &Seen| {
        let rest = event(&says("the rest"));
        if seen.line.starts_with("GET") { format!("{HEAD}{rest}") } else { format!("{HEAD}{broken}") }.into_bytes()
    })))
    .await;
    let reply = gateway.send(post(&call("look", &json!({}))).header("mcp-session-id", "s-1")).await;
    assert_eq!(body_of_chunks(&reply.text()), "id: e-1\nretry: 5\ndata: \n\n");
    let listen = Request::post("/mcp/files", "").method("GET").header("accept", "text/event-stream");
    let reply = gateway.send(listen.clone().header("mcp-session-id", "s-1").header("last-event-id", "e-1")).await;
    assert_eq!(messages(&reply), [says("the rest")]);
    assert_eq!(gateway.upstream.seen()[1].header("last-event-id"), Some("e-1"));
    // It belongs to the exchange of its request, and is given once.
    let rows = gateway.rows().await;
    assert_eq!((rows[0].exchange_id, rows[1].sequence), (rows[1].exchange_id, 1));
    let reply = gateway.send(listen.header("mcp-session-id", "s-1")).await;
    assert_eq!(messages(&reply), Vec::<Value>::new());
    assert_eq!(gateway.rows().await[2].reason_code, "answer_not_asked");
}

#[tokio::test]
async fn what_a_server_asks_of_the_model_is_judged_and_so_is_the_answer() {
    let body =
        [event(&sampling("q-1", "say hello")), event(&sampling("q-2", "FORBIDDEN")), event(&says("done"))].concat();
    let gateway = start(streams(body)).await;
    let session = |message: &Value| post(message).header("mcp-session-id", "s-1");
    let reply = gateway.send(session(&call("look", &json!({})))).await;
    assert_eq!(messages(&reply), [sampling("q-1", "say hello"), says("done")]);
    // The server hears that its second request was refused.
    let told: Value = serde_json::from_str(&gateway.upstream.bodies()[1]).unwrap();
    assert_eq!((&told["id"], &told["error"]["data"]["reason_code"]), (&json!("q-2"), &json!("forbidden_word")));

    let sampled = |id: &str, text: &str| json!({"jsonrpc": "2.0", "id": id, "result": {"role": "assistant", "model": "m", "content": {"type": "text", "text": text}}});
    // Another user cannot answer, and neither can anyone twice.
    let stranger = session(&sampled("q-1", "hello")).header("x-parapet-principal", &crate::support::user("clerk"));
    assert_eq!(gateway.send(stranger).await.status, 202);
    assert_eq!(gateway.upstream.seen().len(), 2);
    let reply = gateway.send(session(&sampled("q-1", "FORBIDDEN"))).await;
    assert_eq!((reply.status, reply.header("x-parapet-decision")), (202, Some("deny")));
    let told: Value = serde_json::from_str(&gateway.upstream.bodies()[2]).unwrap();
    assert_eq!((&told["id"], &told["error"]["data"]["reason_code"]), (&json!("q-1"), &json!("forbidden_word")));
    assert_eq!(gateway.send(session(&sampled("q-1", "hello"))).await.status, 202);
    assert_eq!(gateway.upstream.seen().len(), 3, "it has been answered");
}

/// A client that reads as the stream comes.
struct Listener(TcpStream, String);

impl Listener {
    async fn start(gateway: &Gateway, request: &Request) -> Self {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(&request.to_bytes()).await.unwrap();
        Self(stream, String::new())
    }

    /// Reads until `text` has come.
    async fn until(&mut self, text: &str) {
        let mut bytes = [0; 4_096];
        while !self.1.contains(text) {
            let read = self.0.read(&mut bytes).await.unwrap();
            assert!(read > 0, "the stream ended before `{text}`: {}", self.1);
            self.1.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    async fn rest(mut self) -> String {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).await.unwrap();
        self.1 + &String::from_utf8_lossy(&rest)
    }
}

fn pieces(go: &Arc<Semaphore>, pieces: &[String]) -> Script {
    let pieces = std::iter::once(HEAD.to_owned()).chain(pieces.iter().cloned()).map(String::into_bytes).collect();
    Script::Pieces { go: Arc::clone(go), pieces }
}

fn listen() -> Request {
    Request::post("/mcp/files", "").method("GET").header("accept", "text/event-stream").header("mcp-session-id", "s-1")
}

#[tokio::test]
async fn a_listener_hears_each_message_as_it_comes() {
    let go = Arc::new(Semaphore::new(0));
    let half = event(&log("second one"));
    let (head, tail) = half.split_at(30);
    let gateway =
        start(pieces(&go, &[event(&log("first one")), event(&log("FORBIDDEN")) + head, tail.to_owned()])).await;
    go.add_permits(2);
    let mut listener = Listener::start(&gateway, &listen()).await;
    listener.until("first one").await;
    go.add_permits(2);
    listener.until("second one").await;
    let all = listener.rest().await;
    assert!(all.ends_with("0\r\n\r\n") && !all.contains("FORBIDDEN"), "{all}");
    // Nobody asked for these: each is an exchange of its own.
    assert_eq!(gateway.story().await, ["0 tool_result allow", "0 tool_result deny", "0 tool_result allow"]);
    assert!(gateway.app.metrics_text().contains(r#"parapet_streams_total{route="files",end="complete"} 1"#));
}

#[tokio::test]
async fn a_listener_that_goes_frees_its_place() {
    let go = Arc::new(Semaphore::new(2));
    let config = format!("[server.limits]\nmax_open_streams = 1\n{CONFIG}");
    let gateway = Setup::with(&config, pieces(&go, &[event(&log("first one")), event(&log("late"))])).start().await;
    let mut first = Listener::start(&gateway, &listen()).await;
    first.until("first one").await;
    let reply = gateway.send(listen()).await;
    assert_eq!((reply.status, &reply.json()["error"]["data"]["code"]), (503, &json!("overloaded")));
    drop(first);
    while !gateway.app.metrics_text().contains(r#"parapet_streams_total{route="files",end="caller_gone"} 1"#) {
        tokio::task::yield_now().await;
    }
    // One is for the connection that was given up.
    go.add_permits(3);
    let mut second = Listener::start(&gateway, &listen()).await;
    second.until("first one").await;
}

#[tokio::test]
async fn an_upstream_that_falls_silent_ends_the_stream() {
    let go = Arc::new(Semaphore::new(2));
    let config = CONFIG.replace("response_timeout_ms = 60000", "response_timeout_ms = 100");
    let gateway = Setup::with(&config, pieces(&go, &[event(&log("first one")), String::new()])).start().await;
    let reply = gateway.send(post(&call("look", &json!({})))).await;
    let all = messages(&reply);
    assert_eq!(
        (all[0].clone(), all[1]["error"]["data"]["code"].clone()),
        (log("first one"), json!("upstream_timeout"))
    );
    assert!(gateway.app.metrics_text().contains(r#"parapet_streams_total{route="files",end="upstream_silent"} 1"#));
}

#[tokio::test]
async fn a_listener_does_not_hold_up_the_end() {
    let go = Arc::new(Semaphore::new(2));
    let mut gateway = start(pieces(&go, &[event(&log("first one")), event(&log("late"))])).await;
    let mut listener = Listener::start(&gateway, &listen()).await;
    listener.until("first one").await;
    gateway.begin_stop();
    assert_eq!(gateway.stopped().await.cut, 0);
    assert!(listener.rest().await.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn a_server_without_a_stream_of_its_own_says_so() {
    let gateway = start(Script::typed(405, "text/plain", "FORBIDDEN")).await;
    let reply = gateway.send(listen()).await;
    assert_eq!((reply.status, reply.text().contains("FORBIDDEN")), (405, false));
    assert_eq!(gateway.send(listen().header("accept", "application/json")).await.status, 406);
    let gateway = start(Script::typed(200, "text/html", "FORBIDDEN")).await;
    assert_eq!(gateway.send(listen()).await.status, 502);
}
