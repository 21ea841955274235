//! The upstream of `--via http`: an agent that answers every row with what the data set's agent wrote.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

/// Longest request that the agent reads, in bytes.
const MAX_REQUEST_BYTES: usize = 1 << 20;

/// Answers by the number of the row.
pub(crate) type Answers = Arc<HashMap<u64, Bytes>>;

/// Starts the agent on a free local port; it stops with the process.
pub(crate) async fn start(answers: Answers) -> Result<SocketAddr> {
    let listener =
        TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1 for the replaying agent")?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_connection(stream, Arc::clone(&answers)));
        }
    });
    Ok(address)
}

async fn serve_connection(stream: TcpStream, answers: Answers) {
    let service = service_fn(move |request| {
        let answers = Arc::clone(&answers);
        async move { Ok::<_, Infallible>(answer(request, &answers).await) }
    });
    // A caller that hangs up ends the connection and nothing else.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, answers: &HashMap<u64, Bytes>) -> Response<Full<Bytes>> {
    let body = Limited::new(request.into_body(), MAX_REQUEST_BYTES).collect().await.map(|body| body.to_bytes());
    let row = body
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .and_then(|body| body.get("row")?.as_u64());
    match row.and_then(|row| answers.get(&row)) {
        Some(answer) => reply(StatusCode::OK, answer.clone()),
        None => reply(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"error\":\"no such row\"}")),
    }
}

fn reply(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}
