//! `/v1/check`: a decision on content that the caller holds.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::check::error_code;
use crate::mark::{GONE, Mark};

pub(crate) struct Check;

impl Speaker for Check {
    fn name(&self) -> &'static str {
        "check"
    }

    fn route(&self) -> String {
        "[[route]]\nname = \"check\"\nsurface = \"check\"\nprincipal = \"optional\"\ncredential = \"optional\"\n"
            .to_owned()
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        if mode == Mode::Whole {
            Ok(())
        } else {
            Err("a check is answered with one decision; there is nothing to stream")
        }
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let messages = |message: Value| (json!({"stage": "input", "messages": [message]}), Stage::Input);
        let tool =
            |key: &str, content: &str, value: Value, stage| (json!({key: {"name": "look", content: value}}), stage);
        let ((body, stage), pointer) = match piece {
            Piece::System => (messages(json!({"role": "system", "content": text})), "/messages/0/content"),
            Piece::User => (messages(json!({"role": "user", "content": text})), "/messages/0/content"),
            Piece::Assistant => (messages(json!({"role": "assistant", "content": text})), "/messages/0/content"),
            Piece::Refusal => (messages(json!({"role": "assistant", "refusal": text})), "/messages/0/refusal"),
            Piece::ToolDefinition => {
                let part = json!({"kind": "tool_definition", "tool": "look", "origin": "operator", "role": "system", "json": {"description": text}});
                ((json!({"stage": "input", "parts": [part]}), Stage::Input), "/parts/0")
            }
            Piece::CallArguments => {
                (tool("tool_call", "arguments", json!({"note": text}), Stage::ToolCall), "/tool_call/arguments")
            }
            Piece::ToolResult => {
                (tool("tool_result", "content", json!(text), Stage::ToolResult), "/tool_result/content")
            }
            Piece::Structured => {
                (tool("tool_result", "content", json!({"page": [text]}), Stage::ToolResult), "/tool_result/content")
            }
            Piece::Answer => ((json!({"stage": "output", "text": text}), Stage::Output), "/text"),
            Piece::AnswerCall => {
                return Err("a check has one side: the call that it asks about is the one under `tool-call arguments`");
            }
        };
        Ok(Exchange {
            mode,
            path: "/v1/check".to_owned(),
            body: body.to_string(),
            upstream: None,
            in_answer: false,
            stage,
            pointer,
        })
    }

    fn passed(&self, mark: Mark, answer: &Answer) -> Result<()> {
        let body = answer.json()?;
        ensure!(body["decision"] == mark.as_str(), "the decision is {}", body["decision"]);
        ensure!(mark == Mark::Allow || body["texts"].to_string().contains(GONE), "no edited text: {body}");
        Ok(())
    }

    fn refused(&self, _: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        let (status, decision) = match kind {
            RefusalKind::ApprovalRequired => (202, "ask"),
            RefusalKind::Unavailable => (503, "deny"),
            RefusalKind::Blocked | RefusalKind::GuardFailed => (200, "deny"),
        };
        error_code(answer, status, "/decision", decision)?;
        error_code(answer, status, "/code", kind.code())?;
        error_code(answer, status, "/reason_code", reason_code)
    }
}
