//! A model server that follows a script: one step for each request, in order, and notes what it was asked.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test support: a server that panics fails its test")]

mod author;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use parapet_models::{ModelClient, ModelConfig, ModelKind};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

pub use author::{Author, Task, last_message, length, said_at_length, task};

/// What the server does with one request.
#[derive(Clone)]
pub enum Step {
    /// Answers: status, further headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Writes these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Writes these bytes and resets the connection.
    Reset(Vec<u8>),
    /// Never answers.
    Hang,
    /// Answers when as many requests are at work as the barrier waits for.
    Together(Arc<Barrier>, String),
}

/// A request as the server got it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Path of the request.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, which is JSON.
    pub body: Value,
}

impl Asked {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The server. It ends with the runtime that it was started on.
pub struct Server {
    /// `http://` and its address.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    most_at_once: Arc<AtomicUsize>,
}

impl Server {
    /// A server for these steps; a request beyond them gets 599, which fails whatever test made it.
    ///
    /// # Panics
    /// No port can be had.
    pub async fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps: Mutex<Vec<Step>> = Mutex::new(steps.into_iter().collect());
        Self::answering(move |_| {
            let mut steps = steps.lock().unwrap();
            if steps.is_empty() { answer(599, "the script is over") } else { steps.remove(0) }
        })
        .await
    }

    /// A server that decides on each request by itself.
    ///
    /// # Panics
    /// No port can be had.
    pub async fn answering(decide: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let decide = Arc::new(decide);
        let (asked, most_at_once, at_work) =
            (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let server = Self { url, asked: Arc::clone(&asked), most_at_once: Arc::clone(&most_at_once) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (decide, asked) = (Arc::clone(&decide), Arc::clone(&asked));
                let (most, at_work) = (Arc::clone(&most_at_once), Arc::clone(&at_work));
                tokio::spawn(async move {
                    let mut stream = stream;
                    let Some(request) = read(&mut stream).await else { return };
                    let step = decide(&request);
                    asked.lock().unwrap().push(request);
                    most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    follow(step, stream, &at_work).await;
                });
            }
        });
        server
    }

    /// What it was asked so far.
    ///
    /// # Panics
    /// The server has panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Most requests that were at work at the same moment.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    /// A configuration that leads here.
    #[must_use]
    pub fn config(&self) -> ModelConfig {
        ModelConfig::new(ModelKind::Openai, format!("{}/v1", self.url), "small")
    }

    /// A client that asks here.
    ///
    /// # Panics
    /// The configuration is refused.
    #[must_use]
    pub fn client(&self) -> ModelClient {
        ModelClient::new(self.config()).unwrap()
    }
}

async fn follow(step: Step, mut stream: TcpStream, at_work: &AtomicUsize) {
    let bytes = match step {
        Step::Answer(status, headers, body) => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            format!("HTTP/1.1 {status} Told\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .into_bytes()
        }
        Step::Bytes(bytes) => bytes,
        Step::Reset(bytes) => {
            stream.write_all(&bytes).await.unwrap();
            // Closing with unread data, or with a linger time of zero, sends a reset in place of an end.
            stream.set_zero_linger().unwrap();
            return;
        }
        Step::Hang => return std::future::pending().await,
        Step::Together(barrier, body) => {
            barrier.wait().await;
            let length = body.len();
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
        }
    };
    at_work.fetch_sub(1, Ordering::SeqCst);
    // The client may have gone away; that is for the client's side to notice.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = serde_json::from_slice(&bytes[head + 4..]).unwrap();
    Some(Asked { path, headers, body })
}

/// A plain answer.
#[must_use]
pub fn answer(status: u16, body: impl Into<String>) -> Step {
    Step::Answer(status, vec![("content-type", "application/json".to_owned())], body.into())
}

/// An error as OpenAI and its kin write it.
#[must_use]
pub fn refusal(status: u16, message: &str) -> Step {
    answer(status, json!({"error": {"message": message, "type": "invalid_request_error"}}).to_string())
}

/// The body of an answer.
#[must_use]
pub fn body(text: &str, finish: &str) -> String {
    json!({
        "id": "c1", "object": "chat.completion", "model": "small-v2",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    })
    .to_string()
}

/// A whole answer.
#[must_use]
pub fn said(text: &str) -> Step {
    answer(200, body(text, "stop"))
}
