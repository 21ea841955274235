//! The answer of a hook. It never says `allow`, which would pass over the agent's own permission rules: what Parapet lets
//! pass, the agent and its user still decide on.

use parapet_domain::fold::{Refusal, RefusalKind};
use serde_json::{Map, Value, json};

use super::event::Told;
use crate::document::parse_value;
use crate::question::{json_reply, told};
use crate::{RefusalContext, Reply, SurfaceError};

/// What the reply needs to know of the event.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(super) event: String,
    pub(super) told: Told,
    /// The agent goes on because of a hook already: told to go on again, it would never stop.
    pub(super) active: bool,
}

impl Form {
    pub(crate) fn allowed(&self, asked: &[u8], released: &[u8]) -> Result<Reply, SurfaceError> {
        if asked == released {
            return Ok(json_reply(&Value::Object(Map::new())));
        }
        let lost = || SurfaceError::shape("", "has lost the value that was to be edited");
        let body = parse_value(std::str::from_utf8(released).map_err(|_| lost())?)?;
        let value = |key: &str| body.get(key).cloned().ok_or_else(lost);
        let specific = match self.told {
            // With `ask` the person sees what was changed; without a decision some versions would run the input as it was.
            Told::Permission => json!({
                "hookEventName": self.event,
                "permissionDecision": "ask",
                "permissionDecisionReason": "a guard took something out of the tool's input; this is what is left of it",
                "updatedInput": value("tool_input")?,
            }),
            Told::ToolResult => json!({ "hookEventName": self.event, "updatedToolOutput": value("tool_response")? }),
            _ => return Err(lost()),
        };
        Ok(json_reply(&json!({ "hookSpecificOutput": specific })))
    }

    /// An outage refuses too: the agent takes an error status of a hook for leave to go on.
    pub(crate) fn refused(&self, asked: &[u8], why: &Refusal, context: &RefusalContext) -> Reply {
        let (reason, event) = (told(why, context), &self.event);
        let ask = why.kind == RefusalKind::ApprovalRequired;
        json_reply(&match self.told {
            Told::Permission => json!({ "hookSpecificOutput": {
                "hookEventName": event,
                "permissionDecision": if ask { "ask" } else { "deny" },
                "permissionDecisionReason": reason,
            }}),
            // The person is being asked.
            Told::PermissionRequest if ask => json!({}),
            Told::PermissionRequest => json!({ "hookSpecificOutput": {
                "hookEventName": event, "decision": { "behavior": "deny", "message": reason },
            }}),
            Told::ToolResult => json!({
                "decision": "block",
                "reason": reason,
                "hookSpecificOutput": { "hookEventName": event, "updatedToolOutput": withheld(asked, &reason) },
            }),
            Told::Prompt => json!({
                "decision": "block",
                "reason": reason,
                "hookSpecificOutput": { "hookEventName": event, "suppressOriginalPrompt": true },
            }),
            Told::Stop if !self.active => json!({ "decision": "block", "reason": reason }),
            Told::Stop | Told::Halt => json!({ "continue": false, "stopReason": reason }),
        })
    }
}

/// The tool's output without its content: the same shape, as the agent takes no other, with the reason as its first text.
fn withheld(asked: &[u8], reason: &str) -> Value {
    let body = std::str::from_utf8(asked).ok().and_then(|text| parse_value(text).ok());
    let mut output = body.and_then(|mut body| body.get_mut("tool_response").map(Value::take)).unwrap_or_default();
    let mut notice = Some(reason.to_owned());
    blank(&mut output, &mut notice);
    if notice.is_some() { reason.into() } else { output }
}

/// Takes every text, number and key with content out. Nesting is bounded by the strict parser.
fn blank(value: &mut Value, notice: &mut Option<String>) {
    match value {
        Value::String(text) => *text = notice.take().unwrap_or_default(),
        Value::Number(number) => *number = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, notice)),
        Value::Object(map) => {
            map.retain(|key, _| crate::document::is_plain_key(key));
            map.values_mut().for_each(|value| blank(value, notice));
        }
        Value::Null | Value::Bool(_) => {}
    }
}
