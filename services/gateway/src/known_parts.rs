//! Parts of histories that were judged and allowed, by their keys, each with the decision that allowed it. No text is kept.
//! In memory, bounded, and never renewed: what is found here was judged within its time to live.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use parapet_domain::{Event, digest};
use parapet_judge::{GuardSet, PartKey, PartKeys};
use uuid::Uuid;

use crate::config::HistoryConfig;

/// What the key for these parts is derived from, besides the installation's.
const PURPOSE: &[u8] = b"parts of histories that were allowed";

/// All parts that are remembered.
pub(crate) struct KnownParts {
    secret: [u8; 32],
    most: usize,
    ttl: Duration,
    parts: Mutex<Parts>,
}

#[derive(Default)]
struct Parts {
    by_key: HashMap<PartKey, Known>,
    /// The keys of all parts, each once. They are forgotten in the order in which they came, so the oldest expires first.
    in_order: VecDeque<PartKey>,
}

#[derive(Clone, Copy)]
struct Known {
    decision: Uuid,
    since: Instant,
}

impl KnownParts {
    pub(crate) fn new(config: HistoryConfig, digest_key: &[u8; 32]) -> Self {
        let secret = digest::keyed_bytes(digest_key, PURPOSE);
        Self { secret, most: config.max_parts, ttl: config.ttl, parts: Mutex::default() }
    }

    /// Makes the keys of the event's parts; `None` when no guard judges them one by one.
    pub(crate) fn keys(&self, set: &GuardSet, event: &Event) -> Option<PartKeys> {
        PartKeys::new(&self.secret, set, event)
    }

    /// The decisions that allowed these parts, of those that are known.
    pub(crate) fn find(&self, keys: &[PartKey], now: Instant) -> Vec<Option<Uuid>> {
        let parts = self.lock();
        let known = |key| parts.by_key.get(key).filter(|known| !self.is_old(known, now)).map(|known| known.decision);
        keys.iter().map(known).collect()
    }

    /// Remembers that `decision` allowed these parts. What is known already stays as old as it is.
    pub(crate) fn add(&self, keys: Vec<PartKey>, decision: Uuid, now: Instant) {
        let mut parts = self.lock();
        while parts.oldest().is_some_and(|known| self.is_old(known, now)) {
            parts.forget_oldest();
        }
        for key in keys {
            if parts.by_key.contains_key(&key) {
                continue;
            }
            if parts.by_key.len() >= self.most {
                parts.forget_oldest();
            }
            parts.by_key.insert(key, Known { decision, since: now });
            parts.in_order.push_back(key);
        }
    }

    fn is_old(&self, known: &Known, now: Instant) -> bool {
        now.saturating_duration_since(known.since) >= self.ttl
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        // Nothing here panics between two steps that belong together.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    fn oldest(&self) -> Option<&Known> {
        self.in_order.front().and_then(|key| self.by_key.get(key))
    }

    fn forget_oldest(&mut self) {
        if let Some(key) = self.in_order.pop_front() {
            self.by_key.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
