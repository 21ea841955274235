//! Carries one request to the server: hyper with rustls and the machine's own certificates, a limit on the time and on
//! the size of the answer, no redirects. Or it plays a recorded answer. What the bytes mean is not known here.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rig_core::http_client::{self, HttpClientExt, LazyBody, MultipartForm, StreamingResponse};
use serde::de::IgnoredAny;

use crate::config::Endpoint;
use crate::tape::Tape;
use crate::{ModelConfig, ModelConfigError};

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);
const AGENT: &str = concat!("parapet/", env!("CARGO_PKG_VERSION"));

/// Why there are no bytes of an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("{0}")]
    Unreachable(String),
    #[error("no whole answer in time")]
    TimedOut,
    #[error("the connection broke after {received} bytes")]
    Broken { received: usize },
    #[error("more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("no exchange is recorded as `{}`", .0.display())]
    NotRecorded(PathBuf),
    #[error("`{}`: {reason}", .path.display())]
    Tape { path: PathBuf, reason: String },
    #[error("{0} is not used here")]
    Unused(&'static str),
}

/// Connections to one server. Cheap to clone; clones share them.
#[derive(Clone)]
pub(crate) enum Connections {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
    /// Nothing leaves the machine: answers are played back.
    None,
}

impl Connections {
    /// Connections that suit the scheme of the address. Certificates are loaded only for `https`.
    pub(crate) fn to(endpoint: &Endpoint, config: &ModelConfig) -> Result<Self, ModelConfigError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_millis(config.connect_timeout_ms)));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_max_idle_per_host(config.concurrency).pool_idle_timeout(IDLE).pool_timer(TokioTimer::new());
        if endpoint.uri.scheme_str() != Some("https") {
            return Ok(Self::Plain(builder.build(connector)));
        }
        let tls = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|source| ModelConfigError::NoCertificates { url: endpoint.base.clone(), source })?;
        Ok(Self::Tls(builder.build(tls.https_only().enable_http1().wrap_connector(connector))))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, TransportError> {
        let sent = match self {
            Self::Plain(client) => client.request(request).await,
            Self::Tls(client) => client.request(request).await,
            Self::None => return Err(TransportError::Unused("a connection")),
        };
        sent.map_err(|error| of_request(&error))
    }
}

/// The carrier of one request.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) connections: Connections,
    pub(crate) tape: Tape,
    /// Digest of the prompt, for the tape.
    pub(crate) digest: String,
    /// Time until the answer is whole.
    pub(crate) limit: Duration,
    pub(crate) max_bytes: usize,
}

impl Transport {
    async fn exchange(self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if let Some(played) = self.tape.play(&self.digest).await {
            return played;
        }
        let note = self.tape.note(&request);
        let started = tokio::time::Instant::now();
        let response =
            tokio::time::timeout(self.limit, self.live(request)).await.map_err(|_| TransportError::TimedOut)??;
        if let Some(note) = note {
            self.tape.keep(&self.digest, note, &response, started.elapsed()).await?;
        }
        Ok(response)
    }

    async fn live(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let headers = request.headers_mut();
        headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static(AGENT));
        headers.insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        let (parts, body) = self.connections.send(request.map(Full::new)).await?.into_parts();
        let bytes = whole(body, self.max_bytes).await?;
        if parts.status.is_success() && ends_early(&bytes) {
            return Err(TransportError::Broken { received: bytes.len() });
        }
        Ok(Response::from_parts(parts, bytes))
    }
}

/// Whether a body ends in the middle of its JSON. Without a length, the end of a connection looks like the end of the body.
fn ends_early(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_err_and(|error| error.is_eof())
}

/// All of a body, or why it is not whole.
async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, TransportError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| TransportError::Broken { received: bytes.len() })?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(TransportError::TooLarge { limit });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn of_request(error: &ClientError) -> TransportError {
    if !error.is_connect() {
        return TransportError::Broken { received: 0 };
    }
    // The innermost cause is the one that helps: "Connection refused", "invalid peer certificate".
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    TransportError::Unreachable(cause.to_string())
}

impl HttpClientExt for Transport {
    fn send<T, U>(
        &self,
        request: Request<T>,
    ) -> impl Future<Output = http_client::Result<Response<LazyBody<U>>>> + Send + 'static
    where
        T: Into<Bytes> + Send,
        U: From<Bytes> + Send + 'static,
    {
        let sent = self.clone().exchange(request.map(Into::into));
        lazy(sent)
    }

    fn send_multipart<U>(
        &self,
        _: Request<MultipartForm>,
    ) -> impl Future<Output = http_client::Result<Response<LazyBody<U>>>> + Send + 'static
    where
        U: From<Bytes> + Send + 'static,
    {
        std::future::ready(Err(http_client::Error::instance(TransportError::Unused("a form"))))
    }

    async fn send_streaming<T>(&self, _: Request<T>) -> http_client::Result<StreamingResponse>
    where
        T: Into<Bytes> + Send,
    {
        Err(http_client::Error::instance(TransportError::Unused("a stream")))
    }
}

/// The client crate reads bodies when it wants to; this one is there already, as it counts towards the time.
async fn lazy<U: From<Bytes> + Send + 'static>(
    sent: impl Future<Output = Result<Response<Bytes>, TransportError>> + Send + 'static,
) -> http_client::Result<Response<LazyBody<U>>> {
    let response = sent.await.map_err(http_client::Error::instance)?;
    Ok(response.map(|bytes| Box::pin(std::future::ready(Ok(U::from(bytes)))) as LazyBody<U>))
}
