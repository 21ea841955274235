//! What can be asked of the log: a filter, and pages by the key of the last row seen. A page costs the same whatever
//! the size of the log, and rows that arrive meanwhile neither shift nor repeat it.

use std::borrow::Cow;

use parapet_domain::{Decision, DecisionRecord, FailureKind, Stage, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{StoreError, text};

/// Which decisions. All given fields have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Whose log. The only field that is not optional.
    pub tenant: String,
    /// Earliest time, inclusive.
    pub from: Option<Timestamp>,
    /// Latest time, exclusive.
    pub to: Option<Timestamp>,
    /// What was enforced.
    pub decision: Option<Decision>,
    /// A guard that ran, whatever its verdict. With `failure`, the guard that failed so.
    pub guard: Option<String>,
    /// A guard run that failed in this way, in any mode.
    pub failure: Option<FailureKind>,
    /// Agent.
    pub agent: Option<String>,
    /// Id of the user.
    pub principal: Option<String>,
    /// Conversation.
    pub session: Option<String>,
    /// Side of the agent.
    pub stage: Option<Stage>,
    /// Reason code of the decision.
    pub reason_code: Option<String>,
    /// Exchange.
    pub exchange_id: Option<Uuid>,
}

impl DecisionFilter {
    /// All decisions of a tenant.
    #[must_use]
    pub fn of(tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), ..Self::default() }
    }

    /// The guard and outcome to look up in `decision_marks`, if the filter needs them.
    pub(crate) fn mark(&self) -> Option<(Cow<'_, str>, &'static str)> {
        let outcome = self.failure.map_or("", FailureKind::as_str);
        match &self.guard {
            Some(guard) => Some((text::escape(guard), outcome)),
            None if outcome.is_empty() => None,
            None => Some((Cow::Borrowed(""), outcome)),
        }
    }
}

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Most rows, 1 to [`PageRequest::MAX_LIMIT`].
    pub limit: u32,
    /// The last row of the page before.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// Most rows in one page.
    pub const MAX_LIMIT: u32 = 1_000;

    /// The first page.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { limit, after: None }
    }

    /// One row more than the page, to learn whether another page follows.
    pub(crate) fn fetch(&self) -> Result<i64, StoreError> {
        if (1..=Self::MAX_LIMIT).contains(&self.limit) {
            return Ok(i64::from(self.limit) + 1);
        }
        Err(StoreError::Query(format!("`limit` is {}, but has to be between 1 and {}", self.limit, Self::MAX_LIMIT)))
    }

    /// Cuts the extra row off.
    pub(crate) fn page(&self, mut records: Vec<DecisionRecord>) -> DecisionPage {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = records.len() > limit;
        records.truncate(limit);
        let next = records.last().filter(|_| more).map(|last| Cursor { at: last.at, id: last.id });
        DecisionPage { records, next }
    }
}

/// A page of decisions, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionPage {
    /// The decisions.
    pub records: Vec<DecisionRecord>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
}

/// A place in the log, between two rows. Its text form is `MICROSECONDS.UUID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Time of the row before.
    pub at: Timestamp,
    /// Id of the row before.
    pub id: Uuid,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.as_micros(), self.id.simple())
    }
}

impl std::str::FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        text.split_once('.')
            .and_then(|(at, id)| {
                Some(Self { at: Timestamp::from_micros(at.parse().ok()?), id: Uuid::try_parse(id).ok()? })
            })
            .ok_or_else(|| {
                StoreError::Query(format!("`{text}` is no place in the log; give the `next` of the page before"))
            })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
