//! An approval in its stored form: one field a column, JSON as text, text escaped.

use parapet_domain::approval::{APPROVAL_VERSION, Asker};
use parapet_domain::{ApprovalState, Timestamp};
use uuid::Uuid;

use super::{ApprovalRecord, ApprovalStep, Ask, limits};
use crate::StoreError;
use crate::row::{At, json, parsed, text, within_calendar, word};
use crate::text::unescape;

/// Names of the columns, in the order of every INSERT.
pub(crate) const APPROVAL_COLUMNS: &str = "version, tenant, id, binding, created_at, expires_at, exchange_id, route, agent, \
    principal, principal_by, session, stage, tool, call_digest, questions, guard_set, content, state, decided_by, decided_at, \
    note, used_by";

/// One row of `approvals`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct ApprovalRow {
    pub(crate) version: String,
    pub(crate) tenant: String,
    pub(crate) id: Uuid,
    pub(crate) binding: String,
    pub(crate) created_at: At,
    pub(crate) expires_at: At,
    pub(crate) exchange_id: Uuid,
    pub(crate) route: String,
    pub(crate) agent: String,
    pub(crate) principal: Option<String>,
    pub(crate) principal_by: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) stage: String,
    pub(crate) tool: Option<String>,
    pub(crate) call_digest: String,
    pub(crate) questions: String,
    pub(crate) guard_set: String,
    pub(crate) content: Option<String>,
    pub(crate) state: String,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<At>,
    pub(crate) note: String,
    pub(crate) used_by: Option<Uuid>,
}

/// One row of `approval_events`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct StepRow {
    state: String,
    at: At,
    by: String,
    note: String,
}

impl ApprovalRow {
    /// The stored form of a new question, checked against all limits.
    pub(crate) fn encode(ask: &Ask) -> Result<Self, StoreError> {
        let principal = ask.principal.as_ref();
        let row = Self {
            version: APPROVAL_VERSION.to_owned(),
            tenant: text(&ask.tenant),
            id: ask.id,
            binding: text(&ask.binding),
            created_at: At(within_calendar(ask.created_at)?),
            expires_at: At(within_calendar(ask.expires_at)?),
            exchange_id: ask.exchange_id,
            route: text(&ask.route),
            agent: text(&ask.agent),
            principal: principal.map(|asker| text(&asker.id)),
            principal_by: principal.map(|asker| json(&asker.authenticated_by)).transpose()?,
            session: ask.session.as_deref().map(text),
            stage: ask.stage.as_str().to_owned(),
            tool: ask.tool.as_deref().map(text),
            call_digest: text(&ask.call_digest),
            questions: json(&ask.questions)?,
            guard_set: text(&ask.guard_set),
            content: ask.content.as_ref().map(json).transpose()?,
            state: ApprovalState::Pending.as_str().to_owned(),
            decided_by: None,
            decided_at: None,
            note: String::new(),
            used_by: None,
        };
        limits::check(&row)?;
        Ok(row)
    }

    /// The record of a stored row, as it stands at `now`.
    pub(crate) fn decode(self, now: Timestamp) -> Result<ApprovalRecord, StoreError> {
        if self.version != APPROVAL_VERSION {
            return Err(StoreError::Unreadable(format!(
                "its version is `{}`, but this version of parapet reads `{APPROVAL_VERSION}`; use a newer parapet",
                self.version
            )));
        }
        let state = self.state_at(now)?;
        let asker = |(id, by): (String, String)| {
            Ok::<_, StoreError>(Asker { id: unescape(id), authenticated_by: parsed("principal_by", &by)? })
        };
        let ask = Ask {
            tenant: unescape(self.tenant),
            id: self.id,
            binding: unescape(self.binding),
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            exchange_id: self.exchange_id,
            route: unescape(self.route),
            agent: unescape(self.agent),
            principal: self.principal.zip(self.principal_by).map(asker).transpose()?,
            session: self.session.map(unescape),
            stage: word("stage", &self.stage)?,
            tool: self.tool.map(unescape),
            call_digest: unescape(self.call_digest),
            questions: parsed("questions", &self.questions)?,
            guard_set: unescape(self.guard_set),
            content: self.content.map(|content| parsed("content", &content)).transpose()?,
        };
        Ok(ApprovalRecord {
            ask,
            state,
            decided_by: self.decided_by.map(unescape),
            decided_at: self.decided_at.map(|at| at.0),
            note: unescape(self.note),
            used_by: self.used_by,
        })
    }

    fn state_at(&self, now: Timestamp) -> Result<ApprovalState, StoreError> {
        let state = word("state", &self.state)?;
        let open = matches!(state, ApprovalState::Pending | ApprovalState::Approved);
        Ok(if open && self.expires_at.0 <= now { ApprovalState::Expired } else { state })
    }
}

impl StepRow {
    /// The step of a stored row.
    pub(crate) fn decode(self) -> Result<ApprovalStep, StoreError> {
        let state = word("state", &self.state)?;
        Ok(ApprovalStep { state, at: self.at.0, by: unescape(self.by), note: unescape(self.note) })
    }
}
