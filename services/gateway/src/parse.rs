//! Bytes to events. A body that cannot be taken apart is refused, or listed whole as not inspected; never passed over.

use bytes::Bytes;
use http::StatusCode;
use parapet_domain::Stage;
use parapet_domain::fold::NotInspected;
use parapet_surfaces::generic::{self, GenericMapping, PartMapping};
use parapet_surfaces::{Draft, ModelApi, ParsedBody, SurfaceError};

use crate::config::RouteKind;
use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::headers::{foreign_encoding, is_json, media_type};
use crate::held::{AnswerHead, Body, Held};
use crate::unseen::{NOT_JSON, QUERY_STRING};
use crate::upstream::UpstreamError;
use crate::{recognise, tokens};

pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Takes a request apart.
pub(crate) fn request(exchange: &mut Exchange<'_>, body: Bytes) -> Result<Held, GatewayError> {
    let mut parsed = match &exchange.route().kind {
        RouteKind::Model(api, _) => api.parse_request(&body),
        RouteKind::Generic(_, mappings) => generic::parse_request(&body, &mappings.request),
        RouteKind::Asked { .. } | RouteKind::Mcp(_) | RouteKind::Write => {
            return Err(GatewayError::Internal("a route without an upstream forwards"));
        }
    }?;
    parsed.not_inspected.extend(
        exchange.query.take().map(|()| NotInspected { pointer: String::new(), reason: QUERY_STRING.to_owned() }),
    );
    exchange.model = parsed.model.take();
    exchange.stream = parsed.stream;
    let earlier = recognise::earlier(exchange, &parsed.events);
    Ok(Held { earlier, ..Held::request(body, parsed) })
}

/// Takes an answer apart, whatever its status.
pub(crate) fn answer(exchange: &mut Exchange<'_>, head: &AnswerHead, body: Bytes) -> Result<Held, Stop> {
    let media_type = media_type(&head.headers).unwrap_or_default();
    if !head.status.is_success() {
        exchange.upstream_status = Some(head.status);
    }
    let streamed = match exchange.route().kind {
        RouteKind::Model(api, _) if media_type == EVENT_STREAM => Some(api),
        _ => None,
    };
    let held = if foreign_encoding(&head.headers).is_some() {
        return Err(unreadable(exchange, "content_encoding"));
    } else if head.status.is_informational() {
        return Err(unreadable(exchange, "informational_status"));
    } else if head.status.is_redirection() {
        // Followed, it would lead the caller around Parapet; and a 304 stands for content that nobody judged.
        return Err(unreadable(exchange, "redirect"));
    } else if body.is_empty() {
        unread(body, None)
    } else if let Some(api) = streamed {
        stream(exchange, api, &body).map_err(|error| failed(exchange, error))?
    } else if is_json(&media_type) {
        let read = |body: &[u8]| json(exchange, head.status, body);
        let parsed = read(&body).map_err(|error| unreadable(exchange, word_for(&error)))?;
        let (body, parsed) = tokens::restored(exchange, body, parsed, read);
        Held::new(Body::Whole(body), parsed)
    } else {
        exchange.unread_answer = true;
        unread(body, Some(NOT_JSON))
    };
    Ok(held)
}

fn json(exchange: &Exchange<'_>, status: StatusCode, body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let parsed = match &exchange.route().kind {
        RouteKind::Model(api, _) => api.parse_answer(body),
        RouteKind::Generic(_, mappings) => generic::parse_answer(body, &mappings.answer),
        RouteKind::Asked { .. } | RouteKind::Mcp(_) | RouteKind::Write => {
            generic::parse_answer(body, &exchange.app.error_mapping)
        }
    };
    let complete = parsed.as_ref().is_ok_and(|parsed| parsed.not_inspected.is_empty());
    // An error may have a form of its own: all of it is judged, as one part.
    if complete || status.is_success() { parsed } else { generic::parse_answer(body, &exchange.app.error_mapping) }
}

/// How the body of an error is taken apart: as one piece of JSON.
pub(crate) fn error_mapping() -> Option<GenericMapping> {
    let whole = PartMapping {
        name: "upstream_error".to_owned(),
        pointer: String::new(),
        role: None,
        origin: None,
        kind: None,
        required: true,
        tool: None,
        tool_pointer: None,
    };
    GenericMapping::new(Stage::Output, vec![whole], &[]).ok()
}

fn stream(exchange: &Exchange<'_>, api: ModelApi, body: &Bytes) -> Result<Held, GatewayError> {
    // The upstream's own limit has been applied to these bytes already.
    let mut answer = api.stream(body.len());
    answer.push(body)?;
    Ok(Held::stream(tokens::restored_stream(exchange, answer.finish()?)))
}

/// A body without parts: there is an event all the same, so that it is decided on and recorded.
pub(crate) fn unread(body: Bytes, reason: Option<&str>) -> Held {
    let not_inspected = reason.map(|reason| NotInspected { pointer: String::new(), reason: reason.to_owned() });
    let parsed = ParsedBody {
        events: vec![Draft::new(Stage::Output, Vec::new())],
        not_inspected: not_inspected.into_iter().collect(),
        ..ParsedBody::default()
    };
    Held::new(Body::Whole(body), parsed)
}

/// `why` is one word: the text of an error may repeat what the upstream sent, and content does not go to the log.
fn unreadable(exchange: &Exchange<'_>, why: &'static str) -> Stop {
    tracing::warn!(exchange.id = %exchange.id, route.name = %exchange.route().name, error.cause = why, "answer cannot be inspected");
    failed(exchange, UpstreamError::Unreadable.into())
}

const fn word_for(error: &SurfaceError) -> &'static str {
    match error {
        SurfaceError::Json(_) => "json",
        SurfaceError::Shape { .. } | SurfaceError::Fields(_) => "shape",
        _ => "size",
    }
}

/// `error`, counted.
pub(crate) fn failed(exchange: &Exchange<'_>, error: GatewayError) -> Stop {
    exchange.upstream_failed("unreadable");
    Stop::Failed(error)
}
