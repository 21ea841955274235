//! The agents and model servers behind Parapet: one request out, one whole answer back, within every limit.

mod client;
mod error;

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use tokio::time::timeout;

pub use client::ClientError;
pub(crate) use client::HttpClient;
pub(crate) use error::UpstreamError;

use crate::config::{Target, Upstream};

/// A whole answer. Held in memory: nothing of it leaves before it is judged.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends `body` to the target of a route and waits for the whole answer.
pub(crate) async fn send(
    client: &HttpClient,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, UpstreamError> {
    let started = Instant::now();
    let result = timeout(target.upstream.total_timeout, exchange(client, target, headers, body)).await;
    let result = result.unwrap_or(Err(UpstreamError::TooSlow { limit: target.upstream.total_timeout }));
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    match &result {
        Ok(answer) => {
            tracing::debug!(upstream.name = %target.upstream.name, upstream.status = answer.status.as_u16(), duration_us, "answered")
        }
        Err(error) => {
            tracing::warn!(upstream.name = %target.upstream.name, %error, error.cause = ?error.cause(), duration_us, "no answer")
        }
    }
    result
}

async fn exchange(
    client: &HttpClient,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, UpstreamError> {
    let limit = target.upstream.response_timeout;
    let request = request(target, headers, body)?;
    let response = timeout(limit, client.send(request)).await.map_err(|_| UpstreamError::TooSlow { limit })??;
    let (parts, body) = response.into_parts();
    let max = target.upstream.max_answer_bytes;
    // Trailers are dropped here: no guard could see them.
    let body = Limited::new(body, max).collect().await.map_err(|error| UpstreamError::of_body(error, max))?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

fn request(target: &Target, headers: HeaderMap, body: Bytes) -> Result<Request<Full<Bytes>>, UpstreamError> {
    let mut request = Request::post(target.uri.clone())
        .body(Full::new(body))
        .map_err(|error| UpstreamError::NotSent(error.to_string()))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// What the upstream is told besides the caller's own headers.
pub(crate) fn add_configured(headers: &mut HeaderMap, upstream: &Upstream) {
    // An answer in another coding could not be judged.
    headers.insert(http::header::ACCEPT_ENCODING, http::HeaderValue::from_static("identity"));
    if let Some(value) = &upstream.authorization {
        headers.insert(http::header::AUTHORIZATION, value.clone());
    }
    for (name, value) in &upstream.headers {
        headers.insert(name.clone(), value.clone());
    }
}
