//! Slows down guessing at the login page: a few wrong tokens a minute from one address, some more from all together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wrong tokens that one address may send in a row.
const PER_ADDRESS: f64 = 5.0;
/// Wrong tokens that all addresses together may send in a row.
const IN_ALL: f64 = 50.0;
/// Time until a spent allowance is whole again.
const REFILL: Duration = Duration::from_secs(60);
/// Most addresses remembered.
const MAX_ADDRESSES: usize = 4_096;

/// Counts wrong tokens.
#[derive(Debug)]
pub(crate) struct Attempts {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    all: Bucket,
    by_address: HashMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    size: f64,
    at: Instant,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { all: Bucket::full(IN_ALL), by_address: HashMap::new() }) }
    }

    /// Seconds to wait before the next try, or `None` when one may be made now.
    pub(crate) fn wait_s(&self, from: Option<IpAddr>) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let own = from.and_then(|address| state.by_address.get_mut(&address)).and_then(Bucket::wait_s);
        own.max(state.all.wait_s())
    }

    /// Notes a wrong token.
    pub(crate) fn failed(&self, from: Option<IpAddr>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.all.take();
        let Some(address) = from else { return };
        if state.by_address.len() >= MAX_ADDRESSES {
            state.by_address.retain(|_, bucket| !bucket.is_full());
        }
        if state.by_address.len() < MAX_ADDRESSES || state.by_address.contains_key(&address) {
            state.by_address.entry(address).or_insert_with(|| Bucket::full(PER_ADDRESS)).take();
        }
    }
}

impl Bucket {
    fn full(size: f64) -> Self {
        Self { left: size, size, at: Instant::now() }
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let gained = now.duration_since(self.at).as_secs_f64() * self.size / REFILL.as_secs_f64();
        (self.left, self.at) = ((self.left + gained).min(self.size), now);
    }

    fn take(&mut self) {
        self.refill();
        self.left = (self.left - 1.0).max(0.0);
    }

    fn is_full(&mut self) -> bool {
        self.refill();
        self.left >= self.size
    }

    fn wait_s(&mut self) -> Option<u64> {
        self.refill();
        let missing = 1.0 - self.left;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 60")]
        (missing > 0.0).then(|| (missing * REFILL.as_secs_f64() / self.size).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_that_guesses_has_to_wait_and_others_do_not() {
        let attempts = Attempts::new();
        let (guesser, other) = (Some(IpAddr::from([10, 0, 0, 1])), Some(IpAddr::from([10, 0, 0, 2])));
        for _ in 0..5 {
            assert_eq!(attempts.wait_s(guesser), None);
            attempts.failed(guesser);
        }
        assert_eq!(attempts.wait_s(guesser), Some(12));
        assert_eq!(attempts.wait_s(other), None);
        tokio::time::advance(Duration::from_secs(12)).await;
        assert_eq!(attempts.wait_s(guesser), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_together_are_limited_too() {
        let attempts = Attempts::new();
        for n in 0..50 {
            attempts.failed(Some(IpAddr::from([10, 0, 1, n])));
        }
        assert_eq!(attempts.wait_s(None), Some(2));
    }
}
