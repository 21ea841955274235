//! Rankings with a bar each: denials and failures by guard, and the percentiles of the latency.

use parapet_store::{FailureCount, GuardCount, Latency, Overview};

use super::Span;
use crate::display::{count, micros, ratio, share, visible};

/// Lines of a ranking.
const RANKED: usize = 8;

/// A line with a bar.
pub(super) struct Ranked {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) count: String,
    pub(super) share: String,
    /// Of 100.
    pub(super) width: String,
}

/// Denials, most first.
pub(super) fn denials(overview: &Overview, span: &Span) -> Vec<Ranked> {
    let whole: u64 = overview.denials_by_guard.iter().map(|one| one.count).sum();
    let most = overview.denials_by_guard.first().map_or(0, |one| one.count);
    let line = |one: &GuardCount| Ranked {
        href: span.link(&[("guard", &one.guard), ("decision", "deny")]),
        name: visible(&one.guard),
        count: count(one.count),
        share: share(one.count, whole),
        width: width(one.count, most),
    };
    overview.denials_by_guard.iter().take(RANKED).map(line).collect()
}

/// Failures by guard and kind, most first.
pub(super) fn failures(overview: &Overview, span: &Span) -> Vec<Ranked> {
    let most = overview.failures_by_guard.first().map_or(0, |one| one.count);
    let line = |one: &FailureCount| Ranked {
        href: span.link(&[("guard", &one.guard), ("failure", one.kind.as_str())]),
        name: visible(&one.guard),
        count: count(one.count),
        share: one.kind.as_str().replace('_', " "),
        width: width(one.count, most),
    };
    overview.failures_by_guard.iter().take(RANKED).map(line).collect()
}

/// Half, most and nearly all decisions.
pub(super) fn latency(latency: Latency) -> Vec<Ranked> {
    let line = |(name, meaning, us): (&str, &str, u64)| Ranked {
        href: String::new(),
        name: name.to_owned(),
        count: micros(us),
        share: meaning.to_owned(),
        width: width(us, latency.p99_us),
    };
    [
        ("p50", "half take at most", latency.p50_us),
        ("p95", "19 of 20 take at most", latency.p95_us),
        ("p99", "99 of 100 take at most", latency.p99_us),
    ]
    .map(line)
    .into()
}

/// Length of a bar, of 100; never quite nothing.
fn width(part: u64, most: u64) -> String {
    format!("{:.1}", (ratio(part, most) * 100.0).max(1.0))
}
