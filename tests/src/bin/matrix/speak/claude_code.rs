//! Hooks of a coding agent.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::mark::{GONE, Mark};

pub(crate) struct ClaudeCode;

const NO_EVENT: &str =
    "no event of the hooks carries it: the agent tells of prompts, calls, results and its last message";

impl Speaker for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude_code"
    }

    fn route(&self) -> String {
        "[[route]]\nname = \"hooks\"\nsurface = \"claude_code\"\nprincipal = \"optional\"\ncredential = \"optional\"\n"
            .to_owned()
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        if mode == Mode::Whole { Ok(()) } else { Err("a hook is asked and answered once") }
    }

    fn carries_edits(&self, piece: Piece) -> bool {
        matches!(piece, Piece::CallArguments | Piece::ToolResult | Piece::Structured)
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let result = |response: Value| json!({"hook_event_name": "PostToolUse", "tool_name": "Read", "tool_input": {"file_path": "/a"}, "tool_response": response});
        let (body, stage, pointer) = match piece {
            Piece::User => (json!({"hook_event_name": "UserPromptSubmit", "prompt": text}), Stage::Input, "/prompt"),
            Piece::CallArguments => (
                json!({"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": text}}),
                Stage::ToolCall,
                "/tool_input",
            ),
            Piece::ToolResult => (result(json!({"text": text})), Stage::ToolResult, "/tool_response"),
            Piece::Structured => (result(json!({"file": {"lines": [text]}})), Stage::ToolResult, "/tool_response"),
            Piece::Answer => (
                json!({"hook_event_name": "Stop", "stop_hook_active": false, "last_assistant_message": text}),
                Stage::Output,
                "/last_assistant_message",
            ),
            _ => return Err(NO_EVENT),
        };
        Ok(Exchange {
            mode,
            path: "/v1/hooks/claude-code".to_owned(),
            body: body.to_string(),
            upstream: None,
            in_answer: false,
            stage,
            pointer,
        })
    }

    fn passed(&self, mark: Mark, answer: &Answer) -> Result<()> {
        let body = answer.json()?;
        ensure!(mark != Mark::Allow || body == json!({}), "more than nothing: {body}");
        ensure!(
            mark == Mark::Allow || body["hookSpecificOutput"].to_string().contains(GONE),
            "no edited value: {body}"
        );
        Ok(())
    }

    fn refused(&self, exchange: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        let body = answer.json()?;
        ensure!(answer.status == 200, "{}: {body}", answer.status);
        if exchange.stage == Stage::ToolCall {
            let decision = if kind == RefusalKind::ApprovalRequired { "ask" } else { "deny" };
            ensure!(body["hookSpecificOutput"]["permissionDecision"] == decision, "the decision is {body}");
        } else {
            ensure!(body["decision"] == "block", "no block: {body}");
        }
        ensure!(body.to_string().contains(reason_code), "no reason: {body}");
        Ok(())
    }
}
