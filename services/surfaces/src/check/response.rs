//! The answer to a check: the decision with all that led to it, and the texts as they may be used.

use parapet_domain::fold::{NotInspected, RefusalKind, Ruling};
use parapet_domain::{Decision, DecisionRecord, Edit, GuardRun, Mode, Outcome, Surface, redact};
use serde::Serialize;
use serde_json::Value;

use crate::refusal::{decision_headers, status};
use crate::{Draft, RefusalContext, Reply};

#[derive(Serialize)]
struct DecisionBody<'a> {
    decision: Decision,
    reason_code: &'a str,
    message: &'a str,
    details: &'a Value,
    /// The `code` that a model surface would give; none when the content may pass.
    code: Option<&'static str>,
    edits: &'a [Edit],
    texts: Vec<EditedText<'a>>,
    outcomes: Vec<OutcomeBody<'a>>,
    decision_id: String,
    guard_set: &'a str,
    inspected: &'a [String],
    not_inspected: &'a [NotInspected],
}

/// A part's text with the edits made.
#[derive(Serialize)]
struct EditedText<'a> {
    part: usize,
    pointer: &'a str,
    text: String,
}

/// One guard's run. The particulars of a failure are for the operator and stay out.
#[derive(Serialize)]
struct OutcomeBody<'a> {
    guard: &'a str,
    guard_hash: &'a str,
    mode: Mode,
    outcome: &'static str,
    reason_code: &'a str,
    message: &'a str,
    fuel_used: u64,
    duration_us: u64,
}

/// The answer to a check. A decision is an answer, so it is a 200 whatever it says, except that one that waits for a
/// person is a 202 with `Location`, and one that could not be made is a 503.
#[must_use]
pub fn render_decision(record: &DecisionRecord, ruling: &Ruling, draft: &Draft, context: &RefusalContext) -> Reply {
    let decision_id = record.id.to_string();
    let body = DecisionBody {
        decision: ruling.enforced,
        reason_code: &record.reason_code,
        message: &record.message,
        details: if context.show_details { details(record, ruling) } else { &Value::Null },
        code: ruling.refusal.as_ref().map(|refusal| refusal.kind.code()),
        edits: if ruling.enforced == Decision::Deny { &[] } else { &ruling.edits },
        texts: if ruling.enforced == Decision::Deny { Vec::new() } else { edited_texts(draft, &ruling.edits) },
        outcomes: record.runs.iter().map(outcome).collect(),
        decision_id: decision_id.clone(),
        guard_set: &record.guard_set,
        inspected: &record.coverage.inspected,
        not_inspected: &record.coverage.not_inspected,
    };
    let row = match ruling.refusal.as_ref().map(|refusal| refusal.kind) {
        Some(kind @ (RefusalKind::ApprovalRequired | RefusalKind::Unavailable)) => Some(status::of_refusal(kind)),
        _ => None,
    };
    let mut headers = decision_headers(ruling.enforced, Some(&decision_id), &record.guard_set);
    if row.is_some_and(|row| row.retry_after) {
        headers.push(("retry-after", context.retry_after_s.max(1).to_string()));
    }
    if ruling.enforced == Decision::Ask {
        headers.extend(context.location.clone().map(|location| ("location", location)));
    }
    Reply {
        status: row.map_or(200, |row| row.status(Surface::Check)),
        content_type: "application/json",
        // The body holds strings, numbers and JSON values only, which always serialise.
        body: serde_json::to_vec(&body).unwrap_or_default(),
        headers,
    }
}

/// The details of the refusal, else of the redaction that decided.
fn details<'a>(record: &'a DecisionRecord, ruling: &'a Ruling) -> &'a Value {
    if let Some(refusal) = &ruling.refusal {
        return &refusal.details;
    }
    let decider = record.runs.iter().find(|run| Some(&run.guard) == ruling.decided_by.as_ref());
    match decider.map(|run| &run.outcome) {
        Some(Outcome::Verdict(verdict)) => &verdict.details,
        _ => &Value::Null,
    }
}

fn edited_texts<'a>(draft: &'a Draft, edits: &[Edit]) -> Vec<EditedText<'a>> {
    edits
        .chunk_by(|a, b| a.part == b.part)
        .filter_map(|group| {
            let index = group.first()?.part;
            let part = draft.parts.get(index)?;
            Some(EditedText { part: index, pointer: &part.pointer, text: redact::apply(&part.text, index, group) })
        })
        .collect()
}

fn outcome(run: &GuardRun) -> OutcomeBody<'_> {
    let (outcome, reason_code, message) = match &run.outcome {
        Outcome::Verdict(verdict) => {
            (verdict.decision.as_str(), verdict.reason_code.as_str(), verdict.message.as_str())
        }
        Outcome::Failure(failure) => (failure.kind.as_str(), failure.kind.reason_code(), ""),
    };
    OutcomeBody {
        guard: &run.guard,
        guard_hash: &run.guard_hash,
        mode: run.mode,
        outcome,
        reason_code,
        message,
        fuel_used: run.fuel_used,
        duration_us: run.duration_us,
    }
}
