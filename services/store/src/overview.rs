//! Aggregates over a span of time, for the console's first page and for reports. The SQL is in the two stores; here is
//! what both of them give.

use std::collections::BTreeMap;

use parapet_domain::{Decision, FailureKind, Timestamp};
use serde::Serialize;

use crate::StoreError;

/// Which span, cut into how many buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewRequest {
    /// Whose log.
    pub tenant: String,
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Width of a bucket in microseconds. Buckets start at multiples of it since 1970.
    pub bucket_us: i64,
}

/// The aggregates of one span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Sum of all buckets.
    pub total: Counts,
    /// In order of time, empty ones included.
    pub buckets: Vec<Bucket>,
    /// Denials by the guard whose verdict decided them, most first. Failures are not among them: an outage is no block.
    pub denials_by_guard: Vec<GuardCount>,
    /// Failed runs by guard and kind, in any mode, most first.
    pub failures_by_guard: Vec<FailureCount>,
    /// Time to decide; `None` without decisions.
    pub latency: Option<Latency>,
}

/// Decisions of one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Start, inclusive.
    pub start: Timestamp,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Decisions by what was enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Passed unchanged.
    pub allow: u64,
    /// Passed with edits.
    pub redact: u64,
    /// Held for approval.
    pub ask: u64,
    /// Refused, by a guard or because one failed.
    pub deny: u64,
    /// Of all of these, those in which at least one guard failed, in any mode.
    pub failed: u64,
}

impl Counts {
    /// Number of decisions.
    #[must_use]
    pub const fn decisions(&self) -> u64 {
        self.allow + self.redact + self.ask + self.deny
    }

    fn add(&mut self, decision: Decision, count: u64, failed: u64) {
        let field = match decision {
            Decision::Allow => &mut self.allow,
            Decision::Redact => &mut self.redact,
            Decision::Ask => &mut self.ask,
            Decision::Deny => &mut self.deny,
        };
        *field += count;
        self.failed += failed;
    }
}

/// A guard with a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardCount {
    /// Its id.
    pub guard: String,
    /// How many.
    pub count: u64,
}

/// A guard's failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureCount {
    /// Its id.
    pub guard: String,
    /// The kind.
    pub kind: FailureKind,
    /// How many.
    pub count: u64,
}

/// Percentiles of the time to decide, in microseconds: the smallest value that so many percent do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Half.
    pub p50_us: u64,
    /// 95 percent.
    pub p95_us: u64,
    /// 99 percent.
    pub p99_us: u64,
}

impl OverviewRequest {
    /// Most buckets of one overview.
    pub const MAX_BUCKETS: i64 = 5_000;

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let span = self.to.as_micros().saturating_sub(self.from.as_micros());
        if span <= 0 {
            return Err(StoreError::Query(format!("the span from {} to {} is empty", self.from, self.to)));
        }
        if self.bucket_us <= 0 || span / self.bucket_us >= Self::MAX_BUCKETS {
            return Err(StoreError::Query(format!(
                "a bucket of {} us cuts the span into more than {} pieces",
                self.bucket_us,
                Self::MAX_BUCKETS
            )));
        }
        Ok(())
    }

    /// Start of the bucket that holds `at`.
    fn bucket_of(&self, at: i64) -> i64 {
        at.div_euclid(self.bucket_us).saturating_mul(self.bucket_us)
    }

    /// Puts the parts together. `counted` has one entry for each bucket and decision that occurs.
    pub(crate) fn assemble(
        &self,
        counted: Vec<Counted>,
        denials_by_guard: Vec<GuardCount>,
        failures_by_guard: Vec<FailureCount>,
        latency: Option<Latency>,
    ) -> Overview {
        let step = usize::try_from(self.bucket_us).unwrap_or(usize::MAX);
        let starts = (self.bucket_of(self.from.as_micros())..self.to.as_micros()).step_by(step);
        let mut buckets: BTreeMap<i64, Counts> = starts.map(|start| (start, Counts::default())).collect();
        let mut total = Counts::default();
        for one in counted {
            buckets.entry(self.bucket_of(one.start)).or_default().add(one.decision, one.count, one.failed);
            total.add(one.decision, one.count, one.failed);
        }
        let buckets = buckets
            .into_iter()
            .map(|(start, counts)| Bucket { start: Timestamp::from_micros(start), counts })
            .collect();
        Overview { from: self.from, to: self.to, total, buckets, denials_by_guard, failures_by_guard, latency }
    }
}

/// One row of the counting query.
pub(crate) struct Counted {
    pub(crate) start: i64,
    pub(crate) decision: Decision,
    pub(crate) count: u64,
    pub(crate) failed: u64,
}

impl Counted {
    pub(crate) fn new(start: i64, enforced: &str, count: i64, failed: i64) -> Result<Self, StoreError> {
        let decision = Decision::ALL.into_iter().find(|d| d.as_str() == enforced);
        let decision = decision.ok_or_else(|| {
            StoreError::Unreadable(format!("`{enforced}` is no decision that this version of parapet knows"))
        })?;
        Ok(Self { start, decision, count: count.unsigned_abs(), failed: failed.unsigned_abs() })
    }
}

impl FailureCount {
    pub(crate) fn new(guard: String, kind: &str, count: i64) -> Result<Self, StoreError> {
        let kind = FailureKind::ALL.into_iter().find(|k| k.as_str() == kind);
        let kind = kind.ok_or_else(|| {
            StoreError::Unreadable("a kind of failure is not known to this version of parapet".to_owned())
        })?;
        Ok(Self { guard: crate::text::unescape(guard), kind, count: count.unsigned_abs() })
    }
}

impl GuardCount {
    pub(crate) fn new(guard: String, count: i64) -> Self {
        Self { guard: crate::text::unescape(guard), count: count.unsigned_abs() }
    }
}

impl Latency {
    /// From the three columns of the query, which are null when there are no rows.
    pub(crate) fn of((p50, p95, p99): (Option<i64>, Option<i64>, Option<i64>)) -> Option<Self> {
        Some(Self { p50_us: p50?.unsigned_abs(), p95_us: p95?.unsigned_abs(), p99_us: p99?.unsigned_abs() })
    }
}

/// Reason codes that say a guard failed.
pub(crate) fn failure_reasons() -> Vec<&'static str> {
    FailureKind::ALL.iter().map(|kind| kind.reason_code()).collect()
}

/// Words of the kinds of failure.
pub(crate) fn failure_kinds() -> Vec<&'static str> {
    FailureKind::ALL.iter().map(|kind| kind.as_str()).collect()
}
