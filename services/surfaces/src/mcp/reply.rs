//! What Parapet itself says in the protocol: refusals and faults, in the place of the message that is withheld.

use parapet_domain::fold::{Refusal, RefusalKind};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{McpError, RequestId, method};
use crate::refusal::{message_of, status};
use crate::{Fault, RefusalContext};

/// Codes of JSON-RPC errors, from the range that is free for implementations.
const BLOCKED: i32 = -32050;
const APPROVAL_REQUIRED: i32 = -32051;
const GUARD_FAILED: i32 = -32052;
const UNAVAILABLE: i32 = -32053;
const UPSTREAM: i32 = -32054;
/// Anything else that is wrong with a request and not with its message.
const FAULT: i32 = -32055;
/// The key of what is for programs in a result that refuses.
const META: &str = "parapet/refusal";

#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// A refusal in the place of an answer to a request of `method`: for a tool call a result that the model can read, for
/// anything else an error.
#[must_use]
pub fn refused_reply(id: &RequestId, method: &str, refusal: &Refusal, context: &RefusalContext) -> Vec<u8> {
    let data = data(refusal, context);
    let text = advice(refusal, context);
    if method == method::CALL {
        let content = json!([{ "type": "text", "text": text }]);
        let result = json!({ "content": content, "isError": true, "_meta": { META: data } });
        return render(Some(id), Some(result), None);
    }
    render(Some(id), None, Some(json!({ "code": rpc_code(refusal.kind), "message": text, "data": data })))
}

/// An error in the place of an answer, for what is no guard's doing.
#[must_use]
pub fn fault_reply(id: Option<&RequestId>, fault: Fault, message: &str) -> Vec<u8> {
    let row = status::of_fault(fault);
    let code = match fault {
        Fault::UpstreamUnreachable | Fault::UpstreamTimeout | Fault::UpstreamError | Fault::AnswerTooLarge => UPSTREAM,
        Fault::MalformedBody => -32600,
        Fault::Internal => -32603,
        _ => FAULT,
    };
    render(id, None, Some(json!({ "code": code, "message": message, "data": { "code": row.code } })))
}

/// The answer to a message that cannot be taken.
#[must_use]
pub fn error_reply(error: &McpError) -> Vec<u8> {
    let data = json!({ "code": status::of_fault(Fault::MalformedBody).code });
    render(error.id(), None, Some(json!({ "code": error.rpc_code(), "message": error.to_string(), "data": data })))
}

/// An error without the id of a request, as the body of an HTTP answer.
pub(crate) fn rpc_error(code: &str, reason_code: Option<&str>, decision_id: Option<&str>, message: &str) -> Vec<u8> {
    let mut data = json!({ "code": code });
    for (key, value) in [("reason_code", reason_code), ("decision_id", decision_id)] {
        if let (Some(value), Some(data)) = (value, data.as_object_mut()) {
            data.insert(key.to_owned(), value.into());
        }
    }
    render(None, None, Some(json!({ "code": FAULT, "message": message, "data": data })))
}

const fn rpc_code(kind: RefusalKind) -> i32 {
    match kind {
        RefusalKind::Blocked => BLOCKED,
        RefusalKind::ApprovalRequired => APPROVAL_REQUIRED,
        RefusalKind::GuardFailed => GUARD_FAILED,
        RefusalKind::Unavailable => UNAVAILABLE,
    }
}

fn data(refusal: &Refusal, context: &RefusalContext) -> Value {
    let mut data = json!({ "code": refusal.kind.code(), "reason_code": refusal.reason_code });
    if let Some(data) = data.as_object_mut() {
        data.extend(context.decision_id.iter().map(|id| ("decision_id".to_owned(), id.clone().into())));
        let location = context.location.iter().filter(|_| refusal.kind == RefusalKind::ApprovalRequired);
        data.extend(location.map(|location| ("location".to_owned(), location.clone().into())));
        if context.show_details && !refusal.details.is_null() {
            data.insert("details".to_owned(), refusal.details.clone());
        }
    }
    data
}

/// What happened, why, and what to do: for a model that has to go on from here.
fn advice(refusal: &Refusal, context: &RefusalContext) -> String {
    let (what, then) = match refusal.kind {
        RefusalKind::Blocked => (
            "This was refused by a guardrail",
            "Do not send it again unchanged: change what was refused, go on without it, or tell the user.",
        ),
        RefusalKind::ApprovalRequired => (
            "A person has to approve this first",
            "Nothing was done yet. Tell the user, name the decision, and repeat exactly the same call once it is approved.",
        ),
        RefusalKind::GuardFailed => (
            "A guardrail could not judge this",
            "Sending the same content again will not help; send something smaller or simpler.",
        ),
        RefusalKind::Unavailable => ("The guardrails are not available", "Nothing was done. Try again later."),
    };
    let decision = context.decision_id.as_ref().map(|id| format!(", decision {id}"));
    let approval = context.location.as_ref().filter(|_| refusal.kind == RefusalKind::ApprovalRequired);
    let approval = approval.map(|location| format!(", approval {location}"));
    let decision = decision.into_iter().chain(approval).collect::<String>();
    let message = message_of(refusal);
    let reason = message.trim_end_matches('.');
    format!("{what}: {reason} (reason {}{decision}). {then}", refusal.reason_code)
}

fn render(id: Option<&RequestId>, result: Option<Value>, error: Option<Value>) -> Vec<u8> {
    let id = id.and_then(|id| RawValue::from_string(id.as_json().to_owned()).ok());
    serde_json::to_vec(&Response { jsonrpc: "2.0", id: id.as_deref(), result, error }).unwrap_or_default()
}
