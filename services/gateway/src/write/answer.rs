//! What a caller gets to hear of a document, as JSON.

use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use parapet_domain::Surface;
use parapet_surfaces::{RefusalContext, Reply, Style, failure, refusal};
use serde_json::{Value, json};

use super::DocumentError;
use crate::answer::{HttpAnswer, http};
use crate::config::Route;
use crate::follow;

/// Header with the document's id, on every answer.
const DOCUMENT: HeaderName = HeaderName::from_static("x-parapet-document");
/// When to try again after an outage, in seconds.
const RETRY_AFTER_S: u32 = 1;

/// A document, or how it stands, with its id in front.
pub(super) fn with_id(id: &str, mut told: Value) -> Value {
    if let Value::Object(fields) = &mut told {
        fields.insert("id".to_owned(), id.into());
    }
    told
}

/// Why there is none.
pub(super) fn reply(route: &Route, guard_set: &str, error: &DocumentError) -> Reply {
    let context = RefusalContext {
        guard_set: guard_set.to_owned(),
        show_details: route.show_details,
        retry_after_s: RETRY_AFTER_S,
        ..RefusalContext::default()
    };
    match error {
        DocumentError::Withheld(withheld) => {
            let context = RefusalContext {
                decision_id: withheld.decision.map(|id| id.to_string()),
                location: withheld.approval.map(follow::location),
                ..context
            };
            refusal(Surface::Write, Style::Error, &withheld.refusal, &context)
        }
        DocumentError::Failed { fault, message, .. } => failure(Surface::Write, *fault, message, &context),
    }
}

/// The error body within a stream: the same `error` object, and whether the document can be resumed.
pub(super) fn failed(id: &str, reply: &Reply, error: &DocumentError) -> Value {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let location = reply.headers.iter().find(|(name, _)| *name == "location").map(|(_, value)| value);
    let mut told = json!({ "id": id, "resumable": error.is_resumable(), "error": body.get("error") });
    if let (Some(location), Value::Object(fields)) = (location, &mut told) {
        fields.insert("location".to_owned(), location.as_str().into());
    }
    told
}

/// An answer in one piece.
pub(super) fn whole(id: &str, told: Value) -> HttpAnswer {
    let body = with_id(id, told).to_string().into_bytes();
    let reply = Reply { status: 200, content_type: "application/json", body, headers: Vec::new() };
    named(id, http(reply))
}

/// An answer with the document's id in its head.
pub(super) fn named(id: &str, mut answer: HttpAnswer) -> HttpAnswer {
    if let Ok(id) = HeaderValue::from_str(id) {
        answer.headers_mut().insert(DOCUMENT, id);
    }
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
