//! Traces for OpenTelemetry: a span for each exchange, below it one for each decision and one for the upstream. They bear configured names and
//! stable words only: no content, no user. Off unless the configuration has `[telemetry]`, and then nothing is made.

mod names;

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use parapet_domain::{DecisionRecord, GuardRun, Outcome};

use crate::routes::LiveRoute;
use crate::trace::{Parent, TRACEPARENT};
use crate::upstream::UpstreamError;

/// Makes the spans.
pub(crate) struct Telemetry(Option<BoxedTracer>);

impl Telemetry {
    /// With the provider that is installed in this process, or none.
    pub(crate) fn new(on: bool) -> Self {
        Self(on.then(|| global::tracer("parapet")))
    }

    /// The span of a request. It ends when the last of its contexts is dropped.
    pub(crate) fn exchange(&self, parent: Option<&Parent>) -> Option<Context> {
        let tracer = self.0.as_ref()?;
        let parent =
            parent.and_then(remote).map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let span = tracer.span_builder(names::EXCHANGE).with_kind(SpanKind::Server);
        Some(parent.with_span(span.start_with_context(tracer, &parent)))
    }

    /// A decision that has just been made.
    pub(crate) fn decided(&self, exchange: Option<&Context>, record: &DecisionRecord) {
        let (Some(tracer), Some(exchange)) = (&self.0, exchange) else { return };
        let end = SystemTime::now();
        let start = end.checked_sub(Duration::from_micros(record.duration_us)).unwrap_or(end);
        let span = tracer.span_builder(names::DECISION).with_kind(SpanKind::Internal).with_start_time(start);
        let span = exchange.with_span(span.with_attributes(of_decision(record)).start_with_context(tracer, exchange));
        for run in &record.runs {
            span.span().add_event(names::GUARD_RUN, of_run(run));
        }
        span.span().end_with_timestamp(end);
    }

    /// The span of a request to an upstream.
    pub(crate) fn upstream(&self, exchange: Option<&Context>, name: &str) -> Option<Context> {
        let (tracer, exchange) = (self.0.as_ref()?, exchange?);
        let span = tracer.span_builder(names::UPSTREAM).with_kind(SpanKind::Client);
        let span = span.with_attributes([KeyValue::new(names::UPSTREAM_NAME, name.to_owned())]);
        Some(exchange.with_span(span.start_with_context(tracer, exchange)))
    }
}

/// What became of a request to an upstream.
pub(crate) fn upstream_answered(span: Option<&Context>, answer: Result<StatusCode, &UpstreamError>) {
    let Some(context) = span else { return };
    let span = context.span();
    match answer {
        Ok(status) => span.set_attribute(KeyValue::new(names::HTTP_STATUS, i64::from(status.as_u16()))),
        Err(error) => {
            span.set_attribute(KeyValue::new(names::ERROR, error.kind()));
            span.set_status(Status::error(error.kind()));
        }
    }
    span.end();
}

/// What a request was and how it was answered.
pub(crate) fn answered(span: Option<&Context>, live: Option<&LiveRoute>, request_id: &HeaderValue, status: StatusCode) {
    let Some(context) = span else { return };
    let span = context.span();
    if let Some(live) = live {
        span.set_attribute(KeyValue::new(names::ROUTE, live.config.name.clone()));
        span.set_attribute(KeyValue::new(names::SURFACE, live.config.kind.surface().as_str()));
    }
    if let Ok(id) = request_id.to_str() {
        span.set_attribute(KeyValue::new(names::REQUEST_ID, id.to_owned()));
    }
    span.set_attribute(KeyValue::new(names::HTTP_STATUS, i64::from(status.as_u16())));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

/// The trace of a span, 32 hex digits.
pub(crate) fn trace_id(span: &Context) -> Option<String> {
    let span = span.span();
    let context = span.span_context();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// Writes `traceparent` for what happens below `span`.
pub(crate) fn inject(span: &Context, headers: &mut HeaderMap) {
    let span = span.span();
    let context = span.span_context();
    let value = format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags().to_u8());
    if let (true, Ok(value)) = (context.is_valid(), HeaderValue::try_from(value)) {
        headers.insert(TRACEPARENT, value);
    }
}

fn remote(parent: &Parent) -> Option<SpanContext> {
    let trace = TraceId::from_hex(&parent.trace).ok()?;
    let span = SpanId::from_hex(&parent.span).ok()?;
    Some(SpanContext::new(trace, span, TraceFlags::new(parent.flags), true, TraceState::default()))
}

fn of_decision(record: &DecisionRecord) -> Vec<KeyValue> {
    vec![
        KeyValue::new(names::STAGE, record.stage.as_str()),
        KeyValue::new(names::ENFORCED, record.enforced.as_str()),
        KeyValue::new(names::DECISION_ID, record.id.to_string()),
        KeyValue::new(names::REASON, record.reason_code.clone()),
        KeyValue::new(names::GUARD_SET, record.guard_set.clone()),
        KeyValue::new(names::GUARD, record.decided_by.clone().unwrap_or_default()),
    ]
}

fn of_run(run: &GuardRun) -> Vec<KeyValue> {
    let outcome = match &run.outcome {
        Outcome::Verdict(verdict) => verdict.decision.as_str(),
        Outcome::Failure(failure) => failure.kind.as_str(),
    };
    vec![
        KeyValue::new(names::GUARD, run.guard.clone()),
        KeyValue::new(names::OUTCOME, outcome),
        KeyValue::new(names::MODE, run.mode.as_str()),
        KeyValue::new(names::DURATION_US, i64::try_from(run.duration_us).unwrap_or(i64::MAX)),
    ]
}
