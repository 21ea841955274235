//! LiteLLM's generic guardrail: another proxy asks.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::mark::{GONE, Mark};

pub(crate) struct Litellm;

impl Speaker for Litellm {
    fn name(&self) -> &'static str {
        "litellm"
    }

    fn route(&self) -> String {
        "[[route]]\nname = \"litellm\"\nsurface = \"litellm\"\nprincipal = \"optional\"\ncredential = \"optional\"\n"
            .to_owned()
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        if mode == Mode::Whole {
            Ok(())
        } else {
            Err("LiteLLM asks about whole texts; what it streams it holds itself")
        }
    }

    fn carries_edits(&self, piece: Piece) -> bool {
        !matches!(piece, Piece::AnswerCall | Piece::ToolDefinition)
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let arguments = json!({ "note": text }).to_string();
        let calls = |arguments: &str| json!([{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": arguments}}]);
        let mut body = json!({"input_type": "request", "texts": [], "request_data": {}, "structured_messages": null, "images": null, "tools": null, "tool_calls": null});
        let mut stage = Stage::Input;
        let pointer = match piece {
            Piece::System => {
                turns(&mut body, json!([{"role": "system", "content": text}]), "/structured_messages/0/content")
            }
            Piece::User => {
                turns(&mut body, json!([{"role": "user", "content": text}]), "/structured_messages/0/content")
            }
            Piece::Assistant => {
                turns(&mut body, json!([{"role": "assistant", "content": text}]), "/structured_messages/0/content")
            }
            Piece::Refusal => {
                turns(&mut body, json!([{"role": "assistant", "refusal": text}]), "/structured_messages/0/refusal")
            }
            Piece::CallArguments => turns(
                &mut body,
                json!([{"role": "assistant", "tool_calls": calls(&arguments)}]),
                "/structured_messages/0/tool_calls/0/function/arguments",
            ),
            Piece::ToolResult => {
                stage = Stage::ToolResult;
                turns(
                    &mut body,
                    json!([{"role": "tool", "tool_call_id": "call_1", "content": text}]),
                    "/structured_messages/0/content",
                )
            }
            Piece::Structured => {
                stage = Stage::ToolResult;
                let content = json!([{"type": "text", "text": "first"}, {"type": "text", "text": text}]);
                turns(
                    &mut body,
                    json!([{"role": "tool", "tool_call_id": "call_1", "content": content}]),
                    "/structured_messages/0/content/1/text",
                )
            }
            Piece::ToolDefinition => {
                body["texts"] = json!(["hello"]);
                body["tools"] = json!([{"type": "function", "function": {"name": "look", "description": text}}]);
                "/tools/0"
            }
            Piece::Answer => {
                stage = Stage::Output;
                body["input_type"] = "response".into();
                body["texts"] = json!([text]);
                "/texts/0"
            }
            Piece::AnswerCall => {
                stage = Stage::ToolCall;
                body["input_type"] = "response".into();
                body["tool_calls"] = calls(&arguments);
                "/tool_calls/0/function/arguments"
            }
        };
        Ok(Exchange {
            mode,
            path: "/beta/litellm_basic_guardrail_api".to_owned(),
            body: body.to_string(),
            upstream: None,
            in_answer: false,
            stage,
            pointer,
        })
    }

    fn passed(&self, mark: Mark, answer: &Answer) -> Result<()> {
        let body = answer.json()?;
        let action = if mark == Mark::Redact { "GUARDRAIL_INTERVENED" } else { "NONE" };
        ensure!(body["action"] == action, "the action is {body}");
        ensure!(mark == Mark::Allow || body.to_string().contains(GONE), "no edited text: {body}");
        Ok(())
    }

    fn refused(&self, _: &Exchange, kind: RefusalKind, _: &str, answer: &Answer) -> Result<()> {
        if kind == RefusalKind::Unavailable {
            ensure!(answer.status == 503, "{}: {}", answer.status, answer.text());
            return Ok(());
        }
        let body = answer.json()?;
        ensure!(answer.status == 200 && body["action"] == "BLOCKED", "{}: {body}", answer.status);
        let reason = body["blocked_reason"].as_str().unwrap_or_default();
        ensure!(reason.contains(answer.header("x-parapet-decision-id")), "no decision in: {reason}");
        Ok(())
    }
}

/// Puts messages into the body, with the texts that LiteLLM repeats of them.
fn turns(body: &mut Value, messages: Value, pointer: &'static str) -> &'static str {
    body["structured_messages"] = messages;
    pointer
}
