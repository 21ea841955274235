//! OpenAI chat completions.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::check::{error_code, has_event};
use crate::model::{events, path, pieces};

pub(crate) struct Chat;

impl Speaker for Chat {
    fn name(&self) -> &'static str {
        "openai_chat"
    }

    fn has(&self, _: Mode) -> Result<(), &'static str> {
        Ok(())
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let arguments = json!({ "note": text }).to_string();
        let call = |arguments: &str| json!([{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": arguments}}]);
        let user = json!({"role": "user", "content": "hello"});
        let history =
            |turns: Vec<Value>| [vec![user.clone()], turns, vec![json!({"role": "user", "content": "go on"})]].concat();
        let result = |content: Value| {
            [
                vec![user.clone(), json!({"role": "assistant", "content": null, "tool_calls": call("{}")})],
                vec![json!({"role": "tool", "tool_call_id": "call_1", "content": content})],
            ]
            .concat()
        };
        let (mut tools, mut message, mut stage) =
            (Value::Null, json!({"role": "assistant", "content": "fine"}), Stage::Input);
        let (messages, pointer) = match piece {
            Piece::System => (vec![json!({"role": "system", "content": text}), user], "/messages/0/content"),
            Piece::User => (vec![json!({"role": "user", "content": text})], "/messages/0/content"),
            Piece::Assistant => (history(vec![json!({"role": "assistant", "content": text})]), "/messages/1/content"),
            Piece::Refusal => {
                (history(vec![json!({"role": "assistant", "content": null, "refusal": text})]), "/messages/1/refusal")
            }
            Piece::ToolDefinition => {
                tools = json!([{"type": "function", "function": {"name": "look", "description": text, "parameters": {"type": "object"}}}]);
                (vec![user], "/tools/0")
            }
            Piece::CallArguments => (
                history(vec![
                    json!({"role": "assistant", "content": null, "tool_calls": call(&arguments)}),
                    json!({"role": "tool", "tool_call_id": "call_1", "content": "seen"}),
                ]),
                "/messages/1/tool_calls/0/function/arguments",
            ),
            Piece::ToolResult => {
                stage = Stage::ToolResult;
                (result(json!(text)), "/messages/2/content")
            }
            Piece::Structured => {
                stage = Stage::ToolResult;
                (
                    result(json!([{"type": "text", "text": "first"}, {"type": "text", "text": arguments}])),
                    "/messages/2/content/1/text",
                )
            }
            Piece::Answer => {
                stage = Stage::Output;
                message = json!({"role": "assistant", "content": text});
                (vec![user], "/choices/0/message/content")
            }
            Piece::AnswerCall => {
                stage = Stage::ToolCall;
                message = json!({"role": "assistant", "content": null, "tool_calls": call(&arguments)});
                (vec![user], "/choices/0/message/tool_calls/0/function/arguments")
            }
        };
        let mut body = json!({"model": "m", "messages": messages});
        if !tools.is_null() {
            body["tools"] = tools;
        }
        if mode != Mode::Whole {
            body["stream"] = true.into();
        }
        let upstream = if mode == Mode::Whole {
            ("application/json", completion(&message).to_string())
        } else {
            ("text/event-stream", streamed(message))
        };
        let in_answer = matches!(piece, Piece::Answer | Piece::AnswerCall);
        Ok(Exchange {
            mode,
            path: path(self.name(), mode),
            body: body.to_string(),
            upstream: Some(upstream),
            in_answer,
            stage,
            pointer,
        })
    }

    fn refused(&self, exchange: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        if exchange.mode == Mode::Windows && answer.status == 200 {
            // Something has left already: the refusal is the stream's last event.
            ensure!(has_event(&answer.text(), kind.code()), "no event with `{}`: {}", kind.code(), answer.text());
            ensure!(!answer.text().contains("data: [DONE]\n"), "the stream goes on to its end");
            return Ok(());
        }
        let status = if kind == RefusalKind::Unavailable { 503 } else { 400 };
        error_code(answer, status, "/error/code", kind.code())?;
        error_code(answer, status, "/error/reason_code", reason_code)
    }
}

fn completion(message: &Value) -> Value {
    let reason = if message.get("tool_calls").is_some() { "tool_calls" } else { "stop" };
    json!({"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
}

/// The message in small pieces.
fn streamed(mut message: Value) -> String {
    let chunk = |delta: Value, finish: Value| json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let mut all = vec![chunk(json!({"role": "assistant"}), Value::Null)];
    if let Some(text) = message["content"].as_str() {
        all.extend(pieces(text).into_iter().map(|piece| chunk(json!({"content": piece}), Value::Null)));
    }
    if let Some(arguments) =
        message.pointer("/tool_calls/0/function/arguments").and_then(Value::as_str).map(str::to_owned)
    {
        let mut call = message["tool_calls"][0].take();
        call["index"] = 0.into();
        call["function"]["arguments"] = "".into();
        all.push(chunk(json!({"tool_calls": [call]}), Value::Null));
        all.extend(
            pieces(&arguments).into_iter().map(|piece| {
                chunk(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), Value::Null)
            }),
        );
    }
    all.push(chunk(json!({}), json!("stop")));
    format!("{}data: [DONE]\n\n", events(&all))
}
