//! The agents and model servers behind Parapet: one request out, its answer back, whole or piece by piece, within every limit.

mod client;
mod error;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use tokio::time::{timeout, timeout_at};

pub use client::ClientError;
pub(crate) use client::HttpClient;
pub(crate) use error::UpstreamError;

use crate::config::{Target, Upstream};
use crate::held::AnswerHead;

/// Longer than any process runs.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);

/// The body of an answer that has begun. Ends when the upstream's time for the whole of it is over.
pub(crate) struct Opened {
    upstream: Arc<Upstream>,
    body: Incoming,
    until: Instant,
}

/// Sends `body` to the target of a route and waits for the head of the answer.
pub(crate) async fn open(
    client: &HttpClient,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(AnswerHead, Opened), UpstreamError> {
    open_as(client, target, Method::POST, headers, body).await
}

/// [`open`] with another method.
pub(crate) async fn open_as(
    client: &HttpClient,
    target: &Target,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(AnswerHead, Opened), UpstreamError> {
    let (started, upstream) = (Instant::now(), &target.upstream);
    let until = started.checked_add(upstream.total_timeout).unwrap_or(started);
    let limit = upstream.response_timeout.min(upstream.total_timeout);
    let sent = async {
        timeout(limit, client.send(request(target, method, headers, body)?))
            .await
            .map_err(|_| UpstreamError::TooSlow { limit })?
    };
    match sent.await {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            tracing::debug!(upstream.name = %upstream.name, upstream.status = parts.status.as_u16(), duration_us = micros(started), "answered");
            let opened = Opened { upstream: Arc::clone(upstream), body, until };
            Ok((AnswerHead { status: parts.status, headers: parts.headers }, opened))
        }
        Err(error) => Err(logged(upstream, error, started)),
    }
}

impl Opened {
    pub(crate) fn upstream_name(&self) -> String {
        self.upstream.name.clone()
    }

    /// Most bytes that may be held of it.
    pub(crate) fn max_bytes(&self) -> usize {
        self.upstream.max_answer_bytes
    }

    /// The body of an answer that may go on for ever, as long as it is not silent.
    pub(crate) fn without_end(self) -> Self {
        Self { until: self.until.checked_add(FOR_EVER).unwrap_or(self.until), ..self }
    }

    /// The whole body, within the limits. Trailers are dropped: no guard could see them.
    pub(crate) async fn whole(self) -> Result<Bytes, UpstreamError> {
        let (started, max) = (Instant::now(), self.upstream.max_answer_bytes);
        let body = timeout_at(self.until.into(), Limited::new(self.body, max).collect()).await;
        let body = body.map_err(|_| UpstreamError::TooSlow { limit: self.upstream.total_timeout });
        let body = body.and_then(|body| body.map_err(|error| UpstreamError::of_body(error, max)));
        body.map(Collected::to_bytes).map_err(|error| logged(&self.upstream, error, started))
    }

    /// The next piece of the body, or `None` at its end. However long it is, it has no limit of its own: who takes it piece by
    /// piece bounds what it keeps.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        let (started, idle) = (Instant::now(), self.upstream.response_timeout);
        let until = started.checked_add(idle).map_or(self.until, |idle| idle.min(self.until));
        loop {
            let read = match timeout_at(until.into(), self.body.frame()).await {
                Err(_) => Err(UpstreamError::TooSlow { limit: idle.min(self.upstream.total_timeout) }),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => Err(UpstreamError::CutOff(error.into())),
                Ok(Some(Ok(frame))) => Ok(frame.into_data()),
            };
            match read.map_err(|error| logged(&self.upstream, error, started))? {
                Ok(data) if !data.is_empty() => return Ok(Some(data)),
                _ => {}
            }
        }
    }
}

fn logged(upstream: &Upstream, error: UpstreamError, since: Instant) -> UpstreamError {
    tracing::warn!(upstream.name = %upstream.name, %error, error.cause = ?error.cause(), duration_us = micros(since), "no answer");
    error
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn request(
    target: &Target,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, UpstreamError> {
    let mut request = Request::builder()
        .method(method)
        .uri(target.uri.clone())
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
