//! Times of single decisions, and what is said about them.

use std::time::Duration;

use serde::Serialize;

/// Collects times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<Duration>);

/// Summary for the report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Latency {
    /// Decisions that were measured.
    pub(crate) decisions: usize,
    /// Median, in microseconds.
    pub(crate) p50_us: f64,
    /// 99th percentile, in microseconds.
    pub(crate) p99_us: f64,
    /// Decisions a second, one after the other.
    pub(crate) per_second: f64,
}

impl Times {
    /// Adds one.
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The summary.
    pub(crate) fn summary(&self) -> Latency {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let total: Duration = sorted.iter().sum();
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        Latency {
            decisions: sorted.len(),
            p50_us: percentile(&sorted, 50),
            p99_us: percentile(&sorted, 99),
            per_second: if total.is_zero() { 0.0 } else { f64::from(count) / total.as_secs_f64() },
        }
    }
}

/// Nearest rank: the smallest time that at least `percent` of all times do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let times = Times((1..=100).rev().map(Duration::from_micros).collect());
        let summary = times.summary();
        assert_eq!((summary.p50_us, summary.p99_us), (50.0, 99.0));
        assert_eq!(Times::default().summary().p99_us, 0.0);
    }
}
