//! The HTTP client: hyper with a connection pool, rustls with the machine's own certificates.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::UpstreamError;

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Most bytes that one connection reads ahead. Left to itself it grows to hundreds of kilobytes, for each stream that passes.
const READ_BYTES: usize = 16 << 10;

/// A client for one server. Cheap to clone; clones share the pool.
#[derive(Clone)]
pub(crate) enum HttpClient {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "no trusted certificates were found for `{uri}` ({source}); install `ca-certificates`, or name a file in `SSL_CERT_FILE`"
)]
pub struct ClientError {
    uri: String,
    source: std::io::Error,
}

impl HttpClient {
    /// A client that suits the scheme of `uri`. Certificates are loaded only for `https`.
    pub(crate) fn for_uri(uri: &Uri, connect_timeout: Duration, max_idle: usize) -> Result<Self, ClientError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect_timeout));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.http1_max_buf_size(READ_BYTES);
        builder.pool_max_idle_per_host(max_idle).pool_idle_timeout(IDLE).pool_timer(TokioTimer::new());
        if uri.scheme_str() != Some("https") {
            return Ok(Self::Plain(builder.build(connector)));
        }
        let tls = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|source| ClientError { uri: uri.to_string(), source })?;
        Ok(Self::Tls(builder.build(tls.https_only().enable_http1().wrap_connector(connector))))
    }

    /// Sends one request; the answer's body is still to be read.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, UpstreamError> {
        let sent = match self {
            Self::Plain(client) => client.request(request).await,
            Self::Tls(client) => client.request(request).await,
        };
        sent.map_err(UpstreamError::of_request)
    }

    /// The body of a plain `GET` that must answer 200.
    pub(crate) async fn get_bytes(&self, uri: &Uri, max: usize) -> Result<Bytes, UpstreamError> {
        let request = Request::get(uri.clone())
            .body(Full::default())
            .map_err(|error| UpstreamError::NotSent(error.to_string()))?;
        let response = self.send(request).await?;
        if response.status() != http::StatusCode::OK {
            return Err(UpstreamError::NotSent(format!("the server answered {}", response.status().as_u16())));
        }
        let body = Limited::new(response.into_body(), max).collect().await;
        Ok(body.map_err(|error| UpstreamError::of_body(error, max))?.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn https_never_falls_back_to_plain_text() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri: Uri = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
        });
        let client = HttpClient::for_uri(&uri, Duration::from_secs(5), 1).unwrap();
        let error = client.get_bytes(&uri, 100).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Unreachable(_)), "{error:?}");
    }
}
