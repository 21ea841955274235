//! The protocols whose streams pass: how one is asked for, told and read.

use serde_json::{Value, json};

/// A protocol with windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Chat,
    Messages,
}

impl Api {
    pub(crate) const ALL: [Self; 2] = [Self::Chat, Self::Messages];

    /// The surface in the configuration.
    pub(crate) const fn surface(self) -> &'static str {
        match self {
            Self::Chat => "openai_chat",
            Self::Messages => "anthropic_messages",
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        }
    }

    /// The protocol with this path.
    pub(crate) fn of_path(path: &str) -> Self {
        Self::ALL.into_iter().find(|api| api.path() == path).unwrap_or(Self::Chat)
    }

    /// The text that an event adds.
    pub(crate) fn text_of(self, data: &str) -> usize {
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        let pointer = match self {
            Self::Chat => "/choices/0/delta/content",
            Self::Messages => "/delta/text",
        };
        event.pointer(pointer).and_then(Value::as_str).map_or(0, |text| text.chars().count())
    }

    /// Whether an event is the last one.
    pub(crate) fn is_last(self, data: &str) -> bool {
        match self {
            Self::Chat => data == "[DONE]",
            Self::Messages => data.contains("\"message_stop\""),
        }
    }

    /// The events before the first text.
    pub(crate) fn begin(self) -> String {
        let message = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": null,
            "stop_sequence": null, "usage": { "input_tokens": 1, "output_tokens": 1 } });
        let block = json!({ "type": "text", "text": "" });
        match self {
            Self::Chat => String::new(),
            Self::Messages => {
                typed(&json!({ "type": "message_start", "message": message }))
                    + &typed(&json!({ "type": "content_block_start", "index": 0, "content_block": block }))
            }
        }
    }

    /// The event of a text.
    pub(crate) fn says(self, text: &str) -> String {
        match self {
            Self::Chat => format!("data: {}\n\n", chunk(&json!({ "content": text }), None)),
            Self::Messages => {
                let delta = json!({ "type": "text_delta", "text": text });
                typed(&json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
            }
        }
    }

    /// The events after the last text.
    pub(crate) fn end(self) -> String {
        match self {
            Self::Chat => format!("data: {}\n\ndata: [DONE]\n\n", chunk(&json!({}), Some("stop"))),
            Self::Messages => {
                let delta = json!({ "stop_reason": "end_turn", "stop_sequence": null });
                typed(&json!({ "type": "content_block_stop", "index": 0 }))
                    + &typed(&json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": 9 } }))
                    + &typed(&json!({ "type": "message_stop" }))
            }
        }
    }
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice] })
}

fn typed(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}
