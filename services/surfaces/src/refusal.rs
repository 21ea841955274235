//! A refusal or fault in each surface's own shape. Which status goes with what stands in [`status`] alone.

use parapet_domain::fold::{Refusal, RefusalKind};
use parapet_domain::{Decision, Surface};
use serde_json::Value;

mod anthropic;
mod openai;
mod plain;
mod responses;
mod rpc;
pub(crate) mod status;

use status::{Fault, StatusRow};

/// What goes back to a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status. Means nothing once a stream has started.
    pub status: u16,
    /// Media type of `body`.
    pub content_type: &'static str,
    /// The body, or the last bytes of a stream that has started.
    pub body: Vec<u8>,
    /// Further headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
}

/// How a route shows a block to a model client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// An error, which SDKs raise.
    #[default]
    Error,
    /// A completion with a refusal text and `finish_reason` `content_filter`. For blocks alone: a failed guard or an
    /// approval to wait for is still an error, since an SDK takes every 2xx for an answer.
    Refusal,
}

/// What a refusal says besides its reason.
#[derive(Debug, Clone, Default)]
pub struct RefusalContext {
    /// Id of the recorded decision; none where nothing was recorded.
    pub decision_id: Option<String>,
    /// Hash of the guard set; empty where none was chosen.
    pub guard_set: String,
    /// The model that the request named.
    pub model: Option<String>,
    /// Seconds since 1970, for the `created` of a completion.
    pub created: i64,
    /// The request asked for a stream.
    pub stream: bool,
    /// Bytes of the streamed answer have left already.
    pub streaming_started: bool,
    /// Whether the guard's details may be shown.
    pub show_details: bool,
    /// Where the approval that is waited for can be followed.
    pub location: Option<String>,
    /// Seconds after which an unavailable guardrail may be tried again; 0 counts as 1.
    pub retry_after_s: u32,
}

/// `refusal` as `surface` tells it.
#[must_use]
pub fn refusal(surface: Surface, style: Style, refusal: &Refusal, context: &RefusalContext) -> Reply {
    let said = Said {
        row: status::of_refusal(refusal.kind),
        message: message_of(refusal),
        reason_code: Some(&refusal.reason_code),
        details: if context.show_details { &refusal.details } else { &Value::Null },
    };
    let mut reply = match surface {
        Surface::OpenaiChat if style == Style::Refusal && refusal.kind == RefusalKind::Blocked => {
            openai::completion(&said, context)
        }
        Surface::OpenaiResponses if style == Style::Refusal && refusal.kind == RefusalKind::Blocked => {
            responses::response(&said, context)
        }
        Surface::OpenaiChat | Surface::OpenaiResponses => openai::error(surface, &said, context),
        // Clients of this protocol know a refusal as an answer, so there is no other style.
        Surface::AnthropicMessages if refusal.kind == RefusalKind::Blocked => anthropic::message(&said, context),
        Surface::AnthropicMessages => anthropic::error(&said, context),
        Surface::Check
        | Surface::Generic
        | Surface::Litellm
        | Surface::ExtAuthz
        | Surface::ClaudeCode
        | Surface::Write => plain::error(surface, &said, context),
        Surface::Mcp => rpc::error(&said, context),
    };
    let decision = if refusal.kind == RefusalKind::ApprovalRequired { Decision::Ask } else { Decision::Deny };
    reply.headers = headers(said.row, context);
    reply.headers.extend(decision_headers(decision, context.decision_id.as_deref(), &context.guard_set));
    reply
}

/// A fault that is no guard's doing, as `surface` tells it. `message` says what is wrong and what to do.
#[must_use]
pub fn failure(surface: Surface, fault: Fault, message: &str, context: &RefusalContext) -> Reply {
    let said =
        Said { row: status::of_fault(fault), message: message.to_owned(), reason_code: None, details: &Value::Null };
    let mut reply = match surface {
        Surface::OpenaiChat | Surface::OpenaiResponses => openai::error(surface, &said, context),
        Surface::AnthropicMessages => anthropic::error(&said, context),
        Surface::Check
        | Surface::Generic
        | Surface::Litellm
        | Surface::ExtAuthz
        | Surface::ClaudeCode
        | Surface::Write => plain::error(surface, &said, context),
        Surface::Mcp => rpc::error(&said, context),
    };
    reply.headers = headers(said.row, context);
    reply
}

/// The headers that every judged answer bears, permitted or refused. The overhead is for the gateway to add.
#[must_use]
pub fn decision_headers(decision: Decision, decision_id: Option<&str>, guard_set: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![("x-parapet-decision", decision.as_str().to_owned())];
    headers.extend(decision_id.map(|id| ("x-parapet-decision-id", id.to_owned())));
    if !guard_set.is_empty() {
        headers.push(("x-parapet-guard-set", guard_set.to_owned()));
    }
    headers
}

/// What a body says, whatever its shape.
struct Said<'a> {
    row: &'static StatusRow,
    message: String,
    reason_code: Option<&'a str>,
    details: &'a Value,
}

pub(crate) fn message_of(refusal: &Refusal) -> String {
    if refusal.message.is_empty() {
        format!("refused by a guard with reason `{}`", refusal.reason_code)
    } else {
        refusal.message.clone()
    }
}

fn headers(row: &StatusRow, context: &RefusalContext) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if row.retry_after {
        headers.push(("retry-after", context.retry_after_s.max(1).to_string()));
    }
    if row.model_status == 401 {
        headers.push(("www-authenticate", "Bearer".to_owned()));
    }
    if row.code == RefusalKind::ApprovalRequired.code() {
        headers.extend(context.location.clone().map(|location| ("location", location)));
    }
    headers
}

#[cfg(test)]
mod tests;
