//! A decision in its stored form: one field a column, JSON as text, text escaped. Made where the decision is made, so
//! that the one writer of the queue has nothing left to compute.

use std::collections::BTreeSet;

use parapet_domain::decision::DECISION_VERSION;
use parapet_domain::{ApprovalMark, ApprovalState, Decision, DecisionRecord, Outcome, Timestamp};
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::text::{escape, unescape};
use crate::{StoreError, limits};

/// Names of the columns, in the order of [`Row`]'s fields and of every INSERT.
pub(crate) const COLUMNS: &str = "version, id, event_id, exchange_id, sequence, at, tenant, route, agent, principal, roles, \
    session, trace_id, stage, surface, content_digest, coverage, runs, failures, folded, enforced, reason_code, message, \
    decided_by, guard_set, engine, duration_us, content, chain_sequence, chain_digest, chain_key_id, approval_id, approval_state, \
    approval_by, tokens";

/// A point in time as a column; each store encodes it in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At(pub(crate) Timestamp);

/// One row of `decisions`, with its rows of `decision_marks`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) version: String,
    pub(crate) id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) exchange_id: Uuid,
    pub(crate) sequence: i64,
    pub(crate) at: At,
    pub(crate) tenant: String,
    pub(crate) route: String,
    pub(crate) agent: String,
    pub(crate) principal: Option<String>,
    pub(crate) roles: String,
    pub(crate) session: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) stage: String,
    pub(crate) surface: String,
    pub(crate) content_digest: String,
    pub(crate) coverage: String,
    pub(crate) runs: String,
    pub(crate) failures: i32,
    pub(crate) folded: String,
    pub(crate) enforced: String,
    pub(crate) reason_code: String,
    pub(crate) message: String,
    pub(crate) decided_by: Option<String>,
    pub(crate) guard_set: String,
    pub(crate) engine: String,
    pub(crate) duration_us: i64,
    pub(crate) content: Option<String>,
    pub(crate) chain_sequence: Option<i64>,
    pub(crate) chain_digest: Option<String>,
    pub(crate) chain_key_id: Option<String>,
    pub(crate) approval_id: Option<Uuid>,
    pub(crate) approval_state: Option<String>,
    pub(crate) approval_by: Option<String>,
    pub(crate) tokens: Option<String>,
    #[sqlx(skip)]
    pub(crate) marks: BTreeSet<Mark>,
}

/// One question about guards that a decision answers; see the migration of `decision_marks`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) guard: String,
    pub(crate) outcome: &'static str,
}

impl Row {
    /// The stored form, checked against all limits.
    pub(crate) fn encode(record: &DecisionRecord) -> Result<Self, StoreError> {
        let failures = record.runs.iter().filter(|run| matches!(run.outcome, Outcome::Failure(_))).count();
        let row = Self {
            version: known_version(record.version.clone())?,
            id: record.id,
            event_id: record.event_id,
            exchange_id: record.exchange_id,
            sequence: i64::from(record.sequence),
            at: At(within_calendar(record.at)?),
            tenant: text(&record.tenant),
            route: text(&record.route),
            agent: text(&record.agent),
            principal: record.principal.as_deref().map(text),
            roles: json(&record.roles)?,
            session: record.session.as_deref().map(text),
            trace_id: record.trace_id.as_deref().map(text),
            stage: record.stage.as_str().to_owned(),
            surface: record.surface.as_str().to_owned(),
            content_digest: text(&record.content_digest),
            coverage: json(&record.coverage)?,
            runs: json(&record.runs)?,
            failures: i32::try_from(failures).map_err(|_| too_large("runs"))?,
            folded: record.folded.as_str().to_owned(),
            enforced: record.enforced.as_str().to_owned(),
            reason_code: text(&record.reason_code),
            message: text(&record.message),
            decided_by: record.decided_by.as_deref().map(text),
            guard_set: text(&record.guard_set),
            engine: json(&record.engine)?,
            duration_us: i64::try_from(record.duration_us).map_err(|_| too_large("duration_us"))?,
            content: record.content.as_ref().map(json).transpose()?,
            chain_sequence: record.chain_sequence,
            chain_digest: record.chain_digest.as_deref().map(text),
            chain_key_id: record.chain_key_id.as_deref().map(text),
            approval_id: record.approval.as_ref().map(|approval| approval.id),
            approval_state: record.approval.as_ref().map(|approval| approval.state.as_str().to_owned()),
            approval_by: record.approval.as_ref().and_then(|approval| approval.by.as_deref().map(text)),
            tokens: record.tokens.as_ref().map(json).transpose()?,
            marks: marks_of(record),
        };
        limits::check(&row)?;
        Ok(row)
    }

    /// The record of a stored row.
    pub(crate) fn decode(self) -> Result<DecisionRecord, StoreError> {
        let approval = self.approval()?;
        Ok(DecisionRecord {
            version: known_version(self.version)?,
            id: self.id,
            event_id: self.event_id,
            exchange_id: self.exchange_id,
            sequence: u32::try_from(self.sequence).map_err(|_| unreadable("sequence", &self.sequence))?,
            at: self.at.0,
            tenant: unescape(self.tenant),
            route: unescape(self.route),
            agent: unescape(self.agent),
            principal: self.principal.map(unescape),
            roles: parsed("roles", &self.roles)?,
            session: self.session.map(unescape),
            trace_id: self.trace_id.map(unescape),
            stage: word("stage", &self.stage)?,
            surface: word("surface", &self.surface)?,
            content_digest: unescape(self.content_digest),
            coverage: parsed("coverage", &self.coverage)?,
            runs: parsed("runs", &self.runs)?,
            folded: word("folded", &self.folded)?,
            enforced: word("enforced", &self.enforced)?,
            reason_code: unescape(self.reason_code),
            message: unescape(self.message),
            decided_by: self.decided_by.map(unescape),
            approval,
            tokens: self.tokens.map(|tokens| parsed("tokens", &tokens)).transpose()?,
            guard_set: unescape(self.guard_set),
            engine: parsed("engine", &self.engine)?,
            duration_us: u64::try_from(self.duration_us).map_err(|_| unreadable("duration_us", &self.duration_us))?,
            content: self.content.map(|content| parsed("content", &content)).transpose()?,
            chain_sequence: self.chain_sequence,
            chain_digest: self.chain_digest.map(unescape),
            chain_key_id: self.chain_key_id.map(unescape),
        })
    }

    /// The approval that the row uses up.
    pub(crate) fn uses_approval(&self) -> Option<Uuid> {
        self.approval_id.filter(|_| self.approval_state.as_deref() == Some(ApprovalState::Used.as_str()))
    }

    fn approval(&self) -> Result<Option<ApprovalMark>, StoreError> {
        let (Some(id), Some(state)) = (self.approval_id, &self.approval_state) else { return Ok(None) };
        let by = self.approval_by.clone().map(unescape);
        Ok(Some(ApprovalMark { id, state: word("approval_state", state)?, by }))
    }

    /// About how many bytes the row takes, in memory and on the wire.
    pub(crate) fn bytes(&self) -> usize {
        let long = [
            &self.roles,
            &self.coverage,
            &self.runs,
            &self.engine,
            &self.message,
            &self.guard_set,
            &self.content_digest,
        ];
        let optional = [&self.principal, &self.session, &self.content, &self.tokens, &self.chain_digest];
        let marks: usize = self.marks.iter().map(|mark| mark.guard.len() + self.tenant.len() + 48).sum();
        size_of::<Self>()
            + long.iter().map(|s| s.len()).sum::<usize>()
            + optional.iter().map(|s| s.as_ref().map_or(0, String::len)).sum::<usize>()
            + marks
    }
}

/// What the decision can be found by: each guard that ran, and each outcome that is worth finding.
fn marks_of(record: &DecisionRecord) -> BTreeSet<Mark> {
    let mut marks = BTreeSet::new();
    for run in &record.runs {
        let guard = text(&run.guard);
        let outcome = match &run.outcome {
            Outcome::Verdict(verdict) => verdict.decision.as_str(),
            Outcome::Failure(failure) => failure.kind.as_str(),
        };
        if outcome != Decision::Allow.as_str() {
            marks.insert(Mark { guard: guard.clone(), outcome });
            marks.insert(Mark { guard: String::new(), outcome });
        }
        marks.insert(Mark { guard, outcome: "" });
    }
    marks
}

pub(crate) fn text(text: &str) -> String {
    escape(text).into_owned()
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Rejected(e.to_string()))
}

fn too_large(field: &str) -> StoreError {
    StoreError::Rejected(format!("`{field}` is too large"))
}

fn known_version(version: String) -> Result<String, StoreError> {
    if version == DECISION_VERSION {
        return Ok(version);
    }
    Err(StoreError::Unreadable(format!(
        "its version is `{version}`, but this version of parapet reads `{DECISION_VERSION}`; use a newer parapet"
    )))
}

/// Years 1 to 9999: what RFC 3339 can write and both databases can order.
pub(crate) fn within_calendar(at: Timestamp) -> Result<Timestamp, StoreError> {
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;
    if RANGE.contains(&at.as_micros()) {
        Ok(at)
    } else {
        Err(StoreError::Rejected("a time lies outside of the years 1 to 9999".to_owned()))
    }
}

fn unreadable(field: &str, value: &impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(format!("`{value}` is no `{field}` that this version of parapet knows"))
}

pub(crate) fn parsed<T: DeserializeOwned>(field: &str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|e| StoreError::Unreadable(format!("column `{field}`: {e}")))
}

pub(crate) fn word<'a, T: Deserialize<'a>>(field: &str, word: &'a str) -> Result<T, StoreError> {
    let deserializer: StrDeserializer<'a, WordError> = word.into_deserializer();
    T::deserialize(deserializer).map_err(|_| unreadable(field, &word))
}
