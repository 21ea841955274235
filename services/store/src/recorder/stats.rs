//! What the recorder has done and how it is: for metrics, for the readiness check, and for the log when rows are lost.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::RecorderConfig;
use crate::StoreError;

/// Lost rows are logged as an error, but no more often than this: a log that is flooded is not read.
const LOUD_EVERY: Duration = Duration::from_secs(1);

/// Numbers of a [`crate::Recorder`]. Counters start at 0 with the process and only grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecorderStats {
    /// Decisions waiting, those of the batch being written included.
    pub queue_depth: usize,
    /// Most decisions that can wait in the queue.
    pub queue_capacity: usize,
    /// Bytes waiting, in KiB.
    pub queue_kib: usize,
    /// Decisions committed.
    pub written: u64,
    /// Commits.
    pub batches: u64,
    /// Best-effort decisions lost.
    pub dropped: u64,
    /// Required decisions given up after their deadline; none of them was released.
    pub abandoned: u64,
    /// Decisions refused, being beyond the limits of the store.
    pub rejected: u64,
    /// Attempts to write that failed and were repeated.
    pub retries: u64,
    /// The last failure, also after the store has recovered.
    pub last_error: Option<String>,
    /// Whether the last attempt succeeded and decisions are still taken: for `/readyz`.
    pub healthy: bool,
}

/// What became of the decisions that were waiting at shutdown, over the life of the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainReport {
    /// Decisions committed.
    pub written: u64,
    /// Best-effort decisions lost.
    pub dropped: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    depth: AtomicUsize,
    kib: AtomicUsize,
    written: AtomicU64,
    batches: AtomicU64,
    dropped: AtomicU64,
    abandoned: AtomicU64,
    rejected: AtomicU64,
    retries: AtomicU64,
    failing: AtomicBool,
    last_error: Mutex<Option<String>>,
    last_loud: Mutex<Option<Instant>>,
}

/// Rows that are counted as waiting until this is dropped.
pub(super) struct Waiting {
    counters: Arc<Counters>,
    rows: usize,
    kib: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.counters.depth.fetch_sub(self.rows, Relaxed);
        self.counters.kib.fetch_sub(self.kib, Relaxed);
    }
}

impl Counters {
    pub(super) fn enqueue(this: &Arc<Self>, rows: usize, kib: usize) -> Waiting {
        this.depth.fetch_add(rows, Relaxed);
        this.kib.fetch_add(kib, Relaxed);
        Waiting { counters: Arc::clone(this), rows, kib }
    }

    pub(super) fn wrote(&self, rows: usize) {
        self.written.fetch_add(rows as u64, Relaxed);
        self.batches.fetch_add(1, Relaxed);
        self.recovered();
    }

    pub(super) fn recovered(&self) {
        if self.failing.swap(false, Relaxed) {
            tracing::info!("the audit log can be written again");
        }
    }

    pub(super) fn failed(&self, error: &str) {
        if !self.failing.swap(true, Relaxed) {
            tracing::error!(%error, "the audit log cannot be written; required decisions are refused until it can");
        }
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_owned());
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(super) fn drop_rows(&self, rows: usize, why: &str) {
        let dropped = self.dropped.fetch_add(rows as u64, Relaxed) + rows as u64;
        if self.may_be_loud() {
            tracing::error!(
                store.dropped = dropped,
                reason = why,
                "best-effort decisions were lost from the audit log"
            );
        }
    }

    pub(super) fn abandon(&self, rows: usize) {
        self.abandoned.fetch_add(rows as u64, Relaxed);
    }

    pub(super) fn reject(&self, error: &StoreError) {
        let rejected = self.rejected.fetch_add(1, Relaxed) + 1;
        if self.may_be_loud() {
            tracing::error!(store.rejected = rejected, %error, "a decision was refused by the audit log");
        }
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Relaxed)
    }

    pub(super) fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|_| self.is_failing())
    }

    fn may_be_loud(&self) -> bool {
        let mut last = self.last_loud.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|at| at.elapsed() >= LOUD_EVERY);
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    pub(super) fn drained(&self) -> DrainReport {
        DrainReport { written: self.written.load(Relaxed), dropped: self.dropped.load(Relaxed) }
    }

    pub(super) fn snapshot(&self, config: &RecorderConfig, open: bool) -> RecorderStats {
        RecorderStats {
            queue_depth: self.depth.load(Relaxed),
            queue_capacity: config.queue_rows,
            queue_kib: self.kib.load(Relaxed),
            written: self.written.load(Relaxed),
            batches: self.batches.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            retries: self.retries.load(Relaxed),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            healthy: open && !self.is_failing(),
        }
    }
}
