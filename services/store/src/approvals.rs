//! Approvals: calls that wait for a person, and what the person said. Every step is a compare-and-set in the database, so that
//! however many processes and retries there are, a call is asked about once and let through once. What a call is and when
//! two are the same is `parapet_domain::approval`'s business.

use parapet_domain::approval::{Asker, Question};
use parapet_domain::{ApprovalState, Approved, Stage, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::row::{text as stored, within_calendar};
use crate::store::on;
use crate::{Store, StoreError, text};

mod limits;
mod row;

pub(crate) use row::{APPROVAL_COLUMNS, ApprovalRow, StepRow};

/// Who takes the steps that no person takes.
pub(crate) const PARAPET: &str = "parapet";

/// A call to be approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Whose.
    pub tenant: String,
    /// UUIDv7.
    pub id: Uuid,
    /// Keyed digest over all that the approval is bound to.
    #[serde(skip)]
    pub binding: String,
    /// When it was asked.
    pub created_at: Timestamp,
    /// After this an answer, and a question without one, count no more.
    pub expires_at: Timestamp,
    /// The exchange in which it was asked.
    pub exchange_id: Uuid,
    /// Route in the configuration.
    pub route: String,
    /// Agent in the configuration.
    pub agent: String,
    /// On whose behalf.
    pub principal: Option<Asker>,
    /// The conversation, where the approval is bound to it.
    pub session: Option<String>,
    /// Side of the agent.
    pub stage: Stage,
    /// The tool, if the event is about one.
    pub tool: Option<String>,
    /// Keyed digest over the canonical content.
    pub call_digest: String,
    /// What is asked, by which guards.
    pub questions: Vec<Question>,
    /// Hash of the guard set in force.
    pub guard_set: String,
    /// The content as the person sees it; `None` where the route keeps none.
    #[serde(deserialize_with = "parapet_domain::json::deserialize_optional")]
    pub content: Option<Value>,
}

/// An approval as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRecord {
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
    /// Where it stands at the time of the question: what is overdue is told as expired.
    pub state: ApprovalState,
    /// Who answered.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why, in their own words.
    pub note: String,
    /// The decision that used it up.
    pub used_by: Option<Uuid>,
}

/// One step of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalStep {
    /// What it became.
    pub state: ApprovalState,
    /// When.
    pub at: Timestamp,
    /// Who did it: a person as told, or `parapet`.
    pub by: String,
    /// Why, in their own words.
    pub note: String,
}

/// What [`Store::ask`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// The question stands, under this id.
    Pending(Uuid),
    /// A person said yes.
    Approved(Approved),
    /// A person said no.
    Denied(Box<ApprovalRecord>),
    /// As many questions as allowed wait already; nothing was asked.
    Full,
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no.
    pub approve: bool,
    /// Who answers.
    pub by: String,
    /// Why.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// What became of an [`Answer`].
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// It counts.
    Taken(Box<ApprovalRecord>),
    /// The question is not open any more; the record says why.
    TooLate(Box<ApprovalRecord>),
    /// There is no such approval.
    Unknown,
}

/// Which approvals to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// Whose.
    pub tenant: String,
    /// Only those in this state.
    pub state: Option<ApprovalState>,
}

/// A page of approvals, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalPage {
    /// The approvals.
    pub approvals: Vec<ApprovalRecord>,
    /// The last id of this page, when another page follows.
    pub next: Option<Uuid>,
}

impl Store {
    /// Most approvals in one page.
    pub const MAX_APPROVALS: u32 = 200;
    /// Longest `by` of an answer, in bytes.
    pub const MAX_BY_BYTES: usize = limits::BY_BYTES;
    /// Longest `note` of an answer, in bytes.
    pub const MAX_NOTE_BYTES: usize = limits::NOTE_BYTES;

    /// Finds the answer to `ask`, or the question that waits already, or asks it, unless the user has `max_pending` questions
    /// waiting on this route. What is overdue at `ask.created_at` expires on the way.
    ///
    /// # Errors
    /// A field is beyond the limits, or the store is not available.
    pub async fn ask(&self, ask: &Ask, max_pending: u32) -> Result<Asked, StoreError> {
        let row = ApprovalRow::encode(ask)?;
        let found = on!(self, store => store.ask(&row, i64::from(max_pending)).await?);
        let Some(found) = found else { return Ok(Asked::Full) };
        let record = found.decode(ask.created_at)?;
        Ok(match (record.state, record.decided_by.clone()) {
            (ApprovalState::Approved, Some(by)) => {
                Asked::Approved(Approved::found_by_store(record.ask.id, by, record.ask.questions))
            }
            (ApprovalState::Denied, _) => Asked::Denied(Box::new(record)),
            _ => Asked::Pending(record.ask.id),
        })
    }

    /// Takes a person's answer, if the question is open: one of several wins.
    ///
    /// # Errors
    /// `by` is empty, a field is too long, or the store is not available.
    pub async fn answer_approval(&self, tenant: &str, id: Uuid, answer: &Answer) -> Result<Answered, StoreError> {
        limits::check_answer(answer)?;
        let answer = Answer {
            by: stored(answer.by.trim()),
            note: stored(&answer.note),
            at: within_calendar(answer.at)?,
            ..answer.clone()
        };
        let found = on!(self, store => store.answer_approval(&text::escape(tenant), id, &answer).await?);
        let Some((taken, row)) = found else { return Ok(Answered::Unknown) };
        let record = Box::new(row.decode(answer.at)?);
        Ok(if taken { Answered::Taken(record) } else { Answered::TooLate(record) })
    }

    /// One approval as it stands at `now`.
    ///
    /// # Errors
    /// The store is not available, or the row is of another version.
    pub async fn approval(&self, tenant: &str, id: Uuid, now: Timestamp) -> Result<Option<ApprovalRecord>, StoreError> {
        let row = on!(self, store => store.approval(&text::escape(tenant), id).await?);
        row.map(|row| row.decode(now)).transpose()
    }

    /// The steps of an approval, in their order.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn approval_steps(&self, tenant: &str, id: Uuid) -> Result<Vec<ApprovalStep>, StoreError> {
        let rows = on!(self, store => store.approval_steps(&text::escape(tenant), id).await?);
        rows.into_iter().map(StepRow::decode).collect()
    }

    /// A page of approvals as they stand at `now`, newest first; `after` is the last id of the page before.
    ///
    /// # Errors
    /// `limit` is not between 1 and [`Store::MAX_APPROVALS`], the store is not available, or a row is of another version.
    pub async fn approvals(
        &self,
        filter: &ApprovalFilter,
        now: Timestamp,
        limit: u32,
        after: Option<Uuid>,
    ) -> Result<ApprovalPage, StoreError> {
        if !(1..=Self::MAX_APPROVALS).contains(&limit) {
            let max = Self::MAX_APPROVALS;
            return Err(StoreError::Query(format!("`limit` is {limit}, but has to be between 1 and {max}")));
        }
        let tenant = text::escape(&filter.tenant);
        // One row more, to learn whether another page follows.
        let fetch = i64::from(limit) + 1;
        let rows = on!(self, store => store.approvals(&tenant, filter.state, now, fetch, after).await?);
        let mut approvals = rows.into_iter().map(|row| row.decode(now)).collect::<Result<Vec<_>, _>>()?;
        let more = approvals.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            approvals.pop();
        }
        let next = approvals.last().filter(|_| more).map(|last| last.ask.id);
        Ok(ApprovalPage { approvals, next })
    }

    /// Notes what is overdue at `now` as expired. Returns how many. Nothing waits for this: what is overdue counts as expired
    /// from its time on, noted or not.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn expire_approvals(&self, tenant: &str, now: Timestamp) -> Result<u64, StoreError> {
        on!(self, store => store.expire_approvals(&text::escape(tenant), now).await)
    }
}
