//! The demo's upstream: an HTTP server on a free local port with two small agents. They follow a script and call no
//! model, so that the demo needs neither network nor key; what Parapet does with their traffic is real.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{chat_agent, ehr_agent};

/// Longest request that the agents read, in bytes.
const MAX_REQUEST_BYTES: usize = 1 << 20;

/// Starts both agents; they stop with the process.
pub(crate) async fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1 for the demo agents")?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_connection(stream));
        }
    });
    Ok(address)
}

async fn serve_connection(stream: TcpStream) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(answer(request).await) });
    // A caller that hangs up in mid-request is no event for a demo.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST_BYTES).collect().await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "request is longer than 1 MiB");
    };
    let Ok(body) = serde_json::from_slice::<Value>(&body.to_bytes()) else {
        return error(StatusCode::BAD_REQUEST, "request is not JSON");
    };
    match (&head.method, head.uri.path()) {
        (&Method::POST, "/v1/chat/completions") if body.get("stream") == Some(&Value::Bool(true)) => {
            reply(StatusCode::OK, "text/event-stream", chat_agent::stream(&body))
        }
        (&Method::POST, "/v1/chat/completions") => json_reply(StatusCode::OK, &chat_agent::complete(&body)),
        (&Method::POST, "/ehr/ask") => json_reply(StatusCode::OK, &ehr_agent::ask(&body)),
        _ => error(StatusCode::NOT_FOUND, "the demo agents answer POST /v1/chat/completions and POST /ehr/ask"),
    }
}

fn error(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    json_reply(status, &json!({ "error": { "message": message, "type": "invalid_request_error" } }))
}

fn json_reply(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    reply(status, "application/json", body.to_string())
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
