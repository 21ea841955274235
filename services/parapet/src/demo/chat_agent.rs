//! The demo's chat agent: an OpenAI-compatible endpoint with scripted answers, whole or streamed.

use serde_json::{Value, json};

/// Characters per streamed delta: small, so that personal data falls across the borders of chunks.
const DELTA_CHARS: usize = 9;

/// What the agent says when the last user message contains a phrase.
const SCRIPT: &[(&str, Reply)] = &[
    (
        "opening hours",
        Reply::Text("The clinic is open from 8 am to 6 pm on weekdays, and from 9 am to noon on Saturdays."),
    ),
    (
        "contact",
        Reply::Text("You can reach Dr. Elena Marsh at elena.marsh@example.org or (415) 555-0134 during office hours."),
    ),
    ("free some space", Reply::ToolCall { name: "run_shell", arguments: r#"{"command":"rm -rf /var/backups"}"# }),
];

const FALLBACK: Reply =
    Reply::Text("I am the demo agent and know three things: opening hours, a contact, and disk space.");

#[derive(Clone, Copy)]
enum Reply {
    Text(&'static str),
    ToolCall { name: &'static str, arguments: &'static str },
}

/// A whole chat completion.
pub(crate) fn complete(request: &Value) -> Value {
    let reply = reply_to(request);
    json!({
        "id": "chatcmpl-demo",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": model(request),
        "choices": [{ "index": 0, "message": message(reply), "logprobs": null, "finish_reason": finish_reason(reply) }],
        "usage": { "prompt_tokens": 24, "completion_tokens": 24, "total_tokens": 48 },
    })
}

/// The same as server-sent events.
pub(crate) fn stream(request: &Value) -> String {
    let reply = reply_to(request);
    let chunk = |delta: Value, finish: Value| {
        let body = json!({
            "id": "chatcmpl-demo",
            "object": "chat.completion.chunk",
            "created": 1_767_225_600,
            "model": model(request),
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        });
        format!("data: {body}\n\n")
    };
    let mut events = chunk(json!({ "role": "assistant", "content": "" }), Value::Null);
    for delta in deltas(reply) {
        events.push_str(&chunk(delta, Value::Null));
    }
    events.push_str(&chunk(json!({}), finish_reason(reply).into()));
    events.push_str("data: [DONE]\n\n");
    events
}

fn reply_to(request: &Value) -> Reply {
    let messages = request.get("messages").and_then(Value::as_array);
    let last = messages.and_then(|all| all.iter().rev().find(|m| m.get("role") == Some(&json!("user"))));
    let text = last.and_then(|m| m.get("content")).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    SCRIPT.iter().find(|(phrase, _)| text.contains(phrase)).map_or(FALLBACK, |(_, reply)| *reply)
}

fn model(request: &Value) -> &str {
    request.get("model").and_then(Value::as_str).unwrap_or("demo")
}

fn message(reply: Reply) -> Value {
    match reply {
        Reply::Text(text) => json!({ "role": "assistant", "content": text, "refusal": null }),
        Reply::ToolCall { name, arguments } => json!({
            "role": "assistant",
            "content": null,
            "refusal": null,
            "tool_calls": [{ "id": "call_demo", "type": "function", "function": { "name": name, "arguments": arguments } }],
        }),
    }
}

fn deltas(reply: Reply) -> Vec<Value> {
    match reply {
        Reply::Text(text) => pieces(text).map(|piece| json!({ "content": piece })).collect(),
        Reply::ToolCall { name, arguments } => {
            let call = |function: Value| json!({ "tool_calls": [{ "index": 0, "function": function }] });
            let mut first = call(json!({ "name": name, "arguments": "" }));
            if let Some(head) = first.pointer_mut("/tool_calls/0").and_then(Value::as_object_mut) {
                head.insert("id".to_owned(), json!("call_demo"));
                head.insert("type".to_owned(), json!("function"));
            }
            std::iter::once(first).chain(pieces(arguments).map(|piece| call(json!({ "arguments": piece })))).collect()
        }
    }
}

fn pieces(text: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = chars.chunks(DELTA_CHARS).map(|piece| piece.iter().collect()).collect();
    pieces.into_iter()
}

const fn finish_reason(reply: Reply) -> &'static str {
    match reply {
        Reply::Text(_) => "stop",
        Reply::ToolCall { .. } => "tool_calls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Value {
        json!({ "model": "demo", "messages": [{ "role": "user", "content": text }] })
    }

    #[test]
    fn the_deltas_of_a_stream_add_up_to_the_whole_answer() {
        let request = request("Who is my contact?");
        let whole = complete(&request);
        let events = stream(&request);
        let added: String = events
            .lines()
            .filter_map(|line| line.strip_prefix("data: {"))
            .map(|rest| serde_json::from_str::<Value>(&format!("{{{rest}")).unwrap())
            .filter_map(|chunk| chunk.pointer("/choices/0/delta/content").and_then(Value::as_str).map(str::to_owned))
            .collect();
        assert_eq!(whole.pointer("/choices/0/message/content"), Some(&json!(added)));
        assert!(events.ends_with("data: [DONE]\n\n"));
    }

    #[test]
    fn only_the_last_user_message_counts() {
        let request = json!({ "messages": [
            { "role": "user", "content": "opening hours?" },
            { "role": "assistant", "content": "8 to 6" },
            { "role": "user", "content": "Free some space on the disk" },
        ] });
        let answer = complete(&request);
        assert_eq!(answer.pointer("/choices/0/message/tool_calls/0/function/name"), Some(&json!("run_shell")));
        assert_eq!(answer.pointer("/choices/0/finish_reason"), Some(&json!("tool_calls")));
    }
}
