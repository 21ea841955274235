//! A message told as a stream: each block whole, in the events that clients put together.

use serde_json::{Map, Value, json};

use crate::SurfaceError;
use crate::anthropic_messages::block::is_tool_use;
use crate::sse::typed_event;
use crate::stream::{Unplaced, read_object};

/// The server-sent events of a message, `message_stop` included.
pub(crate) fn replay(answer: &[u8]) -> Result<Vec<u8>, SurfaceError> {
    let mut message = read_object(answer)?;
    Unplaced::leave_out(&mut message);
    let Some(Value::Array(blocks)) = message.insert("content".to_owned(), json!([])) else {
        return Err(SurfaceError::shape("/content", "has to be an array"));
    };
    let mut end = Map::new();
    for key in ["stop_reason", "stop_sequence", "stop_details"] {
        if let Some(value) = message.get_mut(key) {
            end.insert(key.to_owned(), value.take());
        }
    }
    let usage = message.get("usage").cloned().unwrap_or_else(|| json!({"output_tokens": 0}));
    let mut out = typed_event(json!({"type": "message_start", "message": message}));
    for (index, block) in blocks.into_iter().enumerate() {
        let Value::Object(block) = block else { return Err(SurfaceError::shape("/content", "has to hold objects")) };
        out.extend(told(index, block));
    }
    out.extend(typed_event(json!({"type": "message_delta", "delta": end, "usage": usage})));
    out.extend(typed_event(json!({"type": "message_stop"})));
    Ok(out)
}

/// Start, deltas and stop of one block.
fn told(index: usize, mut block: Map<String, Value>) -> Vec<u8> {
    let deltas = deltas(&mut block);
    let mut out = typed_event(json!({"type": "content_block_start", "index": index, "content_block": block}));
    for delta in deltas {
        out.extend(typed_event(json!({"type": "content_block_delta", "index": index, "delta": delta})));
    }
    out.extend(typed_event(json!({"type": "content_block_stop", "index": index})));
    out
}

/// Takes out of a block what clients expect in deltas, and leaves it empty there.
fn deltas(block: &mut Map<String, Value>) -> Vec<Value> {
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut deltas = Vec::new();
    let texts: &[(&str, &str)] = match kind.as_str() {
        "text" => &[("text_delta", "text")],
        "thinking" => &[("thinking_delta", "thinking"), ("signature_delta", "signature")],
        _ => &[],
    };
    for (delta, key) in texts {
        match block.get_mut(*key) {
            Some(Value::String(text)) => {
                let text = std::mem::take(text);
                deltas.extend((!text.is_empty()).then(|| json!({"type": delta, *key: text})));
            }
            // Clients add to a text.
            Some(empty @ Value::Null) => *empty = Value::String(String::new()),
            _ => {}
        }
    }
    match block.get_mut("citations") {
        Some(Value::Array(citations)) if kind == "text" => {
            let citations = std::mem::take(citations).into_iter();
            deltas.extend(citations.map(|citation| json!({"type": "citations_delta", "citation": citation})));
        }
        _ => {}
    }
    if let Some(input) = block.get_mut("input").filter(|_| is_tool_use(&kind)) {
        let text = match std::mem::replace(input, json!({})) {
            Value::String(text) => text,
            Value::Object(fields) if fields.is_empty() => String::new(),
            other => other.to_string(),
        };
        deltas.extend((!text.is_empty()).then(|| json!({"type": "input_json_delta", "partial_json": text})));
    }
    deltas
}
