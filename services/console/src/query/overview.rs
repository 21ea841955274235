//! The question behind the overview: a span of time, cut into buckets of equal length.

use std::time::Duration;

use parapet_domain::Timestamp;

use super::{Pairs, QueryError};

const SECOND_US: i64 = 1_000_000;
/// Most buckets of one overview.
const MAX_BUCKETS: i64 = 1_000;
/// Lengths that a bucket may have by itself, in seconds.
const STEPS_S: [i64; 12] = [10, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800];
/// Buckets aimed at when none are asked for.
const AIM_BUCKETS: i64 = 96;

/// A span that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// As written in `range`.
    pub(crate) word: &'static str,
    /// As said in a sentence.
    pub(crate) name: &'static str,
    seconds: i64,
}

impl Range {
    /// The ranges on offer, shortest first.
    pub(crate) const ALL: [Self; 4] = [
        Self { word: "1h", name: "The last hour", seconds: 3_600 },
        Self { word: "24h", name: "The last 24 hours", seconds: 86_400 },
        Self { word: "7d", name: "The last 7 days", seconds: 604_800 },
        Self { word: "30d", name: "The last 30 days", seconds: 2_592_000 },
    ];
    const DEFAULT: Self = Self::ALL[1];
}

/// Which time, how finely cut.
#[derive(Debug)]
pub(crate) struct OverviewQuery {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) bucket: Duration,
    /// The range it came from, if it was not given as two times.
    pub(crate) range: Option<Range>,
}

impl OverviewQuery {
    /// Reads `range`, or `from` and `to`, and `bucket_s`.
    pub(crate) fn parse(query: &str, now: Timestamp) -> Result<Self, QueryError> {
        let pairs = Pairs::parse(query, &["range", "from", "to", "bucket_s"])?;
        let range = pairs.typed("range", "`1h`, `24h`, `7d` or `30d`", |text| {
            Range::ALL.into_iter().find(|range| range.word == text)
        })?;
        let (from, to) = (pairs.time("from")?, pairs.time("to")?);
        let bucket_s = pairs.typed("bucket_s", "a number of seconds from 1 to 604800", |text| {
            text.parse::<i64>().ok().filter(|seconds| (1..=604_800).contains(seconds))
        })?;
        match (range, from, to) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(QueryError::new("give `range`, or `from` and `to`, not both"))
            }
            (None, None, None) => Self::ending(now, Range::DEFAULT, bucket_s),
            (Some(range), None, None) => Self::ending(now, range, bucket_s),
            (None, Some(from), to) => Self::between(from, to.unwrap_or(now), bucket_s),
            (None, None, Some(_)) => Err(QueryError::new("`to` needs `from` beside it")),
        }
    }

    /// The last range up to `now`, on whole buckets, so that bars do not change their borders at each look.
    fn ending(now: Timestamp, range: Range, bucket_s: Option<i64>) -> Result<Self, QueryError> {
        let step = bucket_s.unwrap_or_else(|| step_for(range.seconds)) * SECOND_US;
        let end = now.as_micros().div_euclid(step).saturating_add(1).saturating_mul(step);
        let from = Timestamp::from_micros(end.saturating_sub(range.seconds * SECOND_US));
        let query = Self::between(from, Timestamp::from_micros(end), Some(step / SECOND_US))?;
        Ok(Self { range: Some(range), ..query })
    }

    fn between(from: Timestamp, to: Timestamp, bucket_s: Option<i64>) -> Result<Self, QueryError> {
        let span_s = to.as_micros().saturating_sub(from.as_micros()) / SECOND_US;
        if span_s <= 0 {
            return Err(QueryError::new(format!("`from` ({from}) must be at least a second before `to` ({to})")));
        }
        let step = bucket_s.unwrap_or_else(|| step_for(span_s));
        if span_s / step > MAX_BUCKETS {
            return Err(QueryError::new(format!(
                "that makes {} buckets, more than {MAX_BUCKETS}; choose a shorter time or a larger `bucket_s`",
                span_s / step
            )));
        }
        Ok(Self { from, to, bucket: Duration::from_secs(step.unsigned_abs()), range: None })
    }
}

/// The shortest step that cuts `span_s` into about [`AIM_BUCKETS`].
fn step_for(span_s: i64) -> i64 {
    let fits = |step: &&i64| span_s / **step <= AIM_BUCKETS;
    STEPS_S.iter().find(fits).copied().unwrap_or_else(|| (span_s / AIM_BUCKETS).max(1))
}
