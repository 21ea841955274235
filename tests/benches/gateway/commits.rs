//! What one durable commit costs by itself: one decision at a time through the recorder, nothing else at work. An exchange
//! in `required` mode waits for two, one in each direction.

use std::time::{Duration, Instant};

use anyhow::Result;
use parapet_domain::{DecisionRecord, Timestamp};
use parapet_store::{AuditMode, Recorder, RecorderConfig, Store, StoreConfig};
use uuid::Uuid;

/// A store of its own, and a decision to write again and again.
pub(crate) struct Commit {
    /// Kind of store.
    pub(crate) name: String,
    recorder: Recorder,
    record: DecisionRecord,
}

impl Commit {
    /// Opens the store at `url`.
    pub(crate) async fn open(name: &str, url: &str, record: DecisionRecord) -> Result<Self> {
        let recorder = Recorder::start(Store::open(&StoreConfig::new(url)).await?, RecorderConfig::default());
        Ok(Self { name: name.to_owned(), recorder, record })
    }

    /// Median time of one commit, in microseconds.
    pub(crate) async fn measure(&mut self, time: Duration) -> Result<f64> {
        let until = Instant::now() + time;
        let mut times = Vec::new();
        while Instant::now() < until {
            let record = DecisionRecord { id: Uuid::now_v7(), at: Timestamp::now(), ..self.record.clone() };
            let sent = Instant::now();
            self.recorder.record(record, AuditMode::Required).await?;
            times.push(sent.elapsed());
        }
        times.sort_unstable();
        Ok(times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6)
    }
}
