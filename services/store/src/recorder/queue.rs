//! The bounded queue: so many rows and so many bytes, and no more, whatever the callers do.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::stats::{Counters, Waiting};
use super::{Receipt, RecordError, RecorderConfig};
use crate::row::Row;

/// A row on its way to the disk.
pub(super) struct Job {
    pub(super) row: Box<Row>,
    /// Set for required rows.
    pub(super) waiter: Option<Waiter>,
    /// Held until the row is written or given up.
    _room: Room,
    _waiting: Waiting,
}

/// A caller in the mode `required`.
pub(super) struct Waiter {
    pub(super) answer: oneshot::Sender<Result<(), RecordError>>,
    /// After this the caller has given up and released nothing.
    pub(super) deadline: Instant,
}

/// Room for one row in the queue.
struct Room {
    _slot: OwnedSemaphorePermit,
    kib: OwnedSemaphorePermit,
}

/// The callers' end. The channel itself has no bound: a row needs room before it is sent, and keeps it until it is done.
pub(super) struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    slots: Arc<Semaphore>,
    kib: Arc<Semaphore>,
    /// All there is of `slots` and `kib`.
    max_slots: usize,
    max_kib: u32,
    counters: Arc<Counters>,
}

impl Queue {
    pub(super) fn new(config: &RecorderConfig, counters: Arc<Counters>) -> (Self, mpsc::UnboundedReceiver<Job>) {
        let max_slots = config.queue_rows.clamp(1, Semaphore::MAX_PERMITS);
        let max_kib = config.queue_kib.max(1);
        let slots = Arc::new(Semaphore::new(max_slots));
        let kib = Arc::new(Semaphore::new(usize::try_from(max_kib).unwrap_or(Semaphore::MAX_PERMITS)));
        let (jobs, receiver) = mpsc::unbounded_channel();
        (Self { jobs, slots, kib, max_slots, max_kib, counters }, receiver)
    }

    /// Whether the writer still takes rows.
    pub(super) fn is_open(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// Queues a required row, waiting for room, and waits for its commit.
    pub(super) async fn push_and_wait(&self, row: Row, deadline: Instant) -> Result<(), RecordError> {
        let room =
            timeout_at(deadline, self.wait_for_room(&row)).await.map_err(|_| RecordError::Full(self.max_slots))?;
        let (answer, answered) = oneshot::channel();
        self.send(row, Some(Waiter { answer, deadline }), room?)?;
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
        let why = match self.room_now(&row).map(|room| self.send(row, None, room)) {
            Ok(Ok(())) => return Receipt::Queued,
            Ok(Err(Closed)) => "the recorder is shutting down",
            Err(_) => "the queue is full",
        };
        self.counters.drop_rows(1, why);
        Receipt::Dropped
    }

    async fn wait_for_room(&self, row: &Row) -> Result<Room, Closed> {
        let kib = Arc::clone(&self.kib).acquire_many_owned(self.weight(row)).await.map_err(|_| Closed)?;
        Ok(Room { _slot: Arc::clone(&self.slots).acquire_owned().await.map_err(|_| Closed)?, kib })
    }

    fn room_now(&self, row: &Row) -> Result<Room, TryAcquireError> {
        let kib = Arc::clone(&self.kib).try_acquire_many_owned(self.weight(row))?;
        Ok(Room { _slot: Arc::clone(&self.slots).try_acquire_owned()?, kib })
    }

    fn send(&self, row: Row, waiter: Option<Waiter>, room: Room) -> Result<(), Closed> {
        let waiting = Counters::enqueue(&self.counters, room.kib.num_permits());
        self.jobs.send(Job { row: Box::new(row), waiter, _room: room, _waiting: waiting }).map_err(|_| Closed)
    }

    /// Room for the row, in KiB. A row larger than the queue takes all of it.
    fn weight(&self, row: &Row) -> u32 {
        u32::try_from(row.bytes().div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, self.max_kib)
    }
}

/// The writer takes no more.
struct Closed;

impl From<Closed> for RecordError {
    fn from(_: Closed) -> Self {
        Self::Unavailable("the recorder is shutting down".to_owned())
    }
}
