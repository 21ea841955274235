//! The running data plane: made once from a checked configuration, immutable after that.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::header::AUTHORIZATION;
use parapet_domain::decision::Engine;
use parapet_judge::{GuardSets, Judge};
use parapet_store::{Recorder, SessionStore, Store};
use parapet_surfaces::generic::GenericMapping;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::BodyRoom;
use crate::config::{Config, Limits, SessionPlace, SessionsConfig};
use crate::identity::{Credentials, Identity};
use crate::known_parts::KnownParts;
use crate::mcp::Conversations;
use crate::metrics::{Metrics, Readings};
use crate::parse;
use crate::rate::Rates;
use crate::routes::Routes;
use crate::server::{self, Drained};
use crate::telemetry::Telemetry;
use crate::upstream::ClientError;
use crate::write::{Desks, Documents};

/// What the data plane needs from the other crates.
pub struct Parts {
    /// The guard sets; the one in force is taken anew for each exchange.
    pub sets: Arc<GuardSets>,
    /// Runs guards.
    pub judge: Judge,
    /// Writes decisions.
    pub recorder: Recorder,
    /// Keeps approvals and, where the configuration says so, sessions; the recorder's.
    pub store: Store,
    /// Key for content digests, from [`crate::digest_key::load`].
    pub digest_key: [u8; 32],
    /// Writes long documents, where there is a model to write with.
    pub documents: Option<Arc<dyn Documents>>,
}

/// The data plane. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

/// The data plane cannot be made from this configuration on this machine.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A client for an `https` server.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A defect: the built-in mapping is refused.
    #[error("the built-in mapping for error bodies is refused; please report this")]
    ErrorMapping,
}

pub(crate) struct Inner {
    pub(crate) tenant: String,
    pub(crate) zone: String,
    pub(crate) limits: Limits,
    pub(crate) digest_key: [u8; 32],
    pub(crate) identity: Identity,
    pub(crate) credentials: Credentials,
    pub(crate) routes: Routes,
    pub(crate) rates: Rates,
    /// Writes long documents.
    pub(crate) documents: Option<Arc<dyn Documents>>,
    /// The documents that are being written.
    pub(crate) desks: Desks,
    /// What is open in MCP sessions.
    pub(crate) conversations: Conversations,
    /// One permit for each request at work.
    pub(crate) admission: Semaphore,
    /// One permit for each stream that a client only listens to.
    pub(crate) streams: Semaphore,
    /// Cancelled when the end begins: streams that would go on for ever end with it.
    pub(crate) stopping: CancellationToken,
    /// Room for request bodies, shared by all of them.
    pub(crate) body_room: BodyRoom,
    /// The requests at work, whether or not their callers still wait.
    pub(crate) exchanges: TaskTracker,
    pub(crate) sets: Arc<GuardSets>,
    pub(crate) judge: Judge,
    /// The versions that every record names. Hashed from the guest once.
    pub(crate) engine: Engine,
    /// For error bodies of upstreams.
    pub(crate) error_mapping: GenericMapping,
    pub(crate) recorder: Recorder,
    pub(crate) store: Store,
    /// Longest wait for the store when it is asked for an approval.
    pub(crate) approval_timeout: Duration,
    pub(crate) session_store: SessionStore,
    /// Parts of histories that were allowed.
    pub(crate) known_parts: KnownParts,
    pub(crate) metrics: Metrics,
    pub(crate) telemetry: Telemetry,
}

impl App {
    /// Makes the data plane. Opens no port.
    ///
    /// # Errors
    /// An upstream or key server needs TLS and this machine has no trusted certificates.
    pub fn build(config: Config, parts: Parts) -> Result<Self, BuildError> {
        let token_in_authorization = config.identity.jwt.as_ref().is_some_and(|jwt| jwt.header == AUTHORIZATION);
        let inner = Inner {
            tenant: config.server.tenant,
            zone: config.server.zone,
            limits: config.limits,
            digest_key: parts.digest_key,
            identity: Identity::new(config.identity)?,
            credentials: Credentials::new(config.credentials, !token_in_authorization),
            routes: Routes::new(config.routes)?,
            rates: Rates::new(config.rates),
            documents: parts.documents,
            desks: Desks::new(config.write),
            conversations: Conversations::default(),
            admission: Semaphore::new(config.limits.concurrent_requests),
            streams: Semaphore::new(config.limits.open_streams),
            stopping: CancellationToken::new(),
            body_room: BodyRoom::new(config.limits.held_bytes),
            exchanges: TaskTracker::new(),
            sets: parts.sets,
            judge: parts.judge,
            engine: Judge::engine(),
            error_mapping: parse::error_mapping().ok_or(BuildError::ErrorMapping)?,
            recorder: parts.recorder,
            session_store: session_store(config.sessions, &parts.store),
            store: parts.store,
            approval_timeout: Duration::from_millis(config.audit.recorder.deadline_ms),
            known_parts: KnownParts::new(config.history, &parts.digest_key),
            metrics: Metrics::new(),
            telemetry: Telemetry::new(config.telemetry.is_some()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves on `listener` until `shutdown` completes; then finishes the requests at work within the drain time-out
    /// and writes the decisions that still wait.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Drained {
        self.serve_with_grpc(listener, None, shutdown).await
    }

    /// As [`Self::serve`], and Envoy's external authorization over gRPC on `grpc`.
    pub async fn serve_with_grpc(
        &self,
        listener: TcpListener,
        grpc: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> Drained {
        let shutdown = shutdown.shared();
        let http = server::serve(&self.inner, listener, shutdown.clone());
        let grpc = async {
            match grpc {
                Some(listener) => server::serve_grpc(&self.inner, listener, shutdown).await,
                None => 0,
            }
        };
        let (http, grpc) = tokio::join!(http, grpc);
        let cut = http + grpc;
        let lost = self.inner.recorder.drain().await.dropped;
        tracing::info!(connections.cut = cut, audit.lost = lost, "drained");
        Drained { cut, lost }
    }

    pub(crate) fn shared(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// All metrics in the Prometheus text format (OpenMetrics 1.0).
    #[must_use]
    pub fn metrics_text(&self) -> String {
        let (set, recorder) = (self.inner.sets.status(), self.inner.recorder.stats());
        self.inner.metrics.render(&Readings {
            audit_queue: recorder.queue_depth,
            audit_dropped: recorder.dropped,
            guard_set: &set.in_force,
            guard_set_broken: set.last_error.is_some(),
        })
    }
}

fn session_store(config: SessionsConfig, store: &Store) -> SessionStore {
    match config.place {
        SessionPlace::Memory => SessionStore::in_memory(config.limits),
        SessionPlace::Database => SessionStore::in_database(store.clone(), config.limits),
    }
}
