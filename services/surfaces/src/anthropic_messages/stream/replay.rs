//! A message told as a stream: each block whole, in the events that clients put together.

use serde_json::{Map, Value, json};

use crate::SurfaceError;
use crate::anthropic_messages::block::is_tool_use;
use crate::sse::typed_event;
use crate::stream::{Unplaced, read_object};

/// Which piece of a message is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// Which block its first one is.
    pub(crate) first: usize,
    /// The message starts in it.
    pub(crate) starts: bool,
    /// The start of its first block has been told.
    pub(crate) resumed: bool,
    /// Its last block goes on.
    pub(crate) open: bool,
    /// The message ends in it.
    pub(crate) ends: bool,
}

impl Told {
    const WHOLE: Self = Self { first: 0, starts: true, resumed: false, open: false, ends: true };
}

/// The server-sent events of a message, `message_stop` included.
pub(crate) fn replay(answer: &[u8]) -> Result<Vec<u8>, SurfaceError> {
    tell(answer, &Told::WHOLE).map(|(events, _)| events)
}

/// The server-sent events of a piece of a message, and how many blocks there are in it.
pub(crate) fn tell(piece: &[u8], told: &Told) -> Result<(Vec<u8>, usize), SurfaceError> {
    let mut message = read_object(piece)?;
    Unplaced::leave_out(&mut message);
    let Some(Value::Array(mut blocks)) = message.insert("content".to_owned(), json!([])) else {
        return Err(SurfaceError::shape("/content", "has to be an array"));
    };
    // Stands for what is told in other pieces.
    blocks.retain(|block| !block.is_null());
    let end = told.ends.then(|| end(&mut message, told.starts));
    let mut out = Vec::new();
    if told.starts {
        out.extend(typed_event(json!({"type": "message_start", "message": message})));
    }
    let count = blocks.len();
    for (at, block) in blocks.into_iter().enumerate() {
        let Value::Object(block) = block else { return Err(SurfaceError::shape("/content", "has to hold objects")) };
        let (resumed, open) = (told.resumed && at == 0, told.open && at + 1 == count);
        out.extend(told_block(told.first.saturating_add(at), block, !resumed, !open));
    }
    if let Some(end) = end {
        out.extend(typed_event(end));
        out.extend(typed_event(json!({"type": "message_stop"})));
    }
    Ok((out, count))
}

/// Takes out of a message what its end tells. What the start tells of it need not be told again.
fn end(message: &mut Map<String, Value>, starts: bool) -> Value {
    let mut delta = Map::new();
    let mut told = vec!["stop_reason", "stop_sequence", "stop_details"];
    told.extend((!starts).then_some("container"));
    for key in told {
        if let Some(value) = message.get_mut(key) {
            delta.insert(key.to_owned(), value.take());
        }
    }
    let usage = message.get("usage").cloned().unwrap_or_else(|| json!({"output_tokens": 0}));
    let mut end = json!({"type": "message_delta", "delta": delta, "usage": usage});
    if let (false, Some(context), Value::Object(end)) = (starts, message.get("context_management"), &mut end) {
        end.insert("context_management".to_owned(), context.clone());
    }
    end
}

/// Start, deltas and stop of one block.
fn told_block(index: usize, mut block: Map<String, Value>, starts: bool, stops: bool) -> Vec<u8> {
    let deltas = deltas(&mut block);
    let mut out = Vec::new();
    if starts {
        out.extend(typed_event(json!({"type": "content_block_start", "index": index, "content_block": block})));
    }
    for delta in deltas {
        out.extend(typed_event(json!({"type": "content_block_delta", "index": index, "delta": delta})));
    }
    if stops {
        out.extend(typed_event(json!({"type": "content_block_stop", "index": index})));
    }
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
