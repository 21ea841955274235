//! OpenAI Responses.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::check::{error_code, has_event};
use crate::model::{path, pieces, typed_events};

pub(crate) struct Responses;

impl Speaker for Responses {
    fn name(&self) -> &'static str {
        "openai_responses"
    }

    fn has(&self, _: Mode) -> Result<(), &'static str> {
        Ok(())
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let arguments = json!({ "note": text }).to_string();
        let call = |arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": arguments, "status": "completed"});
        let user = json!({"role": "user", "content": "hello"});
        let said = |part: Value| json!([user, {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed", "content": [part]}, {"role": "user", "content": "go on"}]);
        let result = |call: Value, output: Value| json!([user, call, {"type": "function_call_output", "call_id": "call_1", "output": output}]);
        let mut body = json!({"model": "m", "input": [user]});
        let (mut stage, mut item) = (Stage::Input, message("fine"));
        let pointer = match piece {
            Piece::System => {
                body["instructions"] = text.into();
                "/instructions"
            }
            Piece::User => {
                body["input"][0]["content"] = text.into();
                "/input/0/content"
            }
            Piece::Assistant => {
                body["input"] = said(json!({"type": "output_text", "text": text, "annotations": []}));
                "/input/1/content/0/text"
            }
            Piece::Refusal => {
                body["input"] = said(json!({"type": "refusal", "refusal": text}));
                "/input/1/content/0/refusal"
            }
            Piece::ToolDefinition => {
                body["tools"] = json!([{"type": "function", "name": "look", "description": text, "parameters": {"type": "object"}, "strict": false}]);
                "/tools/0"
            }
            Piece::CallArguments => {
                body["input"] = result(call(&arguments), json!("seen"));
                "/input/1/arguments"
            }
            Piece::ToolResult => {
                stage = Stage::ToolResult;
                body["input"] = result(call("{}"), json!(text));
                "/input/2/output"
            }
            Piece::Structured => {
                stage = Stage::ToolResult;
                body["input"] = result(
                    call("{}"),
                    json!([{"type": "input_text", "text": "first"}, {"type": "input_text", "text": text}]),
                );
                "/input/2/output/1/text"
            }
            Piece::Answer => {
                stage = Stage::Output;
                item = message(text);
                "/output/0/content/0/text"
            }
            Piece::AnswerCall => {
                stage = Stage::ToolCall;
                item = call(&arguments);
                "/output/0/arguments"
            }
        };
        if mode != Mode::Whole {
            body["stream"] = true.into();
        }
        let upstream = match mode {
            Mode::Whole => ("application/json", response("completed", json!([item])).to_string()),
            Mode::Stream | Mode::Windows => ("text/event-stream", streamed(&item)),
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
            let text = answer.text();
            ensure!(has_event(&text, kind.code()), "no event with `{}`: {text}", kind.code());
            ensure!(!text.contains("event: response.completed\n"), "the stream goes on to its end");
            return Ok(());
        }
        let status = if kind == RefusalKind::Unavailable { 503 } else { 400 };
        error_code(answer, status, "/error/code", kind.code())?;
        error_code(answer, status, "/error/reason_code", reason_code)
    }
}

fn response(status: &str, output: Value) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "tools": [], "error": null, "output": output})
}

fn message(text: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]})
}

/// The life of an item in small pieces.
fn streamed(item: &Value) -> String {
    let event = |kind: &str, fields: Value| {
        let mut event = json!({"type": format!("response.{kind}"), "sequence_number": 1});
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
        event
    };
    let mut all = vec![event("created", json!({"response": response("in_progress", json!([]))}))];
    let mut begun = item.clone();
    begun["status"] = "in_progress".into();
    if let Some(text) = item.pointer("/content/0/text").and_then(Value::as_str) {
        let at =
            |key: &str, value: Value| json!({"item_id": "msg_1", "output_index": 0, "content_index": 0, key: value});
        let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
        begun["content"] = json!([]);
        all.push(event("output_item.added", json!({"output_index": 0, "item": begun})));
        all.push(event("content_part.added", at("part", part(""))));
        all.extend(pieces(text).into_iter().map(|piece| event("output_text.delta", at("delta", json!(piece)))));
        all.push(event("output_text.done", at("text", json!(text))));
        all.push(event("content_part.done", at("part", part(text))));
    } else {
        let at = |key: &str, value: Value| json!({"item_id": "fc_1", "output_index": 0, key: value});
        let arguments = item["arguments"].as_str().unwrap_or_default();
        begun["arguments"] = "".into();
        all.push(event("output_item.added", json!({"output_index": 0, "item": begun})));
        all.extend(
            pieces(arguments)
                .into_iter()
                .map(|piece| event("function_call_arguments.delta", at("delta", json!(piece)))),
        );
        all.push(event("function_call_arguments.done", at("arguments", json!(arguments))));
    }
    all.push(event("output_item.done", json!({"output_index": 0, "item": item})));
    all.push(event("completed", json!({"response": response("completed", json!([item]))})));
    typed_events(&all)
}
