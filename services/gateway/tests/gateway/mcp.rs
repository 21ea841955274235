//! MCP over HTTP: what passes, what is stopped, in both directions, as JSON and in streams.

mod calls;
mod http;
mod offers;
mod sessions;
mod streams;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::client::{Reply, Request};
use crate::support::upstream::{Script, Seen, answer};
use crate::support::{Gateway, Setup};

const CONFIG: &str = r#"
[identity.header]
trusted_peers = ["127.0.0.1/32"]
[upstreams.tools]
base_url = "{upstream}"
response_timeout_ms = 60000
max_answer_bytes = 100000
[[route]]
name = "files"
surface = "mcp"
upstream = "tools"
upstream_path = "/mcp"
agent = "assistant"
principal = "optional"
"#;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nmcp-session-id: s-1\r\nconnection: close\r\n\r\n";

fn call(tool: &str, arguments: &Value) -> Value {
    request("tools/call", &json!({"name": tool, "arguments": arguments}))
}

fn request(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

fn result(result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "result": result})
}

fn says(text: &str) -> Value {
    result(&json!({"content": [{"type": "text", "text": text}]}))
}

fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}

fn post(body: &Value) -> Request {
    Request::post("/mcp/files", body.to_string()).header("accept", "application/json, text/event-stream")
}

/// A server that answers every request with `message` as JSON.
fn server(message: &Value) -> Script {
    Script::with_headers(200, "content-type: application/json\r\nmcp-session-id: s-1\r\n", message.to_string())
}

/// A server that answers by the method of the request.
fn by_method(answers: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Script {
    Script::Answers(Arc::new(move |seen: &Seen| {
        let message: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        answers(message["method"].as_str().unwrap_or_default())
    }))
}

fn accepted() -> Vec<u8> {
    answer(202, "", b"")
}

async fn start(script: Script) -> Gateway {
    Setup::with(CONFIG, script).start().await
}

async fn started(more: &str, script: Script) -> Gateway {
    Setup::with(&format!("{CONFIG}{more}\n"), script).start().await
}

async fn ask(gateway: &Gateway, body: &Value) -> Reply {
    gateway.send(post(body)).await
}

/// The text of a refused call.
fn refused(reply: &Reply) -> String {
    let body = reply.json();
    assert_eq!((reply.status, &body["result"]["isError"]), (200, &json!(true)), "{body}");
    body["result"]["content"][0]["text"].as_str().unwrap().to_owned()
}

/// The messages of a streamed answer.
fn messages(reply: &Reply) -> Vec<Value> {
    let text = body_of_chunks(&reply.text());
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// The body without the lengths of its chunks.
fn body_of_chunks(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        out.push_str(&after[..length]);
        rest = &after[length + 2..];
    }
    out
}
