//! From single decisions to shared durable commits. A bounded queue, one writer that takes what is there, and a receipt
//! for each caller, given only after the commit. The only maker of [`Recorded`].
//!
//! What is promised:
//! * `required`: `Ok` means that the row is on disk. `Err` means that nothing may be released. The row may still have
//!   been written, when the commit went through and its acknowledgement was lost or late: the log can know of a decision
//!   that was not released, never the other way round. A row is never written twice.
//! * A required row whose deadline has passed is taken out before the next attempt, so an outage leaves no backlog of
//!   decisions that were refused anyway. A caller that hangs up early changes nothing: its row is written.
//! * `best_effort`: always `Ok`. The row waits in the queue until the store is back; it is lost, loudly, when the queue is
//!   full or the process ends first.

mod config;
mod queue;
mod receipt;
mod stats;
mod writer;

use std::sync::Arc;

use parapet_domain::DecisionRecord;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Store;
use crate::row::Row;
use queue::Queue;
use stats::Counters;
use writer::Writer;

pub use config::RecorderConfig;
pub use receipt::{AuditMode, Receipt, RecordError, Recorded};
pub use stats::{DrainReport, RecorderStats};

/// Takes decisions and has them written. Cheap to clone; all clones share the queue.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    config: RecorderConfig,
    queue: Queue,
    counters: Arc<Counters>,
    /// When draining began, the time at which it ends.
    closing: watch::Sender<Option<Instant>>,
    finished: watch::Receiver<bool>,
}

impl Recorder {
    /// Starts the writer. Has to be called within a tokio runtime.
    #[must_use]
    pub fn start(store: Store, config: RecorderConfig) -> Self {
        let counters = Arc::new(Counters::default());
        let (queue, jobs) = Queue::new(&config, Arc::clone(&counters));
        let (closing, closing_seen) = watch::channel(None);
        let (finishing, finished) = watch::channel(false);
        let writer = Writer::new(store, config.clone(), jobs, Arc::clone(&counters), closing_seen);
        tokio::spawn(async move {
            writer.run().await;
            // Nobody may be waiting.
            let _ = finishing.send(true);
        });
        Self { shared: Arc::new(Shared { config, queue, counters, closing, finished }) }
    }

    /// Records one decision. In the mode `required` this waits for the durable commit. A decision that uses an approval is
    /// always `required`: the use is part of the commit.
    ///
    /// # Errors
    /// The record is beyond the store's limits (in both modes, so that no length is a way around the log), its approval is
    /// spent, or, in the mode `required`, the commit could not be had in time.
    pub async fn record(&self, record: DecisionRecord, mode: AuditMode) -> Result<Recorded, RecordError> {
        if mode == AuditMode::Required || record.uses_approval().is_some() {
            let recorded = self.record_together(std::slice::from_ref(&record)).await?;
            return recorded.into_iter().next().ok_or_else(|| RecordError::Unavailable("no receipt".to_owned()));
        }
        let row = self.encode(&record)?;
        Ok(Recorded::new(record.id, self.shared.queue.push(row), None))
    }

    /// Records the decisions of one body in one commit, all or none, and waits for it. Their approvals are used up by the same
    /// commit: what cannot be released for want of one record costs no approval of another.
    ///
    /// # Errors
    /// A record is beyond the store's limits, an approval is spent, or the commit could not be had in time.
    pub async fn record_together(&self, records: &[DecisionRecord]) -> Result<Vec<Recorded>, RecordError> {
        let rows = records.iter().map(|record| self.encode(record)).collect::<Result<Vec<_>, _>>()?;
        let deadline = Instant::now() + self.shared.config.deadline();
        self.shared.queue.push_and_wait(rows, deadline).await?;
        let receipt = |record: &DecisionRecord| Recorded::new(record.id, Receipt::Durable, record.uses_approval());
        Ok(records.iter().map(receipt).collect())
    }

    fn encode(&self, record: &DecisionRecord) -> Result<Row, RecordError> {
        Ok(Row::encode(record).inspect_err(|error| self.shared.counters.reject(error))?)
    }

    /// Numbers for metrics and for the readiness check.
    #[must_use]
    pub fn stats(&self) -> RecorderStats {
        let shared = &self.shared;
        shared.counters.snapshot(&shared.config, shared.queue.is_open())
    }

    /// Takes no more decisions, writes those that wait, and returns when they are written or the time for it is over.
    pub async fn drain(&self) -> DrainReport {
        let end = Instant::now() + self.shared.config.drain();
        self.shared.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            *closing = closing.or(Some(end));
            first
        });
        // An error means that the writer is gone, which also ends the wait.
        let _ = self.shared.finished.clone().wait_for(|finished| *finished).await;
        self.shared.counters.drained()
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("stats", &self.stats()).finish()
    }
}
