//! `POST /v1/write`: long documents. Who writes them is behind the trait [`Documents`], as models are not the gateway's; that
//! every piece is judged, recorded and only then released is its own, by [`Passages`].

mod answer;
mod desks;
mod http;
mod passages;
mod telling;

use async_trait::async_trait;
use parapet_domain::{Refusal, RefusalKind};
use parapet_surfaces::Fault;
use parapet_surfaces::write::WriteRequest;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use desks::Desks;
pub(crate) use http::serve;
pub use passages::{Passages, Passed};

/// Writes documents. What it gives back has passed [`Passages`], piece by piece.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Writes a document, or the rest of one that was begun. The object has all that is told of it.
    ///
    /// # Errors
    /// There is no document.
    async fn write(&self, asked: WriteRequest, writing: Writing<'_>) -> Result<Value, DocumentError>;

    /// What is there of a document, without asking a model. `state` is `finished` or `unfinished`.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    async fn show(&self, passages: Arc<Passages>) -> Result<Value, DocumentError>;
}

/// What goes with one run of a document.
pub struct Writing<'w> {
    /// The guards.
    pub passages: Arc<Passages>,
    /// Told of each step. No text that the guards have not let pass may be in it.
    pub tell: &'w (dyn Fn(Value) + Send + Sync),
    /// Cancelled when the run is to end.
    pub stop: CancellationToken,
}

/// Why there is no document.
#[derive(Debug)]
pub enum DocumentError {
    /// The guards, or for want of a record.
    Withheld(Box<Withheld>),
    /// Something else.
    Failed {
        /// The row of the table of statuses.
        fault: Fault,
        /// For the caller: what is wrong and what to do.
        message: String,
        /// Whether the same request can succeed later and goes on where this one ended.
        resumable: bool,
    },
}

/// A piece that does not leave.
#[derive(Debug, Clone, PartialEq)]
pub struct Withheld {
    /// Why.
    pub refusal: Refusal,
    /// The decision, if it is recorded.
    pub decision: Option<Uuid>,
    /// The approval that it waits for.
    pub approval: Option<Uuid>,
}

impl Withheld {
    /// Whether it stays so for this text: a guard or a person said no, or a guard fails on it. Otherwise it can pass later.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let lasting = matches!(self.refusal.kind, RefusalKind::Blocked | RefusalKind::GuardFailed);
        // What no guard matches is no fault of the text.
        lasting && self.decision.is_some() && self.refusal.reason_code != parapet_domain::reason::NO_GUARD_MATCHED
    }

    /// Whether a person is to decide.
    #[must_use]
    pub fn waits_for_person(&self) -> bool {
        self.refusal.kind == RefusalKind::ApprovalRequired
    }
}

impl DocumentError {
    /// Whether the same request can succeed later and goes on where this one ended.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        match self {
            Self::Withheld(withheld) => {
                matches!(withheld.refusal.kind, RefusalKind::Unavailable | RefusalKind::ApprovalRequired)
            }
            Self::Failed { resumable, .. } => *resumable,
        }
    }

    pub(crate) const fn end(&self) -> &'static str {
        match self {
            Self::Withheld(_) => "withheld",
            Self::Failed { .. } => "failed",
        }
    }
}
