//! Whether the process lives, whether it can do its work, and its metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use parapet_domain::Timestamp;
use parapet_store::Store;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::guard_view::InForce;
use crate::state::Console;

/// Longest wait for the store.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer of the store is believed: the endpoint is open, and must not become a way to load the store.
const FRESH: Duration = Duration::from_secs(1);

/// In which state the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All is well.
    Ready,
    /// It judges, but a newer guard set cannot be used, or the audit queue has trouble.
    Degraded,
    /// Its store is away.
    Unavailable,
}

impl Status {
    /// As far as the guard set goes.
    pub(crate) const fn of(set: &InForce) -> Self {
        if set.last_error.is_some() { Self::Degraded } else { Self::Ready }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Asks the store whether it can write, one question at a time.
#[derive(Debug, Default)]
pub(crate) struct StoreProbe(Mutex<Option<(Instant, Result<(), String>)>>);

impl StoreProbe {
    async fn check(&self, store: &Store) -> Result<(), String> {
        let mut last = self.0.lock().await;
        if let Some((at, result)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return result.clone();
        }
        let result = match tokio::time::timeout(PATIENCE, store.heartbeat(Timestamp::now())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "store heartbeat failed");
                Err("the store cannot be written to; the log says why".to_owned())
            }
            Err(_) => Err(format!("the store did not answer within {} s", PATIENCE.as_secs())),
        };
        *last = Some((Instant::now(), result.clone()));
        result
    }
}

/// The process answers.
pub(crate) async fn show_health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Whether traffic should be sent here. A newer guard set that cannot be used leaves it at 200: the last good one enforces.
pub(crate) async fn show_readiness(State(console): State<Arc<Console>>) -> Response {
    let store = console.probe.check(&console.admin.store).await;
    let set = console.in_force();
    let queue = (console.admin.queue)();
    let status = match (&store, queue.healthy) {
        (Err(_), _) => Status::Unavailable,
        // The store answers, so the queue will recover with the next decision: traffic must be let in for that.
        (Ok(()), false) => Status::Degraded,
        (Ok(()), true) => Status::of(&set),
    };
    let mut reasons: Vec<String> = store.as_ref().err().cloned().into_iter().collect();
    reasons.extend(
        set.last_error
            .as_ref()
            .map(|error| format!("a newer guard set was refused, the last good one enforces: {error}")),
    );
    if !queue.healthy {
        reasons.push("the last attempt to write decisions failed".to_owned());
    }
    let body = json!({
        "status": status.word(),
        "reasons": reasons,
        "store": {"ok": store.is_ok()},
        "guard_set": {"in_force": set.hash, "since": set.since, "guards": set.guards.len(), "last_error": set.last_error},
        "audit_queue": queue,
    });
    let code = if status == Status::Unavailable { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, Json(body)).into_response()
}

/// Metrics for Prometheus.
pub(crate) async fn show_metrics(State(console): State<Arc<Console>>) -> Response {
    let text = (console.admin.metrics)();
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
