//! Anthropic Messages.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::check::{error_code, has_event};
use crate::model::{path, pieces, typed_events};

pub(crate) struct Anthropic;

const NO_REFUSALS: &str = "a message of the history has no field for refusals: what the model said is text";

impl Speaker for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic_messages"
    }

    fn has(&self, _: Mode) -> Result<(), &'static str> {
        Ok(())
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let call = |input: Value| json!({"type": "tool_use", "id": "toolu_1", "name": "look", "input": input});
        let user = json!({"role": "user", "content": "hello"});
        let result = |content: Value| {
            let used = json!({"role": "assistant", "content": [call(json!({}))]});
            let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": content}]});
            json!([user.clone(), used, result])
        };
        let mut body = json!({"model": "m", "max_tokens": 100, "messages": [user]});
        let (mut stage, mut answer) = (Stage::Input, json!({"type": "text", "text": "fine"}));
        let pointer = match piece {
            Piece::System => {
                body["system"] = text.into();
                "/system"
            }
            Piece::User => {
                body["messages"][0]["content"] = text.into();
                "/messages/0/content"
            }
            Piece::Assistant => {
                body["messages"] =
                    json!([user, {"role": "assistant", "content": text}, {"role": "user", "content": "go on"}]);
                "/messages/1/content"
            }
            Piece::Refusal => return Err(NO_REFUSALS),
            Piece::ToolDefinition => {
                body["tools"] = json!([{"name": "look", "description": text, "input_schema": {"type": "object"}}]);
                "/tools/0"
            }
            Piece::CallArguments => {
                body["messages"] = result(json!("seen"));
                body["messages"][1]["content"][0] = call(json!({"note": text}));
                "/messages/1/content/0/input"
            }
            Piece::ToolResult => {
                stage = Stage::ToolResult;
                body["messages"] = result(json!(text));
                "/messages/2/content/0/content"
            }
            Piece::Structured => {
                stage = Stage::ToolResult;
                body["messages"] = result(json!([{"type": "text", "text": "first"}, {"type": "text", "text": text}]));
                "/messages/2/content/0/content/1/text"
            }
            Piece::Answer => {
                stage = Stage::Output;
                answer = json!({"type": "text", "text": text});
                "/content/0/text"
            }
            Piece::AnswerCall => {
                stage = Stage::ToolCall;
                answer = call(json!({"note": text}));
                "/content/0/input"
            }
        };
        if mode != Mode::Whole {
            body["stream"] = true.into();
        }
        let upstream = match mode {
            Mode::Whole => ("application/json", message(json!([answer])).to_string()),
            Mode::Stream | Mode::Windows => ("text/event-stream", streamed(answer)),
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
        let text = answer.text();
        if exchange.mode == Mode::Windows && text.contains("event: error\n") {
            // Something has left already: the refusal is the stream's last event.
            ensure!(answer.status == 200 && has_event(&text, kind.code()), "no event with `{}`: {text}", kind.code());
            ensure!(!text.contains("event: message_stop\n"), "the stream goes on to its end");
            return Ok(());
        }
        if kind != RefusalKind::Blocked {
            let status = if kind == RefusalKind::Unavailable { 503 } else { 400 };
            error_code(answer, status, "/type", "error")?;
            error_code(answer, status, "/error/code", kind.code())?;
            return error_code(answer, status, "/error/reason_code", reason_code);
        }
        ensure!(answer.status == 200 && text.contains(r#""stop_reason":"refusal""#), "no refusal: {text}");
        if exchange.mode != Mode::Whole {
            ensure!(
                text.starts_with("event: message_start\n") && text.contains("event: message_stop\n"),
                "no stream: {text}"
            );
            return Ok(());
        }
        let said = answer.json()?;
        ensure!(!said["content"][0]["text"].as_str().unwrap_or_default().is_empty(), "an empty refusal: {said}");
        Ok(())
    }
}

fn message(content: Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 1, "output_tokens": 1}})
}

/// The block in small pieces.
fn streamed(mut block: Value) -> String {
    let mut start = message(json!([]));
    start["stop_reason"] = Value::Null;
    let deltas: Vec<Value> = if block["type"] == "text" {
        let text = std::mem::replace(&mut block["text"], json!(""));
        pieces(text.as_str().unwrap_or_default())
            .into_iter()
            .map(|text| json!({"type": "text_delta", "text": text}))
            .collect()
    } else {
        let input = std::mem::replace(&mut block["input"], json!({})).to_string();
        pieces(&input).into_iter().map(|json| json!({"type": "input_json_delta", "partial_json": json})).collect()
    };
    let mut all = vec![
        json!({"type": "message_start", "message": start}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
    ];
    all.extend(deltas.into_iter().map(|delta| json!({"type": "content_block_delta", "index": 0, "delta": delta})));
    all.extend([
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ]);
    typed_events(&all)
}
