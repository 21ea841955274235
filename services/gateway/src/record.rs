//! Has every decision written down, and gives the receipts. Without one nothing is released.

use futures_util::future::join_all;
use parapet_domain::decision::{DecisionRecord, RecordContext};
use parapet_domain::fold::Ruling;
use parapet_domain::{Folded, Refusal, RefusalKind, digest, reason, redact};
use parapet_store::{RecordError, Recorded};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::RouteKind;
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

/// Records all decisions of a body, refusals too. All of them are sent before any is waited for, so that they share a batch.
pub(crate) async fn record(exchange: &mut Exchange<'_>, decided: Vec<Decided>) -> Result<Vec<Receipted>, Stop> {
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

async fn one(exchange: &Exchange<'_>, decided: Decided) -> Result<(parapet_domain::Decision, Receipted), Stop> {
    let id = Uuid::now_v7();
    let enforced = decided.ruling.enforced;
    let context = RecordContext {
        id,
        digest_key: exchange.app.digest_key,
        guard_set: exchange.set.hash.clone(),
        engine: exchange.app.engine.clone(),
        trace_id: Some(exchange.trace.id.clone()),
        duration_us: decided.duration_us,
        content: exchange.route().store_content.then(|| content(&decided, &exchange.app.digest_key)),
    };
    let record = DecisionRecord::new(&decided.event, decided.runs, decided.coverage, &decided.ruling, context);
    exchange.app.metrics.decided(&record);
    tracing::info!(
        decision = enforced.as_str(), decision.id = %id, event.id = %record.event_id, event.stage = record.stage.as_str(),
        exchange.id = %record.exchange_id, route.name = %record.route, guard.id = record.decided_by.as_deref().unwrap_or_default(), reason_code = %record.reason_code,
        guard_set = %record.guard_set, duration_us = record.duration_us, "decided"
    );
    let check = matches!(exchange.route().kind, RouteKind::Check { .. });
    let kept = check.then(|| Kept { record: record.clone(), ruling: decided.ruling });
    let recorded = exchange.app.recorder.record(record, exchange.route().audit).await;
    let recorded = recorded.map_err(|error| unavailable(exchange, id, &error))?;
    Ok((enforced, Receipted { folded: decided.folded, recorded, id, kept }))
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

/// The content for the record, with all edits made. Of what was refused only so much that it can be found again: the
/// text itself may be the very thing that must not be kept.
fn content(decided: &Decided, key: &[u8; 32]) -> Value {
    let refused = decided.ruling.refusal.is_some();
    let parts = decided.event.parts.iter().enumerate();
    parts
        .map(|(n, part)| {
            if refused {
                let digest = digest::keyed("part", key, part.text.as_bytes());
                return json!({ "pointer": part.pointer, "digest": digest, "chars": part.text.chars().count() });
            }
            json!({ "pointer": part.pointer, "text": redact::apply(&part.text, n, &decided.ruling.edits) })
        })
        .collect()
}
