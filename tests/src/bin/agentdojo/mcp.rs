//! The same traces through the MCP surface: every call of a tool and its result, in a session of its own.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use parapet_tests::client::Client;
use serde_json::{Value, json};

use crate::replay::{Answers, Stop};

static RUNS: AtomicU64 = AtomicU64::new(0);

/// Each call of the assistant's messages in turn, with the result that the trace has.
pub(crate) async fn replay(client: &Client, answers: &Answers, messages: &[Value]) -> Result<Stop> {
    let run = format!("run-{}", RUNS.fetch_add(1, Ordering::Relaxed));
    for (turn, message) in messages.iter().enumerate() {
        for (number, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let id = format!("{run}-{turn}-{number}");
            let text = result_of(messages, &call["id"]);
            let answer =
                json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": text }] } });
            answers.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), answer);
            if let Some((reached, why)) = sent(client, answers, &run, &id, call).await? {
                // A result that is held back stops the run before the next message, not before this one.
                return Ok(Some((if reached { turn + 1 } else { turn }, why)));
            }
        }
    }
    Ok(None)
}

/// Why a call or its result was stopped, and whether the call had reached the server.
async fn sent(client: &Client, answers: &Answers, run: &str, id: &str, call: &Value) -> Result<Option<(bool, String)>> {
    let arguments: Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap_or_default()).unwrap_or_else(|_| json!({}));
    let params = json!({ "name": call["function"]["name"], "arguments": arguments });
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
    let headers = [("accept", "application/json, text/event-stream"), ("mcp-session-id", run)];
    let answer = client.post("/mcp/tools", &headers, &request).await?;
    let decision = answer.header("x-parapet-decision").to_owned();
    anyhow::ensure!(answer.status.as_u16() == 200, "status {}: {}", answer.status, answer.text());
    if decision == "allow" {
        return Ok(None);
    }
    let reached = !answers.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id);
    Ok(Some((reached, format!("{decision}: {}", answer.json()?["result"]["content"][0]["text"]))))
}

/// The text that the call of this id gave back.
fn result_of(messages: &[Value], id: &Value) -> String {
    let result = messages.iter().find(|message| message["role"] == "tool" && message["tool_call_id"] == *id);
    result.and_then(|message| message["content"].as_str()).unwrap_or_default().to_owned()
}
