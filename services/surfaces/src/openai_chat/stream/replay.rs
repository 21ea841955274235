//! A completion told as a stream: for each choice its whole message in one chunk and its end in another.

use serde_json::{Map, Value, json};

use crate::SurfaceError;
use crate::openai_chat::settings;
use crate::sse::data_event;
use crate::stream::read_object;

/// The server-sent events of a chat completion, `[DONE]` included. Ids, model, fingerprint, finish reasons and usage are
/// those of the completion.
///
/// # Errors
/// `completion` is no chat completion.
pub(crate) fn replay(completion: &[u8]) -> Result<Vec<u8>, SurfaceError> {
    let mut envelope = read_object(completion)?;
    let Some(Value::Array(choices)) = envelope.remove("choices") else {
        return Err(SurfaceError::shape("/choices", "has to be an array"));
    };
    let usage = envelope.remove("usage");
    envelope.insert("object".to_owned(), "chat.completion.chunk".into());
    let mut out = Vec::new();
    for choice in choices {
        let Value::Object(choice) = choice else { return Err(SurfaceError::shape("/choices", "has to hold objects")) };
        for part in split(choice) {
            out.extend(chunk(&envelope, vec![part], None));
            // Content is told once: a client puts together what it gets twice.
            envelope.retain(|key, _| settings::ANSWER.contains(&key.as_str()));
        }
    }
    let usage = usage.filter(|usage| !usage.is_null());
    if usage.is_some() || out.is_empty() {
        out.extend(chunk(&envelope, Vec::new(), usage));
    }
    out.extend(data_event(b"[DONE]"));
    Ok(out)
}

/// The chunk with the message, and the one with the end.
fn split(mut choice: Map<String, Value>) -> [Value; 2] {
    let index = choice.remove("index").unwrap_or_else(|| json!(0));
    let finish_reason = choice.remove("finish_reason").unwrap_or_default();
    let mut delta = choice.remove("message").unwrap_or_else(|| json!({}));
    if let Some(Value::Array(calls)) = delta.get_mut("tool_calls") {
        for (position, call) in calls.iter_mut().enumerate() {
            if let Value::Object(call) = call {
                call.insert("index".to_owned(), json!(position));
            }
        }
    }
    let mut first = choice;
    first.insert("index".to_owned(), index.clone());
    first.insert("delta".to_owned(), delta);
    first.insert("finish_reason".to_owned(), Value::Null);
    [Value::Object(first), json!({"index": index, "delta": {}, "finish_reason": finish_reason})]
}

fn chunk(envelope: &Map<String, Value>, choices: Vec<Value>, usage: Option<Value>) -> Vec<u8> {
    let mut fields = envelope.clone();
    fields.insert("choices".to_owned(), Value::Array(choices));
    fields.extend(usage.map(|usage| ("usage".to_owned(), usage)));
    data_event(Value::Object(fields).to_string().as_bytes())
}
