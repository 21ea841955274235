//! When a request is sent again: exponential back-off with jitter, or when the server asked for it.

use std::time::Duration;

use crate::ModelError;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(20);
/// Added to a wait that the server asked for, so that its callers do not all come back at the same moment.
const SPREAD: Duration = Duration::from_millis(250);

/// How long to wait before the request is sent again, `None` when it is not. `failures` is how often it has failed,
/// `jitter` is from 0 to 1.
pub(crate) fn wait_after(error: &ModelError, failures: u32, retries: u32, jitter: f64) -> Option<Duration> {
    // A server that had its whole time is asked once more, in case the request got lost, but not again and again.
    let allowed = if matches!(error, ModelError::TimedOut { .. }) { retries.min(1) } else { retries };
    if !error.is_retryable() || failures > allowed {
        return None;
    }
    if let Some(asked) = error.retry_after() {
        return Some(asked.saturating_add(SPREAD.mul_f64(jitter)));
    }
    let backoff = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST);
    Some(backoff.mul_f64(0.5 + jitter / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(retry_after: Option<Duration>) -> ModelError {
        ModelError::Refused { status: 503, message: String::new(), passing: true, retry_after }
    }

    #[test]
    fn waits_double_up_to_a_limit_and_are_spread() {
        let wait = |failures, jitter| wait_after(&refused(None), failures, 99, jitter).unwrap();
        assert_eq!(wait(1, 1.0), Duration::from_millis(500));
        assert_eq!(wait(1, 0.0), Duration::from_millis(250));
        assert_eq!(wait(3, 1.0), Duration::from_secs(2));
        assert_eq!(wait(50, 1.0), LONGEST);
    }

    #[test]
    fn a_server_that_asks_for_a_wait_gets_it() {
        let asked = Duration::from_secs(7);
        assert_eq!(wait_after(&refused(Some(asked)), 1, 1, 0.0), Some(asked));
        assert_eq!(wait_after(&refused(Some(Duration::MAX)), 1, 1, 1.0), Some(Duration::MAX));
    }

    #[test]
    fn retries_end() {
        assert_eq!(wait_after(&refused(None), 3, 2, 0.0), None);
        assert_eq!(wait_after(&ModelError::Empty, 1, 9, 0.0), None);
        let late = ModelError::TimedOut { limit: FIRST };
        assert!(wait_after(&late, 1, 9, 0.0).is_some() && wait_after(&late, 2, 9, 0.0).is_none());
    }
}
