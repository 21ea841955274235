//! The one writer: takes what is there, writes it in one commit, answers each caller. While it commits, the next batch
//! gathers in the queue, so commits grow with the load and each one's flush to disk is shared.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::queue::Job;
use super::stats::Counters;
use super::{RecordError, RecorderConfig};
use crate::{Durability, Store, StoreError};

pub(super) struct Writer {
    store: Store,
    config: RecorderConfig,
    jobs: mpsc::UnboundedReceiver<Job>,
    /// Taken from the queue during an outage. These rows still hold their room in the queue, so they are bounded by it.
    backlog: VecDeque<Job>,
    counters: Arc<Counters>,
    closing: watch::Receiver<Option<Instant>>,
}

impl Writer {
    pub(super) fn new(
        store: Store,
        config: RecorderConfig,
        jobs: mpsc::UnboundedReceiver<Job>,
        counters: Arc<Counters>,
        closing: watch::Receiver<Option<Instant>>,
    ) -> Self {
        Self { store, config, jobs, backlog: VecDeque::new(), counters, closing }
    }

    /// Runs until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.next_batch().await {
            self.write(batch).await;
        }
    }

    /// Waits for rows. A store in doubt is tried meanwhile: without traffic nothing else would find that it is back, and
    /// an instance that is not ready gets no traffic.
    async fn next_batch(&mut self) -> Option<Vec<Job>> {
        let most = self.config.batch_rows.max(1);
        let mut batch: Vec<Job> = self.backlog.drain(..most.min(self.backlog.len())).collect();
        if !batch.is_empty() {
            return Some(batch);
        }
        let mut tries = 2;
        loop {
            let pause = self.config.pause(tries);
            tokio::select! {
                biased;
                () = closed(&mut self.closing), if !self.jobs.is_closed() => self.jobs.close(),
                taken = self.jobs.recv_many(&mut batch, most) => {
                    return (taken > 0).then_some(batch);
                }
                () = sleep(pause), if self.counters.is_failing() => {
                    self.try_store().await;
                    tries += 1;
                }
            }
        }
    }

    async fn try_store(&self) {
        match timeout(self.config.attempt(), self.store.heartbeat(parapet_domain::Timestamp::now())).await {
            Ok(Ok(())) => self.counters.recovered(),
            Ok(Err(error)) => self.counters.failed(&error.to_string()),
            Err(_) => self.counters.failed("the store does not answer"),
        }
    }

    /// Writes a batch. When a row is at fault, the batch is halved until its job stands alone and can be refused.
    async fn write(&mut self, batch: Vec<Job>) {
        let mut pending = vec![batch];
        while let Some(mut batch) = pending.pop() {
            match self.write_with_retries(&mut batch).await {
                Ok(()) => {}
                Err(error) if batch.len() <= 1 => self.refuse(batch, error),
                Err(_) => {
                    let rest = batch.split_off(batch.len() / 2);
                    pending.extend([rest, batch]);
                }
            }
        }
    }

    /// Writes all of `batch`, however long it takes, less the rows whose time runs out. Fails only if a row is at fault.
    async fn write_with_retries(&mut self, batch: &mut Vec<Job>) -> Result<(), StoreError> {
        let mut retry = 0;
        loop {
            batch.retain(|job| !self.has_expired(job));
            if batch.is_empty() {
                return Ok(());
            }
            if self.time_is_over() {
                self.give_up(batch, "the time for draining is over");
                return Ok(());
            }
            let error = match self.attempt(batch).await {
                Ok(()) => {
                    self.acknowledge(batch);
                    return Ok(());
                }
                Err(error) if error.is_about_the_record() => return Err(error),
                Err(error) => error.to_string(),
            };
            self.counters.failed(&error);
            if self.time_is_over() {
                self.give_up(batch, &error);
                return Ok(());
            }
            retry += 1;
            self.counters.retry();
            self.pause(retry).await;
            self.sweep_queue();
        }
    }

    async fn attempt(&self, batch: &[Job]) -> Result<(), StoreError> {
        let rows: Vec<_> = batch.iter().flat_map(|job| &job.rows).collect();
        let required = batch.iter().any(|job| job.waiter.is_some());
        let durability = if required { Durability::Durable } else { Durability::AsConfigured };
        match timeout(self.within_drain(self.config.attempt()), self.store.insert_rows(&rows, durability)).await {
            Ok(outcome) => outcome.map(|_| ()),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {} ms", self.config.attempt_ms))),
        }
    }

    /// Waits before the next attempt.
    async fn pause(&self, retry: u32) {
        sleep(self.within_drain(self.config.pause(retry))).await;
    }

    /// `time`, but no longer than the drain may take.
    fn within_drain(&self, time: Duration) -> Duration {
        (*self.closing.borrow()).map_or(time, |end| time.min(end.saturating_duration_since(Instant::now())))
    }

    fn time_is_over(&self) -> bool {
        (*self.closing.borrow()).is_some_and(|end| Instant::now() >= end)
    }

    /// Frees the room of rows behind this batch whose callers have given up, so that an outage leaves room for others.
    fn sweep_queue(&mut self) {
        while let Ok(job) = self.jobs.try_recv() {
            self.backlog.push_back(job);
        }
        let mut backlog = std::mem::take(&mut self.backlog);
        backlog.retain(|job| !self.has_expired(job));
        self.backlog = backlog;
    }

    /// Whether the caller of a required row has given up. Counts it, so it has to be asked only once before the row goes.
    fn has_expired(&self, job: &Job) -> bool {
        let expired = job.waiter.as_ref().is_some_and(|waiter| waiter.deadline <= Instant::now());
        if expired {
            self.counters.abandon(job.rows.len());
        }
        expired
    }

    fn acknowledge(&self, batch: &mut Vec<Job>) {
        self.counters.wrote(batch.iter().map(|job| job.rows.len()).sum());
        answer(batch.drain(..), || Ok(()));
    }

    /// Refuses what stands alone in `batch`. That an approval was used first by somebody else is no fault of the log.
    fn refuse(&self, batch: Vec<Job>, error: StoreError) {
        if !matches!(error, StoreError::ApprovalSpent { .. }) {
            self.counters.reject(&error);
        }
        let mut error = Some(error);
        answer(batch, || {
            let refused =
                error.take().unwrap_or_else(|| StoreError::Rejected("beside a row that is refused".to_owned()));
            Err(RecordError::Refused(refused))
        });
    }

    fn give_up(&self, batch: &mut Vec<Job>, error: &str) {
        let lost = batch.iter().filter(|job| job.waiter.is_none()).map(|job| job.rows.len()).sum();
        if lost > 0 {
            self.counters.drop_rows(lost, "the store did not come back before the process had to end");
        }
        answer(batch.drain(..), || Err(RecordError::Unavailable(error.to_owned())));
    }
}

/// A caller that has hung up does not need the answer.
fn answer(jobs: impl IntoIterator<Item = Job>, mut outcome: impl FnMut() -> Result<(), RecordError>) {
    for waiter in jobs.into_iter().filter_map(|job| job.waiter) {
        let _ = waiter.answer.send(outcome());
    }
}

/// Resolves when draining has begun. Never, if all recorders are gone: then the queue closes by itself.
async fn closed(closing: &mut watch::Receiver<Option<Instant>>) {
    if closing.wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}
