//! Envoy's external authorization over gRPC, `envoy.service.auth.v3.Authorization/Check`: the request that it describes goes
//! through the same gates as any other, and the answer is told in the words of that protocol.

mod frame;
mod message;
mod reply;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use hyper::body::Incoming;
use parapet_surfaces::SurfaceError;

use crate::answer::{HttpAnswer, turned_away};
use crate::app::Inner;
use crate::arrived::{Arrived, Arriving, Described};
use crate::body::read_body;
use crate::error::GatewayError;
use crate::router::answer_arrived;
use message::{AttributeContext, CheckRequest, HttpRequest};
use reply::GrpcAnswer;

const METHOD: &str = "/envoy.service.auth.v3.Authorization/Check";
/// Where Envoy's configuration names the route to ask on.
const ROUTE: &str = "parapet_route";

/// The answer to one call. Worked on in a task of its own, which holds the room for the message until it is done.
pub(crate) async fn answer(app: &Arc<Inner>, peer: SocketAddr, request: Request<Incoming>) -> GrpcAnswer {
    if request.uri().path() != METHOD {
        return reply::unimplemented();
    }
    let work = {
        let app = Arc::clone(app);
        async move { check(&app, peer, request).await }
    };
    match app.exchanges.spawn(work).await {
        Ok(answer) => reply::of(answer),
        Err(_) => reply::of(turned_away(None, &GatewayError::Internal("no answer"))),
    }
}

async fn check(app: &Arc<Inner>, peer: SocketAddr, request: Request<Incoming>) -> HttpAnswer {
    let (head, body) = request.into_parts();
    let read = read_body(app, &head.headers, body).await;
    let described = read.and_then(|(message, room)| Ok((arrived(&message, head.headers)?, room)));
    match described {
        Ok((arrived, _room)) => answer_arrived(app, peer, arrived).await,
        Err(error) => turned_away(None, &error),
    }
}

/// The request that the message describes.
fn arrived(message: &Bytes, asker: HeaderMap) -> Result<Arrived, GatewayError> {
    let CheckRequest { attributes } = frame::decode(message)?;
    let AttributeContext { source, request, mut context_extensions } = attributes.unwrap_or_default();
    let http = request.unwrap_or_default().http.ok_or_else(|| malformed("has no `request.http`"))?;
    if http.raw_body.is_empty() && !http.body.is_empty() {
        // In the other field Envoy replaces bytes that are no UTF-8, so that it is not what the upstream gets.
        return Err(malformed("has to bring the body as bytes; set `pack_as_bytes: true` in `with_request_body`"));
    }
    let head = head(&http)?;
    let described = Described {
        body: http.raw_body,
        asker,
        route: context_extensions.remove(ROUTE),
        source: source.map(|peer| peer.principal).filter(|name| !name.is_empty()),
    };
    Ok(Arrived { head, body: Arriving::Described(Box::new(described)) })
}

fn head(http: &HttpRequest) -> Result<Parts, GatewayError> {
    let mut request = Request::new(());
    *request.method_mut() = http.method.parse().map_err(|_| malformed("has a `method` that is none"))?;
    *request.uri_mut() = http.path.parse().map_err(|_| malformed("has a `path` that is none"))?;
    let raw = http.header_map.iter().flat_map(|map| &map.headers);
    let raw = raw.map(|h| (h.key.as_str(), if h.raw_value.is_empty() { h.value.as_bytes() } else { &h.raw_value }));
    let plain = http.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    for (name, value) in raw.chain(plain).filter(|(name, _)| !name.starts_with(':')) {
        let name: HeaderName = name.parse().map_err(|_| malformed("has a header that is none"))?;
        let value = HeaderValue::from_bytes(value).map_err(|_| malformed("has a header that is none"))?;
        request.headers_mut().append(name, value);
    }
    Ok(request.into_parts().0)
}

fn malformed(problem: &str) -> GatewayError {
    SurfaceError::Fields(vec![format!("the check request {problem}")]).into()
}

#[cfg(test)]
mod tests;
