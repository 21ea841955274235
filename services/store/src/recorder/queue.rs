//! The bounded queue: so many rows and so many bytes, and no more, whatever the callers do.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::stats::{Counters, Waiting};
use super::{Receipt, RecordError, RecorderConfig};
use crate::row::Row;

/// Rows on their way to the disk: one, or some that are written together or not at all.
pub(super) struct Job {
    pub(super) rows: Vec<Row>,
    /// Set for required rows.
    pub(super) waiter: Option<Waiter>,
    /// Held until the rows are written or given up.
    _room: Room,
    _waiting: Waiting,
}

/// A caller in the mode `required`.
pub(super) struct Waiter {
    pub(super) answer: oneshot::Sender<Result<(), RecordError>>,
    /// After this the caller has given up and released nothing.
    pub(super) deadline: Instant,
}

/// Room for a job in the queue.
struct Room {
    _slots: OwnedSemaphorePermit,
    kib: OwnedSemaphorePermit,
}

/// The callers' end. The channel itself has no bound: a row needs room before it is sent, and keeps it until it is done.
pub(super) struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    slots: Arc<Semaphore>,
    kib: Arc<Semaphore>,
    /// All there is of `slots` and `kib`.
    max_slots: u32,
    max_kib: u32,
    counters: Arc<Counters>,
}

impl Queue {
    pub(super) fn new(config: &RecorderConfig, counters: Arc<Counters>) -> (Self, mpsc::UnboundedReceiver<Job>) {
        let permits = |n: u32| Arc::new(Semaphore::new(usize::try_from(n).unwrap_or(Semaphore::MAX_PERMITS)));
        let max_slots = u32::try_from(config.queue_rows).unwrap_or(u32::MAX).max(1);
        let max_kib = config.queue_kib.max(1);
        let (slots, kib) = (permits(max_slots), permits(max_kib));
        let (jobs, receiver) = mpsc::unbounded_channel();
        (Self { jobs, slots, kib, max_slots, max_kib, counters }, receiver)
    }

    /// Whether the writer still takes rows.
    pub(super) fn is_open(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// Queues required rows, waiting for room, and waits for their commit.
    pub(super) async fn push_and_wait(&self, rows: Vec<Row>, deadline: Instant) -> Result<(), RecordError> {
        let room = timeout_at(deadline, self.wait_for_room(&rows)).await;
        let room = room.map_err(|_| RecordError::Full(usize::try_from(self.max_slots).unwrap_or(usize::MAX)))?;
        let (answer, answered) = oneshot::channel();
        self.send(rows, Some(Waiter { answer, deadline }), room?)?;
        match timeout_at(deadline, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Closed.into()),
            Err(_) => Err(RecordError::Unavailable(
                self.counters.last_error().unwrap_or_else(|| "the store is too slow".to_owned()),
            )),
        }
    }

    /// Queues a row if there is room now.
    pub(super) fn push(&self, row: Row) -> Receipt {
        let rows = vec![row];
        let why = match self.room_now(&rows).map(|room| self.send(rows, None, room)) {
            Ok(Ok(())) => return Receipt::Queued,
            Ok(Err(Closed)) => "the recorder is shutting down",
            Err(_) => "the queue is full",
        };
        self.counters.drop_rows(1, why);
        Receipt::Dropped
    }

    async fn wait_for_room(&self, rows: &[Row]) -> Result<Room, Closed> {
        let (slots, kib) = self.weight(rows);
        let kib = Arc::clone(&self.kib).acquire_many_owned(kib).await.map_err(|_| Closed)?;
        Ok(Room { _slots: Arc::clone(&self.slots).acquire_many_owned(slots).await.map_err(|_| Closed)?, kib })
    }

    fn room_now(&self, rows: &[Row]) -> Result<Room, TryAcquireError> {
        let (slots, kib) = self.weight(rows);
        let kib = Arc::clone(&self.kib).try_acquire_many_owned(kib)?;
        Ok(Room { _slots: Arc::clone(&self.slots).try_acquire_many_owned(slots)?, kib })
    }

    fn send(&self, rows: Vec<Row>, waiter: Option<Waiter>, room: Room) -> Result<(), Closed> {
        let waiting = Counters::enqueue(&self.counters, rows.len(), room.kib.num_permits());
        self.jobs.send(Job { rows, waiter, _room: room, _waiting: waiting }).map_err(|_| Closed)
    }

    /// Room for the rows: how many, and their KiB. What is larger than the queue takes all of it.
    fn weight(&self, rows: &[Row]) -> (u32, u32) {
        let slots = u32::try_from(rows.len()).unwrap_or(u32::MAX).clamp(1, self.max_slots);
        let bytes: usize = rows.iter().map(Row::bytes).sum();
        (slots, u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, self.max_kib))
    }
}

/// The writer takes no more.
struct Closed;

impl From<Closed> for RecordError {
    fn from(_: Closed) -> Self {
        Self::Unavailable("the recorder is shutting down".to_owned())
    }
}
