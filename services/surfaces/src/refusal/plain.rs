//! Refusals on `/v1/check` and on an agent's own API: one error object with Parapet's own words.

use parapet_domain::Surface;
use serde::Serialize;
use serde_json::Value;

use super::{RefusalContext, Reply, Said, openai::JSON};

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'a str>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    details: &'a Value,
}

pub(super) fn error(surface: Surface, said: &Said<'_>, context: &RefusalContext) -> Reply {
    let body = ErrorBody {
        error: Error {
            code: said.row.code,
            reason_code: said.reason_code,
            message: &said.message,
            decision_id: context.decision_id.as_deref(),
            details: said.details,
        },
    };
    Reply {
        status: said.row.status(surface),
        content_type: JSON,
        body: serde_json::to_vec(&body).unwrap_or_default(),
        headers: Vec::new(),
    }
}
