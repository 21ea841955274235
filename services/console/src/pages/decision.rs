//! One decision: what was ruled, what each guard said, what was looked at, and what else happened in the exchange.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use parapet_domain::fold::NotInspected;
use parapet_domain::{ApprovalMark, ApprovalState, Decision, DecisionRecord, GuardRun, OnError, Outcome, Timestamp};
use parapet_store::{DecisionFilter, PageRequest};
use serde_json::Value;

use super::row::DecisionRow;
use super::{Fact, Frame, GuardLink, Page, html};
use crate::api;
use crate::display::{count, micros, said, visible};
use crate::error::ConsoleError;
use crate::pretty;
use crate::state::Console;

/// Events of an exchange that the timeline shows.
const TIMELINE: u32 = 100;
/// Edits of one guard that the page shows.
const EDITS: usize = 50;
/// Characters of details or content that the page shows.
const BLOCK_CHARS: usize = 20_000;

#[derive(Template)]
#[template(path = "decision.html")]
struct DecisionPage {
    frame: Frame,
    row: DecisionRow,
    short_id: String,
    headline: String,
    message: Vec<(bool, String)>,
    approval: Option<ApprovalLink>,
    runs: Vec<RunView>,
    inspected: Vec<String>,
    judged_before: Vec<BeforeView>,
    not_inspected: Vec<NotInspected>,
    content: Option<String>,
    exchange: String,
    timeline: Vec<Step>,
    facts: Vec<Fact>,
    engine: Vec<Fact>,
}

/// A part that an earlier decision has allowed.
struct BeforeView {
    pointer: String,
    decision: String,
}

/// What the decision had to do with an approval.
struct ApprovalLink {
    id: String,
    said: String,
}

impl ApprovalLink {
    fn new(mark: &ApprovalMark) -> Self {
        let by = mark.by.as_deref().map(|by| format!(" by {}", visible(by))).unwrap_or_default();
        let said = match mark.state {
            ApprovalState::Used => format!("approved{by}"),
            ApprovalState::Pending => "waits for a person".to_owned(),
            other => format!("{}{by}", other.as_str()),
        };
        Self { id: mark.id.to_string(), said }
    }
}

/// One guard's run.
struct RunView {
    guard: GuardLink,
    hash: String,
    /// Class of the mark.
    class: &'static str,
    word: String,
    mode: &'static str,
    on_error: &'static str,
    failed: bool,
    reason_code: String,
    message: Vec<(bool, String)>,
    edits: Vec<EditView>,
    more_edits: usize,
    details: String,
    took: String,
    fuel: String,
}

struct EditView {
    part: usize,
    span: String,
    replacement: String,
}

/// One event of the exchange.
struct Step {
    sequence: u32,
    current: bool,
    row: DecisionRow,
}

/// The page of one decision.
pub(crate) async fn show_decision(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Page {
    let frame = || Frame::new(&console, "decisions");
    let record = api::read_decision(&console, &id).await.map_err(|error| frame().failed(error))?;
    let exchange = exchange(&console, &record).await.map_err(|error| frame().failed(error))?;
    html(&DecisionPage::new(frame(), &record, &exchange, Timestamp::now())).map_err(|error| frame().failed(error))
}

/// The events of the same exchange, in their order; of a very long one, the newest.
async fn exchange(console: &Console, record: &DecisionRecord) -> Result<Vec<DecisionRecord>, ConsoleError> {
    let filter = DecisionFilter { exchange_id: Some(record.exchange_id), ..DecisionFilter::of(&console.admin.tenant) };
    let mut records = console.admin.store.decisions(&filter, &PageRequest::first(TIMELINE)).await?.records;
    records.sort_by_key(|record| (record.sequence, record.at, record.id));
    Ok(records)
}

impl DecisionPage {
    fn new(frame: Frame, record: &DecisionRecord, exchange: &[DecisionRecord], now: Timestamp) -> Self {
        Self {
            frame,
            row: DecisionRow::new(record, now),
            short_id: record.id.simple().to_string().chars().take(8).collect(),
            headline: headline(record),
            message: said(&record.message),
            approval: record.approval.as_ref().map(ApprovalLink::new),
            runs: record.runs.iter().map(RunView::new).collect(),
            inspected: record.coverage.inspected.iter().map(|pointer| pointer_text(pointer)).collect(),
            judged_before: record
                .coverage
                .judged_before
                .iter()
                .map(|part| BeforeView { pointer: pointer_text(&part.pointer), decision: part.decision.to_string() })
                .collect(),
            not_inspected: record
                .coverage
                .not_inspected
                .iter()
                .map(|part| NotInspected { pointer: pointer_text(&part.pointer), reason: visible(&part.reason) })
                .collect(),
            content: record.content.as_ref().map(block),
            exchange: record.exchange_id.to_string(),
            timeline: exchange.iter().map(|other| Step::new(other, record, now)).collect(),
            facts: facts(record),
            engine: engine(record),
        }
    }
}

fn headline(record: &DecisionRecord) -> String {
    let what = match record.stage {
        parapet_domain::Stage::Input => "Input",
        parapet_domain::Stage::Output => "Output",
        parapet_domain::Stage::ToolCall => "Tool call",
        parapet_domain::Stage::ToolResult => "Tool result",
    };
    let end = match record.enforced {
        Decision::Allow => "allowed",
        Decision::Redact => "redacted",
        Decision::Ask => "held for approval",
        Decision::Deny => "denied",
    };
    format!("{what} {end}")
}

fn pointer_text(pointer: &str) -> String {
    if pointer.is_empty() { "(whole body)".to_owned() } else { visible(pointer) }
}

/// JSON or text for a block, cut where it would make the page unusable.
fn block(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => pretty::json(other),
    };
    let mut shown: String = text.chars().take(BLOCK_CHARS).collect();
    if shown.len() < text.len() {
        shown.push_str("\n… cut here; the JSON has all of it");
    }
    visible(&shown)
}

impl Step {
    fn new(record: &DecisionRecord, shown: &DecisionRecord, now: Timestamp) -> Self {
        Self { sequence: record.sequence, current: record.id == shown.id, row: DecisionRow::new(record, now) }
    }
}

impl RunView {
    fn new(run: &GuardRun) -> Self {
        let view = Self {
            guard: GuardLink::new(&run.guard),
            hash: visible(&run.guard_hash),
            class: "failed",
            word: String::new(),
            mode: run.mode.as_str(),
            on_error: if run.on_error == OnError::Deny { "deny" } else { "allow" },
            failed: false,
            reason_code: String::new(),
            message: Vec::new(),
            edits: Vec::new(),
            more_edits: 0,
            details: String::new(),
            took: micros(run.duration_us),
            fuel: count(run.fuel_used),
        };
        match &run.outcome {
            Outcome::Verdict(verdict) => Self {
                class: verdict.decision.as_str(),
                word: verdict.decision.as_str().to_owned(),
                reason_code: visible(&verdict.reason_code),
                message: said(&verdict.message),
                edits: verdict.edits.iter().take(EDITS).map(EditView::new).collect(),
                more_edits: verdict.edits.len().saturating_sub(EDITS),
                details: block(&verdict.details),
                ..view
            },
            Outcome::Failure(failure) => Self {
                failed: true,
                word: failure.kind.as_str().replace('_', " "),
                message: said(&failure.message),
                ..view
            },
        }
    }
}

impl EditView {
    fn new(edit: &parapet_domain::Edit) -> Self {
        Self {
            part: edit.part, span: format!("{}–{}", edit.start, edit.end), replacement: visible(&edit.replacement)
        }
    }
}

fn facts(record: &DecisionRecord) -> Vec<Fact> {
    let mut facts = vec![
        ("Agent", visible(&record.agent), false),
        ("Route", visible(&record.route), false),
        ("Surface", record.surface.as_str().to_owned(), false),
        ("Stage", record.stage.as_str().to_owned(), false),
        ("Principal", record.principal.as_deref().map_or_else(|| "none".to_owned(), visible), false),
    ];
    if !record.roles.is_empty() {
        facts.push(("Roles", visible(&record.roles.join(", ")), false));
    }
    let ids = [
        ("Session", record.session.as_deref().map(visible)),
        ("Trace", record.trace_id.as_deref().map(visible)),
        ("Decision", Some(record.id.to_string())),
        ("Event", Some(record.event_id.to_string())),
        ("Exchange", Some(record.exchange_id.to_string())),
        ("Content digest", Some(visible(&record.content_digest))),
    ];
    facts.extend(ids.into_iter().filter_map(|(name, value)| Some((name, value?, true))));
    facts
}

fn engine(record: &DecisionRecord) -> Vec<Fact> {
    vec![
        ("Guard set", visible(&record.guard_set), true),
        ("Parapet", visible(&record.engine.parapet), false),
        ("Toolbox", visible(&record.engine.toolbox), false),
        ("Rhai guest", visible(&record.engine.rhai_guest), true),
        ("Record", visible(&record.version), false),
    ]
}
