//! Requests to the server.

use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderMap, Method, StatusCode};
use opentelemetry::Context;

use super::asking::Asking;
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::forward::outgoing;
use crate::held::AnswerHead;
use crate::telemetry;
use crate::upstream::{self, Opened};

/// Sends `body` and waits for the head of the answer.
pub(super) async fn send(
    exchange: &mut Exchange<'_>,
    asking: &Asking<'_>,
    method: Method,
    body: Bytes,
) -> Result<(AnswerHead, Opened), GatewayError> {
    let (target, client) = asking.server()?;
    let span = exchange.app.telemetry.upstream(exchange.trace.span.as_ref(), &target.upstream.name);
    let headers = headers(exchange, asking, &method, span.as_ref())?;
    let sent = Instant::now();
    let opened = upstream::open_as(client, target, method, headers, body).await;
    exchange.waited = exchange.waited.saturating_add(sent.elapsed());
    telemetry::upstream_answered(span.as_ref(), opened.as_ref().map(|(head, _)| head.status));
    opened.map_err(|error| {
        exchange.app.metrics.upstream_failed(&target.upstream.name, error.kind());
        error.into()
    })
}

/// Tells the server why its request goes no further. What it answers to that is nobody's.
pub(super) async fn send_back(exchange: &mut Exchange<'_>, asking: &Asking<'_>, reply: Bytes) {
    match send(exchange, asking, Method::POST, reply).await {
        Ok((head, _)) => {
            tracing::debug!(exchange.id = %exchange.id, upstream.status = head.status.as_u16(), "server told of a refusal");
        }
        Err(error) => tracing::warn!(exchange.id = %exchange.id, %error, "server not told of a refusal"),
    }
}

fn headers(
    exchange: &Exchange<'_>,
    asking: &Asking<'_>,
    method: &Method,
    span: Option<&Context>,
) -> Result<HeaderMap, GatewayError> {
    let (target, _) = asking.server()?;
    let mut headers = outgoing(exchange, target, &asking.headers, span);
    // It was checked here; the server has no page that it knows.
    headers.remove(ORIGIN);
    if *method != Method::POST {
        headers.remove(CONTENT_TYPE);
    }
    Ok(headers)
}

/// The status for the caller of an answer that is no success: its own where it is about the request, such as a session that has
/// ended. Anything else is an outage.
pub(super) fn status_of(head: &AnswerHead) -> StatusCode {
    if head.status.is_client_error() { head.status } else { StatusCode::BAD_GATEWAY }
}
