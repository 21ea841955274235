//! MCP over streamable HTTP.

use anyhow::{Result, ensure};
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::{Value, json};

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::model::path;

pub(crate) struct Mcp;

const NO_TURNS: &str =
    "MCP carries calls of tools and what servers offer; the conversation with the model does not pass over it";

impl Speaker for Mcp {
    fn name(&self) -> &'static str {
        "mcp"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("accept", "application/json, text/event-stream")]
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        match mode {
            Mode::Windows => {
                Err("a message of MCP comes whole, in streams too: there are no pieces of text to be shown in windows")
            }
            Mode::Whole | Mode::Stream => Ok(()),
        }
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let call = |arguments: Value| request("tools/call", json!({"name": "look", "arguments": arguments}));
        let fine = json!({"content": [{"type": "text", "text": "fine"}]});
        let (stage, body, result, pointer) = match piece {
            Piece::ToolDefinition => {
                let bad = json!({"name": "look", "description": text, "inputSchema": {"type": "object"}});
                let good = json!({"name": "other", "description": "does no harm", "inputSchema": {"type": "object"}});
                (Stage::Input, request("tools/list", json!({})), json!({"tools": [bad, good]}), "/result/tools/0")
            }
            Piece::CallArguments => (Stage::ToolCall, call(json!({"note": text})), fine, "/params/arguments"),
            Piece::ToolResult => (
                Stage::ToolResult,
                call(json!({})),
                json!({"content": [{"type": "text", "text": text}]}),
                "/result/content/0/text",
            ),
            Piece::Structured => (
                Stage::ToolResult,
                call(json!({})),
                json!({"content": [], "structuredContent": {"page": {"title": text}}}),
                "/result/structuredContent",
            ),
            _ => return Err(NO_TURNS),
        };
        let answer = json!({"jsonrpc": "2.0", "id": 7, "result": result});
        let upstream = match mode {
            Mode::Whole => ("application/json", answer.to_string()),
            Mode::Stream | Mode::Windows => ("text/event-stream", format!("event: message\ndata: {answer}\n\n")),
        };
        let in_answer = piece != Piece::CallArguments;
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
        let message = message(answer);
        if exchange.stage == Stage::Input && kind == RefusalKind::Unavailable {
            // The list can be asked for again.
            ensure!(message["error"]["data"]["reason_code"] == reason_code, "no error: {message}");
            return Ok(());
        }
        if exchange.stage == Stage::Input {
            // A definition that does not pass is left out of the list.
            let names: Vec<&str> = message["result"]["tools"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|tool| tool["name"].as_str())
                .collect();
            ensure!(answer.status == 200 && names == ["other"], "the list has {names:?}: {}", answer.text());
            return Ok(());
        }
        ensure!(answer.status == 200 && message["id"] == 7, "{}: {}", answer.status, answer.text());
        ensure!(message["result"]["isError"] == true, "no error of a tool: {message}");
        let refusal = &message["result"]["_meta"]["parapet/refusal"];
        ensure!(refusal["reason_code"] == reason_code, "the reason is {refusal}");
        ensure!(
            message["result"]["content"][0]["text"].as_str().is_some_and(|text| !text.is_empty()),
            "it says nothing: {message}"
        );
        Ok(())
    }
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

/// The last message of an answer, as JSON or in a stream.
fn message(answer: &Answer) -> Value {
    let text = answer.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back();
    serde_json::from_str(data.unwrap_or(&text)).unwrap_or_default()
}
