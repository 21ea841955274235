//! Times of single decisions, and what is said about them.

use std::time::Duration;

use serde::Serialize;

use super::row::Suite;

/// Collects times, each with the data set of its row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<(Suite, Duration)>);

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
    pub(crate) fn push(&mut self, suite: Suite, time: Duration) {
        self.0.push((suite, time));
    }

    /// All times of one data set together.
    pub(crate) fn total(&self, of: Suite) -> Duration {
        self.0.iter().filter(|(suite, _)| *suite == of).map(|(_, time)| *time).sum()
    }

    /// The summary of one data set, or of both.
    pub(crate) fn summary(&self, only: Option<Suite>) -> Latency {
        let wanted = self.0.iter().filter(|(suite, _)| only.is_none_or(|only| only == *suite));
        let mut sorted: Vec<Duration> = wanted.map(|(_, time)| *time).collect();
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
        let mut times = Times((1..=100).rev().map(|us| (Suite::EicuAc, Duration::from_micros(us))).collect());
        times.push(Suite::Mind2WebSc, Duration::from_secs(1));
        let summary = times.summary(Some(Suite::EicuAc));
        assert_eq!((summary.decisions, summary.p50_us, summary.p99_us), (100, 50.0, 99.0));
        assert_eq!(times.summary(None).decisions, 101);
        assert_eq!(times.total(Suite::EicuAc), Duration::from_micros(5_050));
        assert_eq!(Times::default().summary(None).p99_us, 0.0);
    }
}
