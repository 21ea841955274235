//! A key set on a server: fetched when needed, kept, and fetched again when it is old or lacks a key.
//! Whatever key ids tokens name, fetches stay `min_refresh` apart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jsonwebtoken::Algorithm;
use tokio::sync::Mutex;

use super::KeySet;
use crate::config::KeyServer;
use crate::upstream::{ClientError, HttpClient};

/// Longest wait for the server.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest key set, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// After this many refresh periods without success, old keys are no longer trusted.
const MAX_AGE_PERIODS: u32 = 12;

pub(super) struct Jwks {
    server: KeyServer,
    algorithms: Vec<Algorithm>,
    client: HttpClient,
    held: ArcSwapOption<Held>,
    /// When a fetch was last begun. Held while it lasts, so that there is one at a time.
    last_attempt: Mutex<Option<Instant>>,
}

struct Held {
    keys: Arc<KeySet>,
    fetched: Instant,
}

impl Jwks {
    pub(super) fn new(server: KeyServer, algorithms: Vec<Algorithm>) -> Result<Self, ClientError> {
        let client = HttpClient::for_uri(&server.url, TIMEOUT, 1)?;
        Ok(Self { server, algorithms, client, held: ArcSwapOption::empty(), last_attempt: Mutex::new(None) })
    }

    /// Keys that may hold one for this token; `None` when there are none to be had.
    pub(super) async fn keys_for(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<KeySet>> {
        let usable = self.usable();
        match &usable {
            Some(held) if held.keys.candidates(id, algorithm).next().is_some() => {
                if held.fetched.elapsed() > self.server.refresh {
                    let this = Arc::clone(self);
                    tokio::spawn(async move { this.fetch_if_due().await });
                }
            }
            _ => self.fetch_if_due().await,
        }
        self.usable().map(|held| Arc::clone(&held.keys))
    }

    fn usable(&self) -> Option<Arc<Held>> {
        self.held
            .load_full()
            .filter(|held| held.fetched.elapsed() < self.server.refresh.saturating_mul(MAX_AGE_PERIODS))
    }

    async fn fetch_if_due(&self) {
        let mut last_attempt = self.last_attempt.lock().await;
        if last_attempt.is_some_and(|at| at.elapsed() < self.server.min_refresh) {
            return;
        }
        *last_attempt = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                tracing::info!(jwks.url = %self.server.url, jwks.keys = ?keys, "keys for tokens fetched");
                self.held.store(Some(Arc::new(Held { keys: Arc::new(keys), fetched: Instant::now() })));
            }
            Err(error) => tracing::warn!(jwks.url = %self.server.url, %error, "keys for tokens could not be fetched"),
        }
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let body = tokio::time::timeout(TIMEOUT, self.client.get_bytes(&self.server.url, MAX_BYTES)).await;
        let body = body
            .map_err(|_| format!("no answer within {} s", TIMEOUT.as_secs()))?
            .map_err(|error| error.to_string())?;
        KeySet::from_jwks(&body, &self.algorithms)
    }
}

#[cfg(test)]
mod tests;
