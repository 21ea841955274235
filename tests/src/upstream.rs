//! A server in place of a model or an agent: it answers what it was told and keeps what it received.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Maps a request's id and body to a content type and a body.
type Answer = Arc<dyn Fn(&str, &Value) -> (&'static str, String) + Send + Sync>;

/// A running server. It ends with the runtime.
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

/// One request.
#[derive(Debug, Clone)]
struct Received {
    id: String,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Upstream {
    /// Starts a server; `answer` maps a request body to a content type and a body.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(answer: impl Fn(&Value) -> (&'static str, String) + Send + Sync + 'static) -> Result<Self> {
        Self::serve(Arc::new(move |_, body| answer(body))).await
    }

    /// Starts a server; `answer` maps the `x-request-id` of a request to a content type and a body.
    ///
    /// # Errors
    /// No port is free.
    pub async fn by_request_id(
        answer: impl Fn(&str) -> (&'static str, String) + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::serve(Arc::new(move |id, _| answer(id))).await
    }

    async fn serve(answer: Answer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                let service = service_fn(move |request| reply(request, Arc::clone(&answer), Arc::clone(&kept)));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Ok(Self { address, received })
    }

    /// A chat server that always says `text`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn saying(text: &'static str) -> Result<Self> {
        Self::start(move |_| {
            ("application/json", completion(&json!({ "role": "assistant", "content": text })).to_string())
        })
        .await
    }

    /// Every body received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Value> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().map(|one| serde_json::from_slice(&one.body).unwrap_or_default()).collect()
    }

    /// The bodies of all requests, as they came.
    #[must_use]
    pub fn received_bytes(&self) -> Vec<Bytes> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().map(|one| one.body.clone()).collect()
    }

    /// A header of the request with this `x-request-id`.
    #[must_use]
    pub fn header_of(&self, id: &str, name: &str) -> Option<String> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let one = received.iter().find(|one| one.id == id)?;
        one.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The bodies of the requests with this `x-request-id`, as text.
    #[must_use]
    pub fn received_by(&self, id: &str) -> Vec<String> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().filter(|one| one.id == id).map(|one| String::from_utf8_lossy(&one.body).into_owned()).collect()
    }
}

/// A chat completion with one message.
#[must_use]
pub fn completion(message: &Value) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
    })
}

async fn reply(
    request: Request<Incoming>,
    answer: Answer,
    received: Arc<Mutex<Vec<Received>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let (content_type, text) = answer(&id, &serde_json::from_slice(&body).unwrap_or_default());
    received.lock().unwrap_or_else(PoisonError::into_inner).push(Received { id, headers, body });
    let mut response = Response::new(Full::new(Bytes::from(text)));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    Ok(response)
}
