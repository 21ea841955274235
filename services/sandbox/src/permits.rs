//! The semaphore in front of the pool: a full pool sheds load with an outcome of its own, it never errors at random.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// As many permits as the pool has places for a run.
pub(crate) struct Permits {
    free: Mutex<u32>,
    returned: Condvar,
    max_wait: Duration,
}

/// Gives its place back when dropped.
pub(crate) struct Permit<'a>(&'a Permits);

impl Permits {
    pub(crate) fn new(places: u32, max_wait: Duration) -> Self {
        Self { free: Mutex::new(places), returned: Condvar::new(), max_wait }
    }

    /// A place, or `None` when none came free in time.
    pub(crate) fn acquire(&self) -> Option<Permit<'_>> {
        let mut free = self.lock();
        let mut until = None;
        while *free == 0 {
            let now = Instant::now();
            let left = until.get_or_insert(now + self.max_wait).checked_duration_since(now)?;
            let (guard, wait) = self.returned.wait_timeout(free, left).unwrap_or_else(PoisonError::into_inner);
            free = guard;
            if wait.timed_out() && *free == 0 {
                return None;
            }
        }
        *free -= 1;
        Some(Permit(self))
    }

    fn lock(&self) -> MutexGuard<'_, u32> {
        // Nothing can panic while it is held, and a count is never half written.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.returned.notify_one();
    }
}
