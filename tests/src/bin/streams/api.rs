//! The protocols whose streams pass: how one is asked for, told and read.

use serde_json::{Value, json};

/// A protocol with windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Chat,
    Messages,
    Responses,
}

impl Api {
    pub(crate) const ALL: [Self; 3] = [Self::Chat, Self::Messages, Self::Responses];

    /// The surface in the configuration.
    pub(crate) const fn surface(self) -> &'static str {
        match self {
            Self::Chat => "openai_chat",
            Self::Messages => "anthropic_messages",
            Self::Responses => "openai_responses",
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
            Self::Responses => "/v1/responses",
        }
    }

    /// Whether an answer of any length passes in the same memory. The last events of a response repeat it.
    pub(crate) const fn is_constant(self) -> bool {
        match self {
            Self::Chat | Self::Messages => true,
            Self::Responses => false,
        }
    }

    /// The request for so many characters.
    pub(crate) fn asks(self, chars: usize) -> Value {
        let turns = json!([{ "role": "user", "content": format!("write {chars} characters") }]);
        match self {
            Self::Chat | Self::Messages => json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": turns }),
            Self::Responses => json!({ "model": "m", "stream": true, "input": turns }),
        }
    }

    /// The text of a request.
    pub(crate) fn asked(body: &Value) -> &str {
        let pointers = ["/messages/0/content", "/input/0/content"];
        pointers.iter().find_map(|pointer| body.pointer(pointer).and_then(Value::as_str)).unwrap_or_default()
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
            Self::Responses => "/delta",
        };
        event.pointer(pointer).and_then(Value::as_str).map_or(0, |text| text.chars().count())
    }

    /// Whether an event is the last one.
    pub(crate) fn is_last(self, data: &str) -> bool {
        match self {
            Self::Chat => data == "[DONE]",
            Self::Messages => data.contains("\"message_stop\""),
            Self::Responses => data.contains("\"response.completed\""),
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
            Self::Responses => {
                typed(&json!({ "type": "response.created", "response": response("in_progress", &json!([])) }))
                    + &typed(
                        &json!({ "type": "response.output_item.added", "output_index": 0, "item": said(&json!([])) }),
                    )
                    + &typed(&of_part("content_part.added", "part", part("")))
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
            Self::Responses => typed(&of_part("output_text.delta", "delta", text.into())),
        }
    }

    /// The events after the last text, which was all of this.
    pub(crate) fn end(self, text: &str) -> String {
        match self {
            Self::Chat => format!("data: {}\n\ndata: [DONE]\n\n", chunk(&json!({}), Some("stop"))),
            Self::Messages => {
                let delta = json!({ "stop_reason": "end_turn", "stop_sequence": null });
                typed(&json!({ "type": "content_block_stop", "index": 0 }))
                    + &typed(&json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": 9 } }))
                    + &typed(&json!({ "type": "message_stop" }))
            }
            Self::Responses => {
                let item = said(&json!([part(text)]));
                typed(&of_part("output_text.done", "text", text.into()))
                    + &typed(&of_part("content_part.done", "part", part(text)))
                    + &typed(&json!({ "type": "response.output_item.done", "output_index": 0, "item": item }))
                    + &typed(
                        &json!({ "type": "response.completed", "response": response("completed", &json!([item])) }),
                    )
            }
        }
    }
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice] })
}

fn response(status: &str, output: &Value) -> Value {
    json!({ "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "error": null, "output": output })
}

fn said(content: &Value) -> Value {
    json!({ "id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content })
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [] })
}

fn of_part(kind: &str, key: &str, value: Value) -> Value {
    let kind = format!("response.{kind}");
    json!({ "type": kind, "item_id": "msg_1", "output_index": 0, "content_index": 0, key: value })
}

fn typed(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}
