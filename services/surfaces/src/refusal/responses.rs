//! A response that refuses, as a body or as a stream. Its errors are those of every OpenAI surface.

use parapet_domain::Surface;
use serde_json::json;

use super::openai::{self, EVENT_STREAM, JSON};
use super::{RefusalContext, Reply, Said};
use crate::ModelApi;

/// A response with a refusal as its content, cut off by a content filter.
pub(super) fn response(said: &Said<'_>, context: &RefusalContext) -> Reply {
    if context.streaming_started {
        return openai::error(Surface::OpenaiResponses, said, context);
    }
    let id = context.decision_id.as_deref().unwrap_or("refused");
    let response = json!({
        "id": format!("resp_{id}"),
        "object": "response",
        "created_at": context.created,
        "status": "incomplete",
        "incomplete_details": {"reason": "content_filter"},
        "error": null,
        "instructions": null,
        "metadata": {},
        "model": context.model.as_deref().unwrap_or("unknown"),
        "output": [{
            "id": format!("msg_{id}"),
            "type": "message",
            "role": "assistant",
            "status": "incomplete",
            "content": [{"type": "refusal", "refusal": said.message}],
        }],
        "parallel_tool_calls": true,
        "temperature": null,
        "tool_choice": "auto",
        "tools": [],
        "top_p": null,
        "usage": {
            "input_tokens": 0,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 0,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 0,
        },
    });
    let body = response.to_string().into_bytes();
    if context.stream {
        let events = ModelApi::OpenaiResponses.replay(&body).unwrap_or_default();
        return Reply { status: 200, content_type: EVENT_STREAM, body: events, headers: Vec::new() };
    }
    Reply { status: 200, content_type: JSON, body, headers: Vec::new() }
}
