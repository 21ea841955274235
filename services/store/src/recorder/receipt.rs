//! The receipt, and why there is none.

use serde::Deserialize;
use uuid::Uuid;

use crate::StoreError;

/// What a route demands of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditMode {
    /// Nothing is released without a durable row.
    #[default]
    Required,
    /// The row is queued; a lost one is counted and logged.
    BestEffort,
}

/// Proof that a decision went through the recorder. Only [`crate::Recorder::record`] makes one.
#[derive(Debug)]
pub struct Recorded {
    decision_id: Uuid,
    receipt: Receipt,
    approval: Option<Uuid>,
}

/// How far the row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// On disk. Always so in the mode `required`.
    Durable,
    /// In the queue.
    Queued,
    /// Lost: the queue was full or closed. Only in the mode `best_effort`.
    Dropped,
}

impl Recorded {
    pub(super) const fn new(decision_id: Uuid, receipt: Receipt, approval: Option<Uuid>) -> Self {
        Self { decision_id, receipt, approval }
    }

    /// The approval that was used up by the same commit.
    #[must_use]
    pub const fn approval(&self) -> Option<Uuid> {
        self.approval
    }

    /// The decision that was recorded.
    #[must_use]
    pub const fn decision_id(&self) -> Uuid {
        self.decision_id
    }

    /// How far its row has come.
    #[must_use]
    pub const fn receipt(&self) -> Receipt {
        self.receipt
    }
}

/// Why there is no receipt. Nothing may be released.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No durable row in time. Trying again later can help.
    #[error("the decision could not be recorded in time: {0}")]
    Unavailable(String),
    /// The queue stayed full until the deadline. Trying again later can help.
    #[error("the decision could not be recorded in time: {0} decisions are waiting to be written")]
    Full(usize),
    /// The record is beyond the limits of the store. Trying again does not help.
    #[error(transparent)]
    Refused(#[from] StoreError),
}

impl RecordError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether an approval that the record was to use is spent: the question has to be asked again.
    #[must_use]
    pub const fn is_spent_approval(&self) -> bool {
        matches!(self, Self::Refused(StoreError::ApprovalSpent { .. }))
    }
}
