//! What the console is given, and what it keeps.

use std::sync::Arc;

use parapet_domain::Timestamp;
use parapet_store::Store;

use crate::auth::AdminToken;
use crate::auth::attempts::Attempts;
use crate::auth::session::Sessions;
use crate::generate::Generation;
use crate::guard_view::{InForce, InForceSource};
use crate::health::StoreProbe;

/// Gives the metrics in the OpenMetrics text format.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// Tells how the audit queue stands.
pub type QueueGauge = Arc<dyn Fn() -> QueueState + Send + Sync>;

/// The audit queue at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct QueueState {
    /// Decisions that wait to be written.
    pub depth: u64,
    /// Whether decisions can be written at the moment.
    pub healthy: bool,
    /// Decisions lost since the start; above 0 only where a route says `audit = "best_effort"`.
    pub dropped: u64,
}

/// Handles that the console reads from.
#[derive(Clone)]
pub struct AdminState {
    /// The audit log.
    pub store: Store,
    /// Whose log and guards are shown.
    pub tenant: String,
    /// The guard set in force; see [`crate::InForce::source`].
    pub in_force: InForceSource,
    /// Text of `/metrics`.
    pub metrics: MetricsText,
    /// Whether `/metrics` is served without the token.
    pub metrics_open: bool,
    /// The audit queue.
    pub queue: QueueGauge,
    /// Makes guards from guard requests, where that is offered.
    pub generation: Option<Generation>,
    /// Who may look.
    pub token: AdminToken,
}

impl std::fmt::Debug for AdminState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminState")
            .field("tenant", &self.tenant)
            .field("metrics_open", &self.metrics_open)
            .finish_non_exhaustive()
    }
}

/// The state behind every handler.
pub(crate) struct Console {
    pub(crate) admin: AdminState,
    pub(crate) sessions: Sessions,
    pub(crate) attempts: Attempts,
    pub(crate) probe: StoreProbe,
}

impl Console {
    pub(crate) fn new(admin: AdminState) -> Self {
        let sessions = Sessions::new(*admin.token.session_key());
        Self { admin, sessions, attempts: Attempts::new(), probe: StoreProbe::default() }
    }

    /// What is in force now.
    pub(crate) fn in_force(&self) -> InForce {
        (self.admin.in_force)()
    }

    /// The present, in seconds since the epoch.
    pub(crate) fn now_s(&self) -> i64 {
        Timestamp::now().as_micros() / 1_000_000
    }
}
