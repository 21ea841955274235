//! Has every decision written down, and gives the receipts. Without one nothing is released.

use std::mem::take;

use futures_util::future::join_all;
use parapet_domain::decision::{DecisionRecord, RecordContext};
use parapet_domain::fold::{Coverage, Ruling};
use parapet_domain::{Decision, Edit, Folded, GuardRun, Refusal, RefusalKind, digest, reason, redact};
use parapet_store::{RecordError, Recorded};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::approval;
use crate::config::{Asker, RouteKind};
use crate::error::Stop;
use crate::exchange::Exchange;
use crate::fold::{Content, Decided};

/// A decision with its receipt.
pub(crate) struct Receipted {
    pub(crate) folded: Folded<Content>,
    pub(crate) recorded: Recorded,
    pub(crate) id: Uuid,
    /// For `check`, whose answer is the record.
    pub(crate) kept: Option<Kept>,
}

/// What was recorded.
pub(crate) struct Kept {
    pub(crate) record: DecisionRecord,
    pub(crate) ruling: Ruling,
}

/// Records all decisions of a body, refusals too.
pub(crate) async fn record(exchange: &mut Exchange<'_>, decided: Vec<Decided>) -> Result<Vec<Receipted>, Stop> {
    if decided.iter().any(|decided| decided.ruling.approval.is_some()) {
        together(exchange, decided).await
    } else {
        each(exchange, decided).await
    }
}

/// All decisions are sent before any is waited for, so that they share a batch.
async fn each(exchange: &mut Exchange<'_>, decided: Vec<Decided>) -> Result<Vec<Receipted>, Stop> {
    let this = &*exchange;
    let receipts = join_all(decided.into_iter().map(|decided| one(this, decided))).await;
    let mut all = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let (decision, receipted) = receipt?;
        exchange.decided(decision, receipted.id);
        all.push(receipted);
    }
    Ok(all)
}

async fn one(exchange: &Exchange<'_>, mut decided: Decided) -> Result<(Decision, Receipted), Stop> {
    let (runs, coverage) = (take(&mut decided.runs), take(&mut decided.coverage));
    let record = record_of(exchange, &decided, runs, coverage);
    tell(exchange, &record);
    let (id, kept) = (record.id, keep(exchange, &record, &decided.ruling));
    let recorded = exchange.app.recorder.record(record, exchange.route().audit).await;
    let recorded = recorded.map_err(|error| unavailable(exchange, id, &error))?;
    Ok((decided.ruling.enforced, Receipted { folded: decided.folded, recorded, id, kept }))
}

/// One commit for all decisions of the body and the use of its approvals: none without the others. An approval that somebody
/// else has used meanwhile is asked for anew.
async fn together(exchange: &mut Exchange<'_>, decided: Vec<Decided>) -> Result<Vec<Receipted>, Stop> {
    let record = |decided: &Decided| record_of(exchange, decided, decided.runs.clone(), decided.coverage.clone());
    let records: Vec<DecisionRecord> = decided.iter().map(record).collect();
    let recorded = exchange.app.recorder.record_together(&records).await;
    if recorded.as_ref().is_err_and(RecordError::is_spent_approval) {
        let decided = approval::seek_again(exchange, decided).await;
        return each(exchange, decided).await;
    }
    records.iter().for_each(|record| tell(exchange, record));
    let first = records.first().map(|record| record.id).unwrap_or_default();
    let recorded = recorded.map_err(|error| unavailable(exchange, first, &error))?;
    let mut all = Vec::with_capacity(records.len());
    for ((decided, record), recorded) in decided.into_iter().zip(&records).zip(recorded) {
        let kept = keep(exchange, record, &decided.ruling);
        exchange.decided(decided.ruling.enforced, record.id);
        all.push(Receipted { folded: decided.folded, recorded, id: record.id, kept });
    }
    Ok(all)
}

fn record_of(exchange: &Exchange<'_>, decided: &Decided, runs: Vec<GuardRun>, coverage: Coverage) -> DecisionRecord {
    let context = RecordContext {
        id: Uuid::now_v7(),
        digest_key: exchange.app.digest_key,
        guard_set: exchange.set.hash.clone(),
        engine: exchange.app.engine.clone(),
        trace_id: Some(exchange.trace.id.clone()),
        duration_us: decided.duration_us,
        content: exchange.route().store_content.then(|| content(decided, &exchange.app.digest_key)),
    };
    let mut record = DecisionRecord::new(&decided.event, runs, coverage, &decided.ruling, context);
    record.approval.clone_from(&decided.approval);
    record.tokens = (!decided.tokens.is_empty()).then(|| decided.tokens.clone());
    record
}

/// Tells of a decision that is about to be recorded, or has just been.
fn tell(exchange: &Exchange<'_>, record: &DecisionRecord) {
    exchange.app.metrics.decided(record);
    exchange.app.telemetry.decided(exchange.trace.span.as_ref(), record);
    tracing::info!(
        decision = record.enforced.as_str(), decision.id = %record.id, event.id = %record.event_id, event.stage = record.stage.as_str(),
        exchange.id = %record.exchange_id, route.name = %record.route, guard.id = record.decided_by.as_deref().unwrap_or_default(), reason_code = %record.reason_code,
        approval.id = record.approval.as_ref().map(|approval| tracing::field::display(approval.id)),
        guard_set = %record.guard_set, duration_us = record.duration_us, "decided"
    );
}

fn keep(exchange: &Exchange<'_>, record: &DecisionRecord, ruling: &Ruling) -> Option<Kept> {
    let check = matches!(exchange.route().kind, RouteKind::Asked { asker: Asker::Check, .. });
    check.then(|| Kept { record: record.clone(), ruling: ruling.clone() })
}

fn unavailable(exchange: &Exchange<'_>, id: Uuid, error: &RecordError) -> Stop {
    exchange.app.metrics.audit_failed();
    tracing::error!(decision.id = %id, exchange.id = %exchange.id, %error, "decision not recorded, nothing released");
    let (kind, message) = if error.is_transient() {
        (RefusalKind::Unavailable, "the decision could not be recorded, so nothing was released; try again later")
    } else {
        (
            RefusalKind::GuardFailed,
            "the decision is beyond the limits of the audit log, so nothing was released; send less at once",
        )
    };
    let reason_code = reason::AUDIT_UNAVAILABLE.to_owned();
    let refusal = Refusal { kind, reason_code, message: message.to_owned(), details: Value::Null };
    Stop::Refused { refusal: Box::new(refusal), decision_id: None }
}

/// The content for the record, with all edits made, and with the tokens of values that were put back. Of what was refused only so much that it can be found again: the
/// text itself may be the very thing that must not be kept.
fn content(decided: &Decided, key: &[u8; 32]) -> Value {
    let refused = decided.ruling.refusal.is_some();
    // Where a guard's edit lies over such a value, its replacement stands there.
    let edits: Vec<Edit> = decided.ruling.edits.iter().chain(&decided.restored).cloned().collect();
    let edits = redact::merge(&edits);
    let parts = decided.event.parts.iter().enumerate();
    parts
        .map(|(n, part)| {
            if refused {
                let digest = digest::keyed("part", key, part.text.as_bytes());
                return json!({ "pointer": part.pointer, "digest": digest, "chars": part.text.chars().count() });
            }
            json!({ "pointer": part.pointer, "text": redact::apply(&part.text, n, &edits) })
        })
        .collect()
}
