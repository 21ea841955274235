//! Every request passes here, through these gates in this order. A gate that closes names its reason.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt;
use http::header::UPGRADE;
use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;
use parapet_domain::Surface;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use crate::answer::{HttpAnswer, released, stopped, turned_away};
use crate::app::{Inner, LiveRoute};
use crate::body::read_body;
use crate::check;
use crate::config::RouteKind;
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::headers::{foreign_encoding, media_type};
use crate::intercept::intercept;
use crate::trace::{REQUEST_ID, Trace};

/// Header with the conversation that a request belongs to.
const SESSION: &str = "x-parapet-session";
const MAX_SESSION_BYTES: usize = 256;

/// The answer to a request, in every case.
pub(crate) async fn answer(app: &Inner, peer: SocketAddr, request: Request<Incoming>) -> HttpAnswer {
    let started = Instant::now();
    let trace = Trace::of(request.headers());
    let live = app.routes.get(request.uri().path());
    let _at_work = app.metrics.at_work();
    // A defect in one request must not end the others on its connection.
    let handled = AssertUnwindSafe(handle(app, live, peer, &trace, request)).catch_unwind().await;
    let handled = handled.unwrap_or_else(|_| Err(GatewayError::Internal("panic")));
    let mut answer = handled.unwrap_or_else(|error| turned_away(live.map(surface), &error));
    answer.headers_mut().insert(REQUEST_ID, trace.request_id.clone());
    let (route, status) = (live.map_or("none", |live| live.config.name.as_str()), answer.status().as_u16());
    app.metrics.requested(route, status);
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(route.name = route, http.status = status, trace.id = %trace.id, net.peer = %peer, duration_us, "request");
    answer
}

const fn surface(live: &LiveRoute) -> Surface {
    live.config.kind.surface()
}

async fn handle(
    app: &Inner,
    live: Option<&LiveRoute>,
    peer: SocketAddr,
    trace: &Trace,
    request: Request<Incoming>,
) -> Result<HttpAnswer, GatewayError> {
    let live = live.ok_or(GatewayError::UnknownPath)?;
    check_protocol(&request)?;
    let _place = admit(app)?;
    let (head, body) = request.into_parts();
    let credential = check::credential(app, live, &head.headers)?;
    let principal =
        app.identity.authenticate(peer.ip(), &head.headers, check::principal_need(live, credential)).await?;
    let session = session(&head.headers)?;
    let body = read_body(&app.limits, &head.headers, body).await?;

    let mut exchange = Exchange::new(app, live, trace, principal, session);
    exchange.query = head.uri.query().map(|_| ());
    let limit = app.limits.request;
    let work = async {
        match &live.config.kind {
            RouteKind::Check { .. } => check::answer_check(&mut exchange, credential, body).await,
            RouteKind::OpenaiChat(_) | RouteKind::Generic(..) => {
                match intercept(&mut exchange, &head.headers, body).await {
                    Ok((head, body)) => released(&exchange, head, body),
                    Err(stop) => stopped(&exchange, &stop),
                }
            }
        }
    };
    let answer = timeout(limit, work).await.map_err(|_| GatewayError::TooSlow(limit.as_millis()))?;
    app.metrics.took(exchange.overhead());
    Ok(answer)
}

/// Only what can be judged: one POST with one JSON body, as it is.
fn check_protocol(request: &Request<Incoming>) -> Result<(), GatewayError> {
    let headers = request.headers();
    if headers.contains_key(UPGRADE) || request.method() == Method::CONNECT {
        return Err(GatewayError::Upgrade);
    }
    if request.method() != Method::POST {
        return Err(GatewayError::Method);
    }
    if let Some(coding) = foreign_encoding(headers) {
        return Err(GatewayError::Encoding(coding.chars().take(40).collect()));
    }
    match media_type(headers).as_deref() {
        Some("application/json") => Ok(()),
        _ => Err(GatewayError::MediaType),
    }
}

/// A place for the request, if there is one: better a quick no than a queue without end.
fn admit(app: &Inner) -> Result<SemaphorePermit<'_>, GatewayError> {
    app.admission.try_acquire().map_err(|_| GatewayError::Overloaded(app.limits.concurrent_requests))
}

fn session(headers: &HeaderMap) -> Result<Option<String>, GatewayError> {
    let Some(value) = headers.get(SESSION) else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=MAX_SESSION_BYTES).contains(&text.len()));
    text.filter(|text| text.bytes().all(|b| b.is_ascii_graphic()))
        .map(|text| Some(text.to_owned()))
        .ok_or(GatewayError::Header(SESSION))
}
