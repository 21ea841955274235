//! Every name in a trace. The names of the GenAI conventions for guardrails are not settled; when they are, they change here.

/// Span of a request, from its headers to the end of its answer.
pub(super) const EXCHANGE: &str = "parapet.exchange";
/// Span of a decision on one event.
pub(super) const DECISION: &str = "parapet.decision";
/// Span of a request to an upstream, up to the head of its answer.
pub(super) const UPSTREAM: &str = "parapet.upstream";
/// Event on a decision: one guard's run.
pub(super) const GUARD_RUN: &str = "parapet.guard_run";

/// Name of the route; absent where no route has the path.
pub(super) const ROUTE: &str = "parapet.route";
/// Protocol.
pub(super) const SURFACE: &str = "parapet.surface";
/// Id of the request.
pub(super) const REQUEST_ID: &str = "parapet.request.id";
/// Stage of the event.
pub(super) const STAGE: &str = "parapet.stage";
/// What was enforced.
pub(super) const ENFORCED: &str = "parapet.decision.enforced";
/// Id of the decision, as in the audit log.
pub(super) const DECISION_ID: &str = "parapet.decision.id";
/// Reason code.
pub(super) const REASON: &str = "parapet.decision.reason_code";
/// Hash of the guard set.
pub(super) const GUARD_SET: &str = "parapet.guard_set";
/// Guard.
pub(super) const GUARD: &str = "parapet.guard";
/// How the run of a guard ended: a verdict or a kind of failure.
pub(super) const OUTCOME: &str = "parapet.guard.outcome";
/// Whether the guard enforces.
pub(super) const MODE: &str = "parapet.guard.mode";
/// Time of a guard's run in microseconds.
pub(super) const DURATION_US: &str = "parapet.guard.duration_us";
/// Name of the upstream in the configuration.
pub(super) const UPSTREAM_NAME: &str = "parapet.upstream.name";

/// As OpenTelemetry names it: the status of an answer.
pub(super) const HTTP_STATUS: &str = "http.response.status_code";
/// As OpenTelemetry names it: the kind of a failure.
pub(super) const ERROR: &str = "error.type";
