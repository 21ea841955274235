//! An upstream that answers what the test says, byte for byte, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// From a request to the bytes of its answer.
pub(crate) type Answering = Arc<dyn Fn(&Seen) -> Vec<u8> + Send + Sync>;

/// What the upstream does with every request.
#[derive(Clone)]
pub(crate) enum Script {
    /// Answers these bytes and closes.
    Bytes(Vec<u8>),
    /// Says that a request is there, and answers once it is told to.
    Wait { arrived: Arc<Notify>, go: Arc<Notify>, then: Vec<u8> },
    /// Sends one piece after the other, each once it is told to, and closes.
    Pieces { go: Arc<Semaphore>, pieces: Vec<Vec<u8>> },
    /// Answers by the request, and closes.
    Answers(Answering),
    /// Never answers.
    Silent,
}

impl Script {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::typed(status, "application/json", body.to_string())
    }

    pub(crate) fn typed(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        Self::with_headers(status, &format!("content-type: {content_type}\r\n"), body)
    }

    pub(crate) fn with_headers(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        Self::Bytes(answer(status, headers, body.as_ref()))
    }

    /// A completion with one answer.
    pub(crate) fn says(text: &str) -> Self {
        Self::json(200, &completion(&[text]))
    }

    /// A stream of events that bear their type as their name.
    pub(crate) fn events(events: &[Value]) -> Self {
        let told = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        Self::typed(200, "text/event-stream", events.iter().map(told).collect::<String>())
    }

    pub(crate) fn stream(chunks: &[Value]) -> Self {
        let mut body = String::new();
        for chunk in chunks {
            body.push_str(&format!("data: {chunk}\n\n"));
        }
        body.push_str("data: [DONE]\n\n");
        Self::typed(200, "text/event-stream", body)
    }
}

pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len())
            .into_bytes();
    bytes.extend(body);
    bytes
}

pub(crate) fn completion(texts: &[&str]) -> Value {
    let choice = |(n, text): (usize, &&str)| json!({"index": n, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"});
    json!({"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": texts.iter().enumerate().map(choice).collect::<Vec<_>>()})
}

pub(crate) fn calls(tool: &str, arguments: &str) -> Value {
    json!({"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": null,
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": tool, "arguments": arguments}}]}}]})
}

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl Upstream {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, script.clone(), Arc::clone(&all)));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The bodies of all requests.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| String::from_utf8(seen.body).unwrap()).collect()
    }
}

async fn converse(mut stream: TcpStream, script: Script, all: Arc<Mutex<Vec<Seen>>>) {
    let Some(seen) = read(&mut stream).await else { return };
    all.lock().unwrap().push(seen.clone());
    let bytes = match script {
        Script::Bytes(bytes) => bytes,
        Script::Wait { arrived, go, then } => {
            arrived.notify_one();
            go.notified().await;
            then
        }
        Script::Pieces { go, pieces } => {
            for piece in pieces {
                go.acquire().await.unwrap().forget();
                if stream.write_all(&piece).await.is_err() {
                    break;
                }
            }
            Vec::new()
        }
        Script::Answers(answer) => answer(&seen),
        Script::Silent => std::future::pending().await,
    };
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { line, headers, body })
}
