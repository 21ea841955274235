//! The HTTP answer: what was released, or why nothing was, with the headers that say what was decided.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use parapet_domain::fold::Refusal;
use parapet_domain::reason::PART_NOT_INSPECTED;
use parapet_domain::{Surface, Timestamp};
use parapet_surfaces::{RefusalContext, Reply, decision_headers, failure, refusal};
use uuid::Uuid;

use crate::error::{GatewayError, NO_SURFACE, Stop};
use crate::exchange::Exchange;
use crate::follow;
use crate::headers::of_answer;
use crate::held::AnswerHead;
use crate::outgoing::Outgoing;
use crate::upstream::UpstreamError;

pub(crate) type HttpAnswer = Response<Outgoing>;

const OVERHEAD: HeaderName = HeaderName::from_static("x-parapet-overhead-us");
const UPSTREAM_STATUS: HeaderName = HeaderName::from_static("x-parapet-upstream-status");
/// When to try again after an outage of Parapet itself, in seconds.
const RETRY_AFTER_S: u32 = 1;

/// What the upstream answered, as it was released.
pub(crate) fn released(exchange: &Exchange<'_>, head: &AnswerHead, body: Outgoing) -> HttpAnswer {
    let mut answer = Response::new(body);
    *answer.status_mut() = head.status;
    *answer.headers_mut() = of_answer(&head.headers);
    with_decision(exchange, answer)
}

/// Why nothing was released.
pub(crate) fn stopped(exchange: &Exchange<'_>, stop: &Stop) -> HttpAnswer {
    with_decision(exchange, http(reply(exchange, stop, false)))
}

/// Why a stream that has begun goes no further, as its last bytes.
pub(crate) fn in_stream(exchange: &Exchange<'_>, stop: &Stop) -> Bytes {
    reply(exchange, stop, true).body.into()
}

fn reply(exchange: &Exchange<'_>, stop: &Stop, streaming_started: bool) -> Reply {
    let surface = exchange.route().kind.shape();
    let context = |id| RefusalContext { streaming_started, ..context(exchange, id) };
    match stop {
        Stop::Refused { refusal, .. } if is_unread(exchange, refusal) => {
            let error = GatewayError::Upstream(UpstreamError::Unreadable);
            failure(surface, error.fault(), &error.to_string(), &context(None))
        }
        Stop::Refused { refusal: why, decision_id } => {
            refusal(surface, exchange.route().style, why, &context(*decision_id))
        }
        Stop::Failed(error) => {
            let context = RefusalContext { retry_after_s: error.retry_after_s(), ..context(None) };
            failure(surface, error.fault(), &error.to_string(), &context)
        }
    }
}

/// Why a request got no exchange.
pub(crate) fn turned_away(surface: Option<Surface>, error: &GatewayError) -> HttpAnswer {
    let context = RefusalContext { retry_after_s: error.retry_after_s(), ..RefusalContext::default() };
    let mut answer = http(failure(surface.unwrap_or(NO_SURFACE), error.fault(), &error.to_string(), &context));
    let allowed = match error {
        GatewayError::Method => Some("POST"),
        GatewayError::GetOnly | GatewayError::DocumentMethod => Some("GET"),
        GatewayError::McpMethod => Some("POST, GET, DELETE"),
        _ => None,
    };
    if let Some(allowed) = allowed {
        answer.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allowed));
    }
    answer
}

/// An answer that is no JSON at all, such as a proxy's error page, is an outage to the caller and not a block.
fn is_unread(exchange: &Exchange<'_>, refusal: &Refusal) -> bool {
    exchange.unread_answer && refusal.reason_code == PART_NOT_INSPECTED
}

pub(crate) fn context(exchange: &Exchange<'_>, decision_id: Option<Uuid>) -> RefusalContext {
    RefusalContext {
        decision_id: decision_id.map(|id| id.to_string()),
        guard_set: exchange.set.hash.clone(),
        model: exchange.model.clone(),
        created: Timestamp::now().as_micros() / 1_000_000,
        stream: exchange.stream,
        streaming_started: false,
        show_details: exchange.route().show_details,
        location: exchange.approval.map(follow::location),
        retry_after_s: RETRY_AFTER_S,
    }
}

/// A reply of the surfaces as HTTP.
pub(crate) fn http(reply: Reply) -> HttpAnswer {
    let mut answer = Response::new(Outgoing::whole(Bytes::from(reply.body)));
    *answer.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in reply.headers {
        set(&mut answer, HeaderName::from_static(name), &value);
    }
    answer
}

/// Adds what was decided. Headers that the reply already has say it more exactly.
pub(crate) fn with_decision(exchange: &Exchange<'_>, mut answer: HttpAnswer) -> HttpAnswer {
    if let Some((decision, id)) = exchange.worst {
        for (name, value) in decision_headers(decision, Some(&id.to_string()), &exchange.set.hash) {
            if !answer.headers().contains_key(name) {
                set(&mut answer, HeaderName::from_static(name), &value);
            }
        }
    }
    if let Some(status) = exchange.upstream_status {
        answer.headers_mut().insert(UPSTREAM_STATUS, HeaderValue::from(status.as_u16()));
    }
    let overhead_us = u64::try_from(exchange.overhead().as_micros()).unwrap_or(u64::MAX);
    answer.headers_mut().insert(OVERHEAD, HeaderValue::from(overhead_us));
    answer
}

fn set(answer: &mut HttpAnswer, name: HeaderName, value: &str) {
    // Header values here are ids, hashes and numbers; anything else would be a defect and is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
