//! Requests and answers of the three protocols of model servers, whole and in events of a few characters.

use parapet_surfaces::ModelApi;
use serde_json::{Value, json};

use crate::support::client::Reply;
use crate::support::upstream::answer;

/// What a client makes of an answer.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) arguments: Value,
}

/// A request with one user message for each text.
pub(super) fn request(api: ModelApi, texts: &[&str], stream: bool) -> Value {
    let messages: Vec<Value> = texts.iter().map(|text| json!({"role": "user", "content": text})).collect();
    match api {
        ModelApi::OpenaiChat => json!({"model": "m", "stream": stream, "messages": messages}),
        ModelApi::OpenaiResponses => json!({"model": "m", "stream": stream, "input": messages}),
        ModelApi::AnthropicMessages => json!({"model": "m", "max_tokens": 9, "stream": stream, "messages": messages}),
    }
}

/// An answer with a text and a call of the tool `mail`, as it comes over the wire.
pub(super) fn answered(api: ModelApi, text: &str, arguments: &str, stream: bool) -> Vec<u8> {
    let kind = if stream { "text/event-stream" } else { "application/json" };
    let body = match (api, stream) {
        (ModelApi::OpenaiChat, false) => chat(text, arguments).to_string(),
        (ModelApi::OpenaiChat, true) => chat_stream(text, arguments),
        (ModelApi::OpenaiResponses, false) => response(text, arguments).to_string(),
        (ModelApi::OpenaiResponses, true) => response_stream(text, arguments),
        (ModelApi::AnthropicMessages, false) => message(text, arguments).to_string(),
        (ModelApi::AnthropicMessages, true) => message_stream(text, arguments),
    };
    answer(200, &format!("content-type: {kind}\r\n"), body.as_bytes())
}

/// Reads a reply as a client does.
pub(super) fn said(api: ModelApi, reply: &Reply, stream: bool) -> Said {
    let body: Value = if stream {
        let mut answer = api.stream(1 << 20);
        answer.push(&reply.body).unwrap();
        serde_json::from_slice(&answer.finish().unwrap().body).unwrap()
    } else {
        reply.json()
    };
    let (text, arguments) = match api {
        ModelApi::OpenaiChat => {
            let message = &body["choices"][0]["message"];
            (&message["content"], &message["tool_calls"][0]["function"]["arguments"])
        }
        ModelApi::OpenaiResponses => (&body["output"][0]["content"][0]["text"], &body["output"][1]["arguments"]),
        ModelApi::AnthropicMessages => (&body["content"][0]["text"], &body["content"][1]["input"]),
    };
    let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    Said { text: text.as_str().unwrap().to_owned(), arguments: arguments.as_str().map_or(arguments.clone(), read) }
}

fn pieces(text: &str) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(4).map(|piece| piece.iter().collect()).collect()
}

fn chat(text: &str, arguments: &str) -> Value {
    json!({"id": "c1", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": text,
        "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "mail", "arguments": arguments}}]}}]})
}

fn chat_stream(text: &str, arguments: &str) -> String {
    let chunk = |delta: Value, end: Option<&str>| json!({"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]});
    let call = |fields: Value| chunk(json!({"tool_calls": [fields]}), None);
    let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
    chunks.extend(pieces(text).into_iter().map(|piece| chunk(json!({"content": piece}), None)));
    chunks
        .push(call(json!({"index": 0, "id": "t1", "type": "function", "function": {"name": "mail", "arguments": ""}})));
    chunks
        .extend(pieces(arguments).into_iter().map(|piece| call(json!({"index": 0, "function": {"arguments": piece}}))));
    chunks.push(chunk(json!({}), Some("tool_calls")));
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect::<String>() + "data: [DONE]\n\n"
}

fn items(text: &str, arguments: &str) -> [Value; 2] {
    [
        json!({"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": text, "annotations": []}]}),
        json!({"id": "f1", "type": "function_call", "call_id": "t1", "name": "mail", "arguments": arguments, "status": "completed"}),
    ]
}

fn response(text: &str, arguments: &str) -> Value {
    json!({"id": "r1", "object": "response", "status": "completed", "model": "m", "output": items(text, arguments)})
}

fn response_stream(text: &str, arguments: &str) -> String {
    let [said, call] = items(text, arguments);
    let [empty_said, empty_call] = items("", "");
    let mut events = vec![
        json!({"type": "response.created", "response": {"id": "r1", "object": "response", "status": "in_progress", "model": "m", "output": []}}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": empty_said}),
    ];
    events.extend(pieces(text).into_iter().map(|piece| {
        json!({"type": "response.output_text.delta", "item_id": "m1", "output_index": 0, "content_index": 0, "delta": piece})
    }));
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": said}));
    events.push(json!({"type": "response.output_item.added", "output_index": 1, "item": empty_call}));
    events.extend(pieces(arguments).into_iter().map(|piece| {
        json!({"type": "response.function_call_arguments.delta", "item_id": "f1", "output_index": 1, "delta": piece})
    }));
    events.push(json!({"type": "response.output_item.done", "output_index": 1, "item": call}));
    events.push(json!({"type": "response.completed", "response": response(text, arguments)}));
    typed(&events)
}

fn message(text: &str, arguments: &str) -> Value {
    let input: Value = serde_json::from_str(arguments).unwrap();
    json!({"id": "m1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use", "stop_sequence": null,
        "content": [{"type": "text", "text": text}, {"type": "tool_use", "id": "t1", "name": "mail", "input": input}],
        "usage": {"input_tokens": 1, "output_tokens": 2}})
}

fn message_stream(text: &str, arguments: &str) -> String {
    let delta = |index: u64, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let mut begun = message("", "{}");
    begun["content"] = json!([]);
    let mut events = vec![
        json!({"type": "message_start", "message": begun}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    ];
    events.extend(pieces(text).into_iter().map(|piece| delta(0, json!({"type": "text_delta", "text": piece}))));
    events.push(json!({"type": "content_block_stop", "index": 0}));
    events.push(json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "mail", "input": {}}}));
    events.extend(
        pieces(arguments).into_iter().map(|piece| delta(1, json!({"type": "input_json_delta", "partial_json": piece}))),
    );
    events.extend([
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    typed(&events)
}

fn typed(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}
