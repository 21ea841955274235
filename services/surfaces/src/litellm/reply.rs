//! The reply. An `action` is an answer, so it is a 200; the client takes `texts` over by position, and `structured_messages`
//! in place of the whole conversation.

use parapet_domain::Surface;
use parapet_domain::fold::{Refusal, RefusalKind};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Form;
use crate::document::{Document, Shape};
use crate::question::{json_reply, told};
use crate::{RefusalContext, Reply, Style, SurfaceError, refusal};

#[derive(Serialize)]
struct Answer {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_messages: Option<Box<RawValue>>,
}

const NONE: Answer = Answer { action: "NONE", blocked_reason: None, texts: None, structured_messages: None };

impl Form {
    pub(crate) fn allowed(&self, asked: &[u8], released: &[u8]) -> Result<Reply, SurfaceError> {
        if asked == released {
            return Ok(json_reply(&NONE));
        }
        let (before, after) = (Document::parse(asked)?, Document::parse(released)?);
        let texts = self.texts(&after)?;
        let moved = |pointer: &String| raw_at(&before, pointer) != raw_at(&after, pointer);
        // Messages replace the whole conversation, so they go back only where the texts do not say it all.
        let messages = self.lone.iter().any(moved).then(|| raw_value(raw_at(&after, "/structured_messages")));
        Ok(json_reply(&Answer {
            action: "GUARDRAIL_INTERVENED",
            texts: Some(texts),
            structured_messages: messages.transpose()?,
            ..NONE
        }))
    }

    /// The plain texts with the edits made, those of the values that they repeat included.
    fn texts(&self, after: &Document<'_>) -> Result<Vec<Box<RawValue>>, SurfaceError> {
        let Some(Shape::Array(items)) = after.root().get("texts").map(|node| &node.shape) else {
            return Ok(Vec::new());
        };
        let mut raw: Vec<Option<&str>> = items.iter().map(|item| Some(after.raw(item))).collect();
        for (index, original) in &self.copies {
            if let Some(place) = raw.get_mut(*index) {
                *place = raw_at(after, original);
            }
        }
        raw.into_iter().map(raw_value).collect()
    }
}

fn raw_at<'d>(document: &Document<'d>, pointer: &str) -> Option<&'d str> {
    document.at(pointer).map(|node| document.raw(node))
}

fn raw_value(raw: Option<&str>) -> Result<Box<RawValue>, SurfaceError> {
    raw.and_then(|raw| RawValue::from_string(raw.to_owned()).ok())
        .ok_or_else(|| SurfaceError::shape("", "has lost a value that was to be edited"))
}

/// Blocks, except when there was no capacity or no store: that is an outage, and the proxy's own `unreachable_fallback`
/// says what becomes of the request.
pub(crate) fn refused(why: &Refusal, context: &RefusalContext) -> Reply {
    if why.kind == RefusalKind::Unavailable {
        return refusal(Surface::Litellm, Style::Error, why, context);
    }
    json_reply(&Answer { action: "BLOCKED", blocked_reason: Some(told(why, context)), ..NONE })
}
