//! The audit row: `decision/1`. What was decided on one event, by which code, and what was not seen.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::fold::{Coverage, Ruling};
use crate::{ApprovalMark, ApprovalState, Decision, Event, GuardRun, Stage, Surface, Timestamp, TokenCounts};

/// Version word of the record; a reader refuses what it does not know.
pub const DECISION_VERSION: &str = "decision/1";

/// One decision as stored and as shown to auditors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Always [`DECISION_VERSION`].
    pub version: String,
    /// UUIDv7 of the decision.
    pub id: Uuid,
    /// The event that was judged.
    pub event_id: Uuid,
    /// The exchange that it belongs to.
    pub exchange_id: Uuid,
    /// Position of the event within the exchange.
    pub sequence: u32,
    /// When the event was taken. Also the partition key, fixed before the first attempt to write.
    pub at: Timestamp,
    /// Who runs the agent.
    pub tenant: String,
    /// Route in the configuration.
    pub route: String,
    /// Agent in the configuration.
    pub agent: String,
    /// Id of the authenticated user.
    pub principal: Option<String>,
    /// The user's roles.
    pub roles: Vec<String>,
    /// Conversation.
    pub session: Option<String>,
    /// W3C trace id, 32 hex digits.
    pub trace_id: Option<String>,
    /// Side of the agent.
    pub stage: Stage,
    /// Protocol.
    pub surface: Surface,
    /// Keyed digest over the parts' exact text.
    pub content_digest: String,
    /// What was judged and what was not.
    pub coverage: Coverage,
    /// Each guard's run, in the set's order.
    pub runs: Vec<GuardRun>,
    /// Most severe of all guards, shadow mode included.
    pub folded: Decision,
    /// What was enforced.
    pub enforced: Decision,
    /// Reason code of the refusal, redaction or question; empty for `allow`.
    pub reason_code: String,
    /// Its message.
    pub message: String,
    /// Guard that decided, if one did.
    pub decided_by: Option<String>,
    /// The approval that was asked for, or that was used or refused; what is recorded as `used` is used up by the record.
    #[serde(default)]
    pub approval: Option<ApprovalMark>,
    /// How many tokens stand in what was released of a request, or were values again in what was judged of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenCounts>,
    /// Hash of the guard set in force.
    pub guard_set: String,
    /// What ran it.
    pub engine: Engine,
    /// Time from the first byte judged to the decision, in microseconds.
    pub duration_us: u64,
    /// The content after redaction, only where the route stores it.
    #[serde(default, deserialize_with = "crate::json::deserialize_optional")]
    pub content: Option<Value>,
    /// Position in the tenant's hash chain.
    pub chain_sequence: Option<i64>,
    /// Digest of this record in the chain.
    pub chain_digest: Option<String>,
    /// Key that signed it.
    pub chain_key_id: Option<String>,
}

/// Versions that together with the guard set promise the same verdict on a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Version of Parapet.
    pub parapet: String,
    /// Version of the toolbox.
    pub toolbox: String,
    /// SHA-256 of the Rhai guest.
    pub rhai_guest: String,
}

/// What a record needs besides the event and the ruling.
#[derive(Debug, Clone)]
pub struct RecordContext {
    /// UUIDv7 for the decision.
    pub id: Uuid,
    /// Key for [`DecisionRecord::content_digest`].
    pub digest_key: [u8; 32],
    /// Hash of the guard set.
    pub guard_set: String,
    /// What ran it.
    pub engine: Engine,
    /// W3C trace id.
    pub trace_id: Option<String>,
    /// Time spent, in microseconds.
    pub duration_us: u64,
    /// The content after redaction, where the route stores it.
    pub content: Option<Value>,
}

impl DecisionRecord {
    /// The approval that this record uses up.
    #[must_use]
    pub fn uses_approval(&self) -> Option<Uuid> {
        self.approval.as_ref().filter(|approval| approval.state == ApprovalState::Used).map(|approval| approval.id)
    }

    /// Puts the record together.
    #[must_use]
    pub fn new(
        event: &Event,
        runs: Vec<GuardRun>,
        coverage: Coverage,
        ruling: &Ruling,
        context: RecordContext,
    ) -> Self {
        let (reason_code, message) = reason_of(ruling, &runs);
        Self {
            version: DECISION_VERSION.to_owned(),
            id: context.id,
            event_id: event.id,
            exchange_id: event.exchange_id,
            sequence: event.sequence,
            at: event.at,
            tenant: event.tenant.clone(),
            route: event.route.clone(),
            agent: event.agent.clone(),
            principal: event.principal.as_ref().map(|p| p.id.clone()),
            roles: event.principal.as_ref().map(|p| p.roles.clone()).unwrap_or_default(),
            session: event.session.clone(),
            trace_id: context.trace_id,
            stage: event.stage,
            surface: event.surface,
            content_digest: content_digest(event, &context.digest_key),
            coverage,
            runs,
            folded: ruling.folded,
            enforced: ruling.enforced,
            reason_code,
            message,
            decided_by: ruling.decided_by.clone(),
            approval: None,
            tokens: None,
            guard_set: context.guard_set,
            engine: context.engine,
            duration_us: context.duration_us,
            content: context.content,
            chain_sequence: None,
            chain_digest: None,
            chain_key_id: None,
        }
    }
}

/// Reason of the refusal, else of the redaction that decided.
fn reason_of(ruling: &Ruling, runs: &[GuardRun]) -> (String, String) {
    if let Some(refusal) = &ruling.refusal {
        return (refusal.reason_code.clone(), refusal.message.clone());
    }
    let decider = runs.iter().find(|run| Some(&run.guard) == ruling.decided_by.as_ref());
    match decider.map(|run| &run.outcome) {
        Some(crate::Outcome::Verdict(verdict)) => (verdict.reason_code.clone(), verdict.message.clone()),
        _ => (String::new(), String::new()),
    }
}

fn content_digest(event: &Event, key: &[u8; 32]) -> String {
    let mut bytes = Vec::new();
    for part in &event.parts {
        for field in [&part.pointer, &part.text] {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
    }
    crate::digest::keyed("content", key, &bytes)
}
