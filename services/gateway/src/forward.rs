//! Sends what was released to the upstream.

use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use opentelemetry::Context;

use crate::config::{RouteKind, Target};
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::headers::of_request;
use crate::held::AnswerHead;
use crate::release::Released;
use crate::telemetry;
use crate::upstream::{self, Opened, UpstreamError};

/// The head of the upstream's answer, and its body that is still to be read.
pub(crate) async fn forward(
    exchange: &mut Exchange<'_>,
    headers: &HeaderMap,
    request: Released,
) -> Result<(AnswerHead, Opened), GatewayError> {
    let (target, client) = match (&exchange.live.config.kind, &exchange.live.client) {
        (RouteKind::Model(_, target) | RouteKind::Generic(target, _), Some(client)) => (target, client),
        _ => return Err(GatewayError::Internal("a route without an upstream forwards")),
    };
    let span = exchange.app.telemetry.upstream(exchange.trace.span.as_ref(), &target.upstream.name);
    let headers = outgoing(exchange, target, headers, span.as_ref());
    let sent = Instant::now();
    let opened = upstream::open(client, target, headers, request.into_bytes()).await;
    exchange.waited = exchange.waited.saturating_add(sent.elapsed());
    telemetry::upstream_answered(span.as_ref(), opened.as_ref().map(|(head, _)| head.status));
    opened.map_err(|error| failed(exchange, error))
}

/// The whole of an answer's body. Held in memory: nothing of it leaves before it is judged.
pub(crate) async fn collect(exchange: &mut Exchange<'_>, opened: Opened) -> Result<Bytes, GatewayError> {
    let sent = Instant::now();
    let body = opened.whole().await;
    exchange.waited = exchange.waited.saturating_add(sent.elapsed());
    body.map_err(|error| failed(exchange, error))
}

/// `error`, counted.
pub(crate) fn failed(exchange: &Exchange<'_>, error: UpstreamError) -> GatewayError {
    exchange.upstream_failed(error.kind());
    error.into()
}

/// The caller's headers without those that are for Parapet, with those that the configuration sets.
pub(crate) fn outgoing(
    exchange: &Exchange<'_>,
    target: &Target,
    headers: &HeaderMap,
    span: Option<&Context>,
) -> HeaderMap {
    let mut out = of_request(headers);
    let consumed: Vec<_> = out.keys().filter(|name| exchange.app.identity.consumes(name)).cloned().collect();
    for name in consumed {
        out.remove(name);
    }
    exchange.trace.pass_on(&mut out, span);
    upstream::add_configured(&mut out, &target.upstream);
    // Marked, so that no log shows it by accident.
    if let Some(value) = out.get_mut(AUTHORIZATION) {
        value.set_sensitive(true);
    }
    out.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    out
}
