//! A small HTTP/1.1 client for the admin API, the demo and the benchmark: plain `http://`, connections kept alive.
//! The sidecar's own client for upstreams is the gateway's; this one is only for Parapet's own commands.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// The client; cloning shares its connections.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// Header fields.
    pub(crate) headers: HeaderMap,
    /// Body, complete.
    pub(crate) body: Bytes,
}

impl HttpClient {
    /// A client without connections.
    pub(crate) fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends `body` (nothing for GET) and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply> {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            bail!("`{url}` does not start with `http://`; the admin listener itself speaks plain HTTP");
        }
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).context("a header is not valid")?;
        let answer = self.client.request(request).await.with_context(|| format!("nothing answers at `{url}`"))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|e| anyhow::anyhow!("the answer of `{url}` broke off: {e}"))?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

impl Reply {
    /// A header field as text, empty when it is absent or not ASCII.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
