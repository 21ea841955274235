//! Refusals as OpenAI clients know them: an error object, a completion that refuses, or the last event of a stream.

use parapet_domain::Surface;
use serde::Serialize;
use serde_json::Value;

use super::{RefusalContext, Reply, Said};
use crate::sse::{data_event, named_event};

pub(super) const JSON: &str = "application/json";
pub(super) const EVENT_STREAM: &str = "text/event-stream";

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: Error<'a>,
}

/// The four keys that clients read come first and are always there.
#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    r#type: &'a str,
    param: Option<&'a str>,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    details: &'a Value,
}

/// The event that ends a stream of responses. Clients of one kind read the fields of the event, others the error in it.
#[derive(Serialize)]
struct ErrorEvent<'a> {
    r#type: &'a str,
    code: &'a str,
    message: &'a str,
    param: Option<&'a str>,
    sequence_number: u32,
    error: Error<'a>,
}

/// An error body; within a stream the event that ends it, without `[DONE]`.
pub(super) fn error(surface: Surface, said: &Said<'_>, context: &RefusalContext) -> Reply {
    let status = said.row.status(surface);
    let error = Error {
        message: &said.message,
        r#type: said.row.openai_type,
        param: said.row.openai_param,
        code: said.row.code,
        reason_code: said.reason_code,
        decision_id: context.decision_id.as_deref(),
        details: said.details,
    };
    // These structures always serialise: they hold strings and JSON values only.
    if context.streaming_started && surface == Surface::OpenaiResponses {
        let (code, message, param) = (error.code, error.message, error.param);
        let event = ErrorEvent { r#type: "error", code, message, param, sequence_number: 0, error };
        let body = named_event("error", &serde_json::to_vec(&event).unwrap_or_default());
        return Reply { status, content_type: EVENT_STREAM, body, headers: Vec::new() };
    }
    let json = serde_json::to_vec(&ErrorBody { error }).unwrap_or_default();
    if context.streaming_started {
        return Reply { status, content_type: EVENT_STREAM, body: data_event(&json), headers: Vec::new() };
    }
    Reply { status, content_type: JSON, body: json, headers: Vec::new() }
}

#[derive(Serialize)]
struct Completion<'a, C> {
    id: String,
    object: &'a str,
    created: i64,
    model: &'a str,
    choices: Vec<C>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Message<'a>,
    logprobs: Option<()>,
    finish_reason: &'a str,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Message<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'a str>,
}

/// The text stands in both fields: clients show `content`, and those that parse it look at `refusal` first.
#[derive(Serialize, Default)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
}

const FINISH: &str = "content_filter";

/// A completion that refuses, as a body or as a stream.
pub(super) fn completion(said: &Said<'_>, context: &RefusalContext) -> Reply {
    if context.streaming_started {
        return error(Surface::OpenaiChat, said, context);
    }
    let message = Message { role: Some("assistant"), content: Some(&said.message), refusal: Some(&said.message) };
    if context.stream {
        let first = ChunkChoice { index: 0, delta: message, logprobs: None, finish_reason: None };
        let last = ChunkChoice { index: 0, delta: Message::default(), logprobs: None, finish_reason: Some(FINISH) };
        let mut body = Vec::new();
        for choice in [first, last] {
            let chunk = envelope("chat.completion.chunk", choice, None, context);
            body.extend(data_event(&serde_json::to_vec(&chunk).unwrap_or_default()));
        }
        body.extend(data_event(b"[DONE]"));
        return Reply { status: 200, content_type: EVENT_STREAM, body, headers: Vec::new() };
    }
    let choice = Choice { index: 0, message, logprobs: None, finish_reason: FINISH };
    let usage = Usage { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    let body = serde_json::to_vec(&envelope("chat.completion", choice, Some(usage), context)).unwrap_or_default();
    Reply { status: 200, content_type: JSON, body, headers: Vec::new() }
}

fn envelope<'a, C>(object: &'a str, choice: C, usage: Option<Usage>, context: &'a RefusalContext) -> Completion<'a, C> {
    Completion {
        id: format!("chatcmpl-{}", context.decision_id.as_deref().unwrap_or("refused")),
        object,
        created: context.created,
        model: context.model.as_deref().unwrap_or("unknown"),
        choices: vec![choice],
        usage,
    }
}
