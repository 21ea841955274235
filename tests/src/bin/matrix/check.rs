//! One cell: sends the request, and compares what came of it on all three sides.

use anyhow::{Context as _, Result, ensure};
use parapet_domain::{Decision, DecisionRecord};
use parapet_tests::client::Answer;
use serde_json::Value;

use crate::cell::{Cell, Outcome};
use crate::mark::{GONE, Mark};
use crate::world::{Seen, World};

/// Runs a cell.
pub(crate) async fn check(world: &mut World, cell: &Cell) -> Outcome {
    let Seen { answer, received, rows } = world.run(cell.speaker, &cell.exchange).await?;
    client_side(cell, &answer).context("what the client sees")?;
    if cell.exchange.upstream.is_some() {
        upstream_side(cell, &received).context("what the upstream sees")?;
    }
    log_side(cell, &rows).context("what the audit log says")
}

fn client_side(cell: &Cell, answer: &Answer) -> Result<()> {
    let (text, word) = (answer.text(), cell.mark.word());
    let from_upstream = cell.exchange.in_answer;
    match cell.refusal() {
        Some(kind) => {
            ensure!(!from_upstream || !text.contains(&word), "it got what was refused: {text}");
            cell.speaker.refused(&cell.exchange, kind, cell.reason_code(), answer)
        }
        None => {
            ensure!(answer.status == 200, "{}: {text}", answer.status);
            ensure!(!from_upstream || shows(&text, cell.mark), "it did not get the answer: {text}");
            ensure!(cell.mark == Mark::Allow || !text.contains(&word), "it got what was redacted: {text}");
            cell.speaker.passed(cell.mark, answer)
        }
    }
}

fn upstream_side(cell: &Cell, received: &[String]) -> Result<()> {
    let passes = cell.exchange.in_answer || cell.refusal().is_none();
    ensure!(received.len() == usize::from(passes), "it got {} requests", received.len());
    if let (Some(body), false) = (received.first(), cell.exchange.in_answer) {
        ensure!(shows(body, cell.mark), "it did not get the content: {body}");
        ensure!(cell.mark == Mark::Allow || !body.contains(&cell.mark.word()), "it got what was redacted: {body}");
        ensure!(cell.mark != Mark::Allow || *body == cell.exchange.body, "it got other bytes: {body}");
    }
    Ok(())
}

fn log_side(cell: &Cell, rows: &[DecisionRecord]) -> Result<()> {
    let of_piece = |row: &&DecisionRecord| {
        let pointers = row.coverage.inspected.iter().chain(row.coverage.not_inspected.iter().map(|part| &part.pointer));
        row.stage == cell.exchange.stage
            && pointers.into_iter().any(|pointer| pointer.starts_with(cell.exchange.pointer))
    };
    let found: Vec<&DecisionRecord> = rows.iter().filter(of_piece).collect();
    let what = || {
        rows.iter()
            .map(|row| format!("{} {} {:?}", row.stage.as_str(), row.enforced.as_str(), row.coverage))
            .collect::<Vec<_>>()
            .join("; ")
    };
    // A window and what follows it show the same text.
    let row = found
        .iter()
        .max_by_key(|row| row.enforced)
        .with_context(|| format!("no row for {}: {}", cell.exchange.pointer, what()))?;
    ensure!(row.surface.as_str() == cell.speaker.name(), "the row is of surface {}", row.surface.as_str());
    ensure!(row.enforced == cell.decision(), "enforced {}: {}", row.enforced.as_str(), what());
    ensure!(row.reason_code == cell.reason_code(), "reason `{}`", row.reason_code);
    let others = rows.iter().filter(|row| row.enforced != Decision::Allow).count();
    ensure!(others == usize::from(cell.mark != Mark::Allow), "{others} rows are no allow: {}", what());
    Ok(())
}

/// Whether a body has the text as the mark leaves it. A stream may have cut it.
fn shows(text: &str, mark: Mark) -> bool {
    let wanted = if mark == Mark::Redact { GONE.to_owned() } else { mark.word() };
    text.contains(&wanted) || joined(text).contains(&wanted)
}

/// All strings of all events of a stream, one after the other.
fn joined(text: &str) -> String {
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let values = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let mut all = String::new();
    values.for_each(|value| strings(&value, &mut all));
    all
}

fn strings(value: &Value, all: &mut String) {
    match value {
        Value::Object(fields) => {
            // Settings stand between the pieces of a text.
            let content = fields.iter().filter(|(key, _)| !SETTINGS.contains(&key.as_str()));
            content.for_each(|(_, value)| strings(value, all));
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, all)),
        Value::String(text) => all.push_str(text),
        _ => {}
    }
}

const SETTINGS: [&str; 9] = ["id", "object", "model", "type", "role", "finish_reason", "item_id", "status", "name"];

/// Whether an answer has this status and this text at a JSON Pointer.
pub(crate) fn error_code(answer: &Answer, status: u16, pointer: &str, code: &str) -> Result<()> {
    ensure!(answer.status == status, "status {} and not {status}: {}", answer.status, answer.text());
    let body = answer.json()?;
    let found = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    ensure!(found == code, "`{pointer}` is `{found}` and not `{code}`: {body}");
    Ok(())
}

/// Whether a stream has an event that names this code.
pub(crate) fn has_event(text: &str, code: &str) -> bool {
    text.lines().any(|line| line.starts_with("data:") && line.contains(&format!("\"{code}\"")))
}
