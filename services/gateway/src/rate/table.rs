//! Token buckets by key, of a bounded number. A bucket is dropped only once it has had the time to fill up, when it is the
//! same as a new one: whoever brings many keys cannot make an empty bucket forgotten.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The buckets of one limit.
pub(super) struct Table<C: Clock + Clone> {
    every: Duration,
    burst: NonZeroU32,
    most: usize,
    /// After this time without use a bucket is full.
    refill: Nanos,
    clock: C,
    buckets: Mutex<Buckets<C>>,
}

struct Buckets<C: Clock + Clone> {
    by_key: HashMap<String, Bucket<C>>,
    /// Until then none can be dropped, so that a full table is not searched for each request.
    nothing_before: Option<C::Instant>,
}

struct Bucket<C: Clock + Clone> {
    limiter: Limiter<C>,
    used: C::Instant,
}

impl<C: Clock + Clone> Table<C> {
    /// `every` is the time for one token, `burst` the size of a bucket.
    pub(super) fn new(every: Duration, burst: NonZeroU32, most: usize, clock: C) -> Self {
        let buckets = Mutex::new(Buckets { by_key: HashMap::new(), nothing_before: None });
        Self { every, burst, most, refill: every.saturating_mul(burst.get()).into(), clock, buckets }
    }

    /// Takes a token, or says how long to wait for one.
    pub(super) fn take(&self, key: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.by_key.get_mut(key) {
            return bucket.take(now);
        }
        if buckets.by_key.len() >= self.most {
            self.make_room(&mut buckets, now)?;
        }
        let mut bucket = Bucket { limiter: self.limiter(), used: now };
        let taken = bucket.take(now);
        buckets.by_key.insert(key.to_owned(), bucket);
        taken
    }

    fn limiter(&self) -> Limiter<C> {
        // `every` is at least a nanosecond, so there always is such a quota.
        let quota = Quota::with_period(self.every).unwrap_or(Quota::per_second(self.burst)).allow_burst(self.burst);
        RateLimiter::direct_with_clock(quota, self.clock.clone())
    }

    /// Drops the buckets that have filled up; when there is none, says how long until there is.
    fn make_room(&self, buckets: &mut Buckets<C>, now: C::Instant) -> Result<(), Duration> {
        if buckets.nothing_before.is_none_or(|next| now >= next) {
            buckets.by_key.retain(|_, bucket| now.duration_since(bucket.used) < self.refill);
            let oldest = buckets.by_key.values().map(|bucket| bucket.used).min();
            buckets.nothing_before = oldest.map(|used| used + self.refill);
        }
        if buckets.by_key.len() < self.most {
            return Ok(());
        }
        Err(buckets.nothing_before.map_or(Duration::ZERO, |next| next.duration_since(now).into()))
    }
}

impl<C: Clock + Clone> Bucket<C> {
    fn take(&mut self, now: C::Instant) -> Result<(), Duration> {
        self.used = now;
        self.limiter.check().map_err(|until| until.wait_time_from(now))
    }
}
