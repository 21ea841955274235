//! What is remembered of sessions: in memory for one node, in the database for many. Deltas are only ever added, so what two
//! replicas write at the same time is counted twice rather than lost.

mod memory;

use std::sync::Arc;
use std::time::Duration;

use parapet_domain::Timestamp;
use parapet_domain::session::{Delta, SessionKey};
use uuid::Uuid;

use crate::row::within_calendar;
use crate::store::on;
use crate::{Store, StoreError, limits, text};
use memory::MemorySessions;

/// Word of the stored deltas' format.
pub(crate) const SESSION_VERSION: &str = "session/1";

/// How much is remembered, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Time after the last event for which a session is remembered.
    pub ttl: Duration,
    /// Most bytes of content of one session; the oldest content is given up, what is counted stays.
    pub session_bytes: usize,
    /// In memory: most sessions.
    pub sessions: usize,
    /// In memory: most sessions of one principal, agent and route.
    pub sessions_per_owner: usize,
    /// In memory: most bytes of all sessions together.
    pub bytes: usize,
}

impl SessionLimits {
    /// Most deltas of one session that are read, the newest.
    pub const MAX_DELTAS: usize = 4_096;
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(86_400),
            session_bytes: 256 << 10,
            sessions: 10_000,
            sessions_per_owner: 1_000,
            bytes: 64 << 20,
        }
    }
}

/// Where sessions are remembered. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SessionStore {
    kind: Kind,
    limits: SessionLimits,
}

#[derive(Debug, Clone)]
enum Kind {
    Memory(Arc<MemorySessions>),
    Database(Store),
}

impl SessionStore {
    /// In the memory of this process.
    #[must_use]
    pub fn in_memory(limits: SessionLimits) -> Self {
        Self { kind: Kind::Memory(Arc::new(MemorySessions::new(limits))), limits }
    }

    /// In the database, for all that share it.
    #[must_use]
    pub const fn in_database(store: Store, limits: SessionLimits) -> Self {
        Self { kind: Kind::Database(store), limits }
    }

    /// All deltas of a session that are remembered, oldest first.
    ///
    /// # Errors
    /// The store is not available, or a row is of another version.
    pub async fn load(&self, tenant: &str, key: &SessionKey, now: Timestamp) -> Result<Vec<Arc<Delta>>, StoreError> {
        match &self.kind {
            Kind::Memory(sessions) => Ok(sessions.load(key, now)),
            Kind::Database(store) => {
                let mut newest_first = store.session_deltas(tenant, key.as_str(), self.since(now)).await?;
                cut_oldest(&mut newest_first, self.limits.session_bytes);
                Ok(newest_first.into_iter().rev().map(Arc::new).collect())
            }
        }
    }

    /// Adds to a session. When this returns, the next one to load it sees it.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn append(&self, tenant: &str, key: &SessionKey, now: Timestamp, delta: Delta) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Memory(sessions) => {
                sessions.append(key, now, delta);
                Ok(())
            }
            Kind::Database(store) => {
                store.append_session_delta(tenant, key.as_str(), now, &delta, self.since(now)).await
            }
        }
    }

    fn since(&self, now: Timestamp) -> Timestamp {
        let ttl = i64::try_from(self.limits.ttl.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(now.as_micros().saturating_sub(ttl))
    }
}

/// Gives up the content of the oldest deltas, so that all of it together is within `room`.
fn cut_oldest(newest_first: &mut [Delta], room: usize) {
    let mut bytes = 0;
    for delta in newest_first {
        bytes += delta.bytes();
        if bytes > room {
            delta.cut();
        }
    }
}

impl Store {
    /// The deltas of a session since `since`, newest first.
    pub(crate) async fn session_deltas(
        &self,
        tenant: &str,
        key: &str,
        since: Timestamp,
    ) -> Result<Vec<Delta>, StoreError> {
        let most = i64::try_from(SessionLimits::MAX_DELTAS).unwrap_or(i64::MAX);
        let tenant = text::escape(tenant);
        let rows = on!(self, store => store.session_deltas(&tenant, key, since, most).await?);
        rows.iter().map(|(version, delta)| decode(version, delta)).collect()
    }

    /// Adds a delta to a session, and forgets some of what is older than `expired`.
    pub(crate) async fn append_session_delta(
        &self,
        tenant: &str,
        key: &str,
        at: Timestamp,
        delta: &Delta,
        expired: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, at) = (text::escape(tenant), within_calendar(at)?);
        limits::refuse_beyond("tenant", tenant.len(), limits::NAME_BYTES)?;
        let delta = serde_json::to_string(delta).map_err(|error| StoreError::Rejected(error.to_string()))?;
        limits::refuse_beyond("delta", delta.len(), limits::RECORD_BYTES)?;
        let row = (at, Uuid::now_v7());
        on!(self, store => store.append_session_delta((&tenant, key), row, &delta, expired).await)
    }
}

fn decode(version: &str, delta: &str) -> Result<Delta, StoreError> {
    if version != SESSION_VERSION {
        return Err(StoreError::Unreadable(format!("a session's delta is of version `{version}`")));
    }
    serde_json::from_str(delta).map_err(|error| StoreError::Unreadable(format!("column `delta`: {error}")))
}
