//! Refusals as Anthropic's clients know them: an error object, a message that refuses, or the last event of a stream.

use parapet_domain::Surface;
use serde::Serialize;
use serde_json::{Value, json};

use super::openai::{EVENT_STREAM, JSON};
use super::{RefusalContext, Reply, Said};
use crate::ModelApi;
use crate::sse::named_event;

#[derive(Serialize)]
struct ErrorBody<'a> {
    r#type: &'a str,
    error: Error<'a>,
}

/// The two keys that clients read come first; the others are those of every surface.
#[derive(Serialize)]
struct Error<'a> {
    r#type: &'a str,
    message: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    details: &'a Value,
}

/// An error body; within a stream the event that ends it.
pub(super) fn error(said: &Said<'_>, context: &RefusalContext) -> Reply {
    let status = said.row.status(Surface::AnthropicMessages);
    let body = ErrorBody {
        r#type: "error",
        error: Error {
            r#type: error_type(status),
            message: &said.message,
            code: said.row.code,
            reason_code: said.reason_code,
            decision_id: context.decision_id.as_deref(),
            details: said.details,
        },
    };
    let json = serde_json::to_vec(&body).unwrap_or_default();
    if context.streaming_started {
        return Reply { status, content_type: EVENT_STREAM, body: named_event("error", &json), headers: Vec::new() };
    }
    Reply { status, content_type: JSON, body: json, headers: Vec::new() }
}

/// The word that goes with a status in this protocol.
const fn error_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// A message that refuses, as a body or as a stream. Its content is not empty: clients would ask again and again.
pub(super) fn message(said: &Said<'_>, context: &RefusalContext) -> Reply {
    if context.streaming_started {
        return error(said, context);
    }
    let message = json!({
        "id": format!("msg_{}", context.decision_id.as_deref().unwrap_or("refused")),
        "type": "message",
        "role": "assistant",
        "model": context.model.as_deref().unwrap_or("unknown"),
        "content": [{"type": "text", "text": said.message}],
        "stop_reason": "refusal",
        "stop_sequence": null,
        "stop_details": {"type": "refusal", "category": null, "explanation": said.message},
        "usage": {"input_tokens": 0, "output_tokens": 0},
    });
    let body = message.to_string().into_bytes();
    if context.stream {
        let events = ModelApi::AnthropicMessages.replay(&body).unwrap_or_default();
        return Reply { status: 200, content_type: EVENT_STREAM, body: events, headers: Vec::new() };
    }
    Reply { status: 200, content_type: JSON, body, headers: Vec::new() }
}
