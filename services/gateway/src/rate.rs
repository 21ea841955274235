//! How often may be asked: for each configured limit a table of token buckets, one for each user, agent or route.

mod table;

use governor::clock::{Clock, DefaultClock};

use crate::app::Inner;
use crate::config::{LimitKey, RateLimit};
use crate::error::GatewayError;
use table::Table;

/// Longest key that is kept as it is, in bytes.
const MAX_KEY_BYTES: usize = 256;

/// All limits.
pub(crate) struct Rates<C: Clock + Clone = DefaultClock> {
    limits: Vec<(RateLimit, Table<C>)>,
}

/// Takes one token from the bucket of `value` in every limit of `route` with this key, and counts a refusal.
pub(crate) fn take(app: &Inner, route: &str, key: LimitKey, value: &str) -> Result<(), GatewayError> {
    let taken = app.rates.take(route, key, value);
    if let Err(GatewayError::RateLimited { limit, .. }) = &taken {
        app.metrics.rate_limited(limit, route);
    }
    taken
}

impl Rates {
    pub(crate) fn new(limits: Vec<RateLimit>) -> Self {
        Self::with_clock(limits, &DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rates<C> {
    fn with_clock(limits: Vec<RateLimit>, clock: &C) -> Self {
        let with_table = |limit: RateLimit| {
            let table = Table::new(limit.every, limit.burst, limit.max_keys, clock.clone());
            (limit, table)
        };
        Self { limits: limits.into_iter().map(with_table).collect() }
    }

    fn take(&self, route: &str, key: LimitKey, value: &str) -> Result<(), GatewayError> {
        let holds = |limit: &RateLimit| {
            limit.key == key && (limit.routes.is_empty() || limit.routes.iter().any(|name| name == route))
        };
        for (limit, table) in self.limits.iter().filter(|(limit, _)| holds(limit)) {
            let taken = table.take(&bounded(value));
            taken.map_err(|wait| GatewayError::RateLimited { limit: limit.name.clone(), wait })?;
        }
        Ok(())
    }
}

/// A key of bounded length: the name of a user may be as long as a body.
fn bounded(value: &str) -> std::borrow::Cow<'_, str> {
    if value.len() <= MAX_KEY_BYTES {
        return value.into();
    }
    parapet_domain::digest::of_bytes("rate_key", value.as_bytes()).into()
}

#[cfg(test)]
mod tests;
