//! What another proxy or an agent asks Parapet to decide on: the content, who it claims to be from, and how to answer.
//! Nothing is forwarded; the reply is all that goes back, so edits hold only where the protocol has a place for them.

use parapet_domain::fold::{Refusal, RefusalKind};
use parapet_domain::{Principal, Surface, reason};
use serde_json::Value;

use crate::limits::MAX_SESSION_BYTES;
use crate::{ParsedBody, RefusalContext, Reply, Style, SurfaceError, claude_code, litellm, refusal};

/// A question, taken apart.
#[derive(Debug, Clone)]
pub struct Question {
    /// What has to be judged.
    pub parsed: ParsedBody,
    /// What the body says about its origin.
    pub claims: Claims,
    /// Which edits the reply can carry.
    pub carried: Carried,
    pub(crate) form: Form,
}

/// What a body says about its origin. The gateway believes it only from a credential with the right.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    /// The user.
    pub principal: Option<Principal>,
    /// The conversation.
    pub session: Option<String>,
}

/// Which edits a protocol can bring back to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carried {
    /// All of them.
    #[default]
    All,
    /// Only those of values below one of these top-level keys of the body.
    Under(&'static [&'static str]),
}

/// How the answer is worded.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    Litellm(litellm::Form),
    ClaudeCode(claude_code::Form),
    /// In the shape of the surface that the original request belongs to.
    ExtAuthz(Surface),
}

impl Carried {
    /// Whether an edit of the value at `pointer` can be brought back.
    #[must_use]
    pub fn carries(&self, pointer: &str) -> bool {
        match self {
            Self::All => true,
            Self::Under(keys) => keys.iter().any(|key| {
                pointer
                    .strip_prefix('/')
                    .and_then(|rest| rest.strip_prefix(key))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }),
        }
    }

    /// The refusal in place of edits that cannot be brought back.
    #[must_use]
    pub fn refusal() -> Refusal {
        Refusal {
            kind: RefusalKind::Blocked,
            reason_code: reason::REDACTION_NOT_CARRIED.to_owned(),
            message:
                "content had to be redacted, and this protocol cannot carry the redacted content back; the whole of \
                      it is refused instead"
                    .to_owned(),
            details: Value::Null,
        }
    }
}

impl Question {
    /// The reply that lets the content of `asked` pass as `released`, which differs from it when something was redacted.
    ///
    /// # Errors
    /// `released` is not `asked` with edits that are carried.
    pub fn allowed(&self, asked: &[u8], released: &[u8]) -> Result<Reply, SurfaceError> {
        match &self.form {
            Form::Litellm(form) => form.allowed(asked, released),
            Form::ClaudeCode(form) => form.allowed(asked, released),
            Form::ExtAuthz(_) => Ok(json_reply(&Value::Object(serde_json::Map::new()))),
        }
    }

    /// The reply that refuses the content of `asked`.
    #[must_use]
    pub fn refused(&self, asked: &[u8], why: &Refusal, context: &RefusalContext) -> Reply {
        match &self.form {
            Form::Litellm(_) => litellm::refused(why, context),
            Form::ClaudeCode(form) => form.refused(asked, why, context),
            Form::ExtAuthz(surface) => match refusal(*surface, Style::Error, why, context) {
                // Some protocols tell a refusal as an answer, which here would let the request pass.
                reply if reply.status < 300 => refusal(Surface::ExtAuthz, Style::Error, why, context),
                reply => reply,
            },
        }
    }
}

/// A 200 with a JSON body.
pub(crate) fn json_reply(body: &impl serde::Serialize) -> Reply {
    // The bodies hold strings and JSON only, which always serialise.
    let body = serde_json::to_vec(body).unwrap_or_default();
    Reply { status: 200, content_type: "application/json", body, headers: Vec::new() }
}

/// What a person or a model is told of a refusal: the reason, and where the decision is found.
pub(crate) fn told(why: &Refusal, context: &RefusalContext) -> String {
    let mut text = match why.kind {
        RefusalKind::ApprovalRequired => "a person has to approve this: ".to_owned(),
        _ => String::new(),
    };
    text.push_str(&crate::refusal::message_of(why));
    text.push_str(&format!(" (reason `{}`", why.reason_code));
    if let Some(id) = &context.decision_id {
        text.push_str(&format!(", decision `{id}`"));
    }
    text.push(')');
    text
}

/// A conversation's name, which is held to the same rule as the header for it.
pub(crate) fn session(text: Option<String>, pointer: &str) -> Result<Option<String>, SurfaceError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.len() <= MAX_SESSION_BYTES && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(Some(text));
    }
    Err(SurfaceError::shape(pointer, format!("has to be at most {MAX_SESSION_BYTES} visible ASCII characters")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_carried_below_the_named_keys_alone() {
        let carried = Carried::Under(&["texts", "tool_input"]);
        for (pointer, expected) in [
            ("/texts/0", true),
            ("/texts", true),
            ("/texts2/0", false),
            ("", false),
            ("/tools/0", false),
            (":path", false),
        ] {
            assert_eq!(carried.carries(pointer), expected, "{pointer}");
        }
        assert!(Carried::All.carries(""));
        assert!(!Carried::Under(&[]).carries("/messages"));
    }

    #[test]
    fn a_session_is_short_and_visible() {
        assert_eq!(session(Some("a-1".to_owned()), "/s").unwrap().as_deref(), Some("a-1"));
        assert_eq!(session(Some(String::new()), "/s").unwrap(), None);
        assert!(session(Some("a b".to_owned()), "/s").is_err());
        assert!(session(Some("x".repeat(MAX_SESSION_BYTES + 1)), "/s").is_err());
    }
}
