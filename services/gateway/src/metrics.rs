//! Every metric of the data plane, in the Prometheus text format. Labels hold configured names and stable words only:
//! no user, no reason text, nothing that a caller chooses.

use std::time::Duration;

use parapet_domain::decision::DecisionRecord;
use parapet_domain::{GuardRun, Outcome, Stage};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds, from 5 µs: a guard run takes tens of microseconds, a tool as WASM milliseconds.
const GUARD_BUCKETS: [f64; 16] =
    [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.5, 1.0];
/// Upper bounds in seconds for whole exchanges.
const EXCHANGE_BUCKETS: [f64; 14] =
    [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GuardDecision {
    guard: String,
    stage: &'static str,
    decision: &'static str,
    mode: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GuardFailure {
    guard: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GuardName {
    guard: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteDecision {
    route: String,
    stage: &'static str,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteApproval {
    route: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteStatus {
    route: String,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamFailure {
    upstream: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamEnd {
    route: String,
    end: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteTokens {
    route: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLimit {
    limit: String,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteName {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SetHash {
    guard_set: String,
}

/// The metrics of one [`crate::App`].
pub(crate) struct Metrics {
    registry: Registry,
    guard_decisions: Family<GuardDecision, Counter>,
    guard_durations: Family<GuardName, Histogram, fn() -> Histogram>,
    guard_failures: Family<GuardFailure, Counter>,
    decisions: Family<RouteDecision, Counter>,
    approvals: Family<RouteApproval, Counter>,
    not_inspected: Family<Reason, Counter>,
    judged_before: Family<RouteName, Counter>,
    overhead: Histogram,
    requests: Family<RouteStatus, Counter>,
    streams: Family<StreamEnd, Counter>,
    tokens: Family<RouteTokens, Counter>,
    rate_limited: Family<RouteLimit, Counter>,
    in_flight: Gauge,
    upstream_failures: Family<UpstreamFailure, Counter>,
    audit_failures: Counter,
    audit_queue: Gauge,
    audit_dropped: Counter,
    guard_set: Family<SetHash, Gauge>,
    guard_set_broken: Gauge,
}

/// What is not counted here but asked for when the text is made.
pub(crate) struct Readings<'a> {
    pub(crate) audit_queue: usize,
    pub(crate) audit_dropped: u64,
    pub(crate) guard_set: &'a str,
    pub(crate) guard_set_broken: bool,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("parapet"),
            guard_decisions: Family::default(),
            guard_durations: Family::new_with_constructor(|| Histogram::new(GUARD_BUCKETS)),
            guard_failures: Family::default(),
            decisions: Family::default(),
            approvals: Family::default(),
            not_inspected: Family::default(),
            judged_before: Family::default(),
            overhead: Histogram::new(EXCHANGE_BUCKETS),
            requests: Family::default(),
            streams: Family::default(),
            tokens: Family::default(),
            rate_limited: Family::default(),
            in_flight: Gauge::default(),
            upstream_failures: Family::default(),
            audit_failures: Counter::default(),
            audit_queue: Gauge::default(),
            audit_dropped: Counter::default(),
            guard_set: Family::default(),
            guard_set_broken: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    /// Name and meaning of each. The library adds `_total` to counters.
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("guard_decisions", "Verdicts by guard, stage, decision and mode", self.guard_decisions.clone());
        r.register("guard_duration_seconds", "Time of one guard run", self.guard_durations.clone());
        r.register("guard_failures", "Guard runs without a verdict, by kind of failure", self.guard_failures.clone());
        r.register("decisions", "Enforced decisions by route and stage", self.decisions.clone());
        r.register("approvals", "Events that needed a person, by what came of it", self.approvals.clone());
        r.register("not_inspected_parts", "Parts that no guard saw, by reason", self.not_inspected.clone());
        r.register("judged_before_parts", "Parts of histories that were not judged again", self.judged_before.clone());
        r.register("overhead_seconds", "Time of an exchange without the upstream's share", self.overhead.clone());
        r.register("requests", "Requests by route and status", self.requests.clone());
        r.register("streams", "Streams that were passed on as they came, by how they ended", self.streams.clone());
        r.register("tokens", "Redactions that can be undone, by what came of them", self.tokens.clone());
        r.register("rate_limited", "Requests beyond a limit, by limit and route", self.rate_limited.clone());
        r.register("requests_in_flight", "Requests at work", self.in_flight.clone());
        r.register("upstream_failures", "Exchanges without a usable answer, by kind", self.upstream_failures.clone());
        r.register("audit_failures", "Decisions without a receipt in time", self.audit_failures.clone());
        r.register("audit_queue_depth", "Decisions waiting to be written", self.audit_queue.clone());
        r.register("audit_dropped", "Decisions lost; must stay 0", self.audit_dropped.clone());
        r.register("guard_set_info", "The guard set in force", self.guard_set.clone());
        r.register(
            "guard_set_broken",
            "1 while a newer guard set is refused and the last good one enforces",
            self.guard_set_broken.clone(),
        );
    }

    /// All metrics as text.
    pub(crate) fn render(&self, readings: &Readings<'_>) -> String {
        self.audit_queue.set(i64::try_from(readings.audit_queue).unwrap_or(i64::MAX));
        self.audit_dropped.inc_by(readings.audit_dropped.saturating_sub(self.audit_dropped.get()));
        self.guard_set_broken.set(i64::from(readings.guard_set_broken));
        self.guard_set.clear();
        self.guard_set.get_or_create(&SetHash { guard_set: readings.guard_set.to_owned() }).set(1);
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// The runs of one event.
    pub(crate) fn judged(&self, stage: Stage, runs: &[GuardRun]) {
        for run in runs {
            let guard = || run.guard.clone();
            let decision = match &run.outcome {
                Outcome::Verdict(verdict) => verdict.decision.as_str(),
                Outcome::Failure(failure) => {
                    self.guard_failures
                        .get_or_create(&GuardFailure { guard: guard(), kind: failure.kind.as_str() })
                        .inc();
                    "failed"
                }
            };
            let labels = GuardDecision { guard: guard(), stage: stage.as_str(), decision, mode: run.mode.as_str() };
            self.guard_decisions.get_or_create(&labels).inc();
            let seconds = Duration::from_micros(run.duration_us).as_secs_f64();
            self.guard_durations.get_or_create(&GuardName { guard: guard() }).observe(seconds);
        }
    }

    /// A decision that is about to be recorded.
    pub(crate) fn decided(&self, record: &DecisionRecord) {
        let labels = RouteDecision {
            route: record.route.clone(),
            stage: record.stage.as_str(),
            decision: record.enforced.as_str(),
        };
        self.decisions.get_or_create(&labels).inc();
        if record.uses_approval().is_some() {
            self.approval(&record.route, "used");
        }
        if !record.coverage.judged_before.is_empty() {
            let parts = self.judged_before.get_or_create(&RouteName { route: record.route.clone() });
            parts.inc_by(u64::try_from(record.coverage.judged_before.len()).unwrap_or(u64::MAX));
        }
        let restored = record.tokens.iter().flat_map(|tokens| tokens.restored.values()).sum();
        self.tokens(&record.route, "restored", restored);
        for part in &record.coverage.not_inspected {
            self.not_inspected.get_or_create(&Reason { reason: part.reason.clone() }).inc();
        }
    }

    /// An event whose guards ask a person: `pending`, `used`, or the reason code of the refusal.
    pub(crate) fn approval(&self, route: &str, outcome: &'static str) {
        self.approvals.get_or_create(&RouteApproval { route: route.to_owned(), outcome }).inc();
    }

    /// Redactions on a route that keeps values: `replaced` by tokens, `plain` beyond the limits, `restored` in answers.
    pub(crate) fn tokens(&self, route: &str, outcome: &'static str, count: u64) {
        if count > 0 {
            self.tokens.get_or_create(&RouteTokens { route: route.to_owned(), outcome }).inc_by(count);
        }
    }

    /// A decision that has no receipt.
    pub(crate) fn audit_failed(&self) {
        self.audit_failures.inc();
    }

    /// An exchange whose upstream failed.
    pub(crate) fn upstream_failed(&self, upstream: &str, kind: &'static str) {
        self.upstream_failures.get_or_create(&UpstreamFailure { upstream: upstream.to_owned(), kind }).inc();
    }

    /// A request with its answer; `route` is `none` where no route has the path.
    pub(crate) fn requested(&self, route: &str, status: u16) {
        self.requests.get_or_create(&RouteStatus { route: route.to_owned(), status: u32::from(status) }).inc();
    }

    /// A stream that was passed on as it came.
    pub(crate) fn streamed(&self, route: &str, end: &'static str) {
        self.streams.get_or_create(&StreamEnd { route: route.to_owned(), end }).inc();
    }

    /// A request beyond a limit.
    pub(crate) fn rate_limited(&self, limit: &str, route: &str) {
        let labels = RouteLimit { limit: limit.to_owned(), route: route.to_owned() };
        self.rate_limited.get_or_create(&labels).inc();
    }

    /// Time of an exchange without the upstream's share.
    pub(crate) fn took(&self, overhead: Duration) {
        self.overhead.observe(overhead.as_secs_f64());
    }

    /// Counts a request as at work until it is dropped.
    pub(crate) fn at_work(&self) -> AtWork {
        self.in_flight.inc();
        AtWork(self.in_flight.clone())
    }
}

/// A request at work.
pub(crate) struct AtWork(Gauge);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.dec();
    }
}
