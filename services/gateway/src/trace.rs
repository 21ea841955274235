//! How an exchange is found again in other systems: W3C `traceparent` and `x-request-id`.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use uuid::Uuid;

use crate::telemetry::{self, Telemetry};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id that is taken over, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// The ids of one exchange.
pub(crate) struct Trace {
    /// 32 hex digits: from `traceparent`, else from a request id that is a UUID, else new.
    pub(crate) id: String,
    /// The caller's request id, else the trace id. Passed on and given back.
    pub(crate) request_id: HeaderValue,
    /// The span of the exchange, where traces are made.
    pub(crate) span: Option<Context>,
}

/// A caller's span, from `traceparent`.
pub(crate) struct Parent {
    pub(crate) trace: String,
    pub(crate) span: String,
    pub(crate) flags: u8,
}

impl Trace {
    /// The ids, and the span that they belong to. Where spans are made and the caller names no trace, the span's is new.
    pub(crate) fn begin(headers: &HeaderMap, telemetry: &Telemetry) -> Self {
        let parent = headers.get(TRACEPARENT).and_then(|value| parent(value.to_str().ok()?));
        let span = telemetry.exchange(parent.as_ref());
        let mut trace = Self::of(headers);
        if let Some(id) = span.as_ref().and_then(telemetry::trace_id) {
            trace.id = id;
        }
        trace.span = span;
        trace
    }

    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).filter(|value| is_request_id(value));
        let from_request_id = || given.and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok());
        let id = headers
            .get(TRACEPARENT)
            .and_then(|value| parent(value.to_str().ok()?))
            .map(|parent| parent.trace)
            .unwrap_or_else(|| from_request_id().unwrap_or_else(Uuid::now_v7).simple().to_string());
        let request_id =
            given.cloned().or_else(|| HeaderValue::from_str(&id).ok()).unwrap_or(HeaderValue::from_static("-"));
        Self { id, request_id, span: None }
    }

    /// Puts the ids into what goes on to an upstream, below `span` where spans are made. A `traceparent` that cannot be read
    /// is not passed on.
    pub(crate) fn pass_on(&self, headers: &mut HeaderMap, span: Option<&Context>) {
        headers.insert(REQUEST_ID, self.request_id.clone());
        let readable = headers.get(TRACEPARENT).and_then(|value| parent(value.to_str().ok()?)).is_some();
        if !readable {
            headers.remove(TRACEPARENT);
        }
        if let Some(span) = span {
            telemetry::inject(span, headers);
        }
    }
}

fn is_request_id(value: &HeaderValue) -> bool {
    (1..=MAX_REQUEST_ID).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// A `traceparent` of version 00 (W3C Trace Context, section 3.2).
fn parent(value: &str) -> Option<Parent> {
    let fields: Vec<&str> = value.split('-').collect();
    let [version, trace, span, flags] = fields.as_slice() else { return None };
    let hex =
        |text: &str, len: usize| text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let some = |text: &str| text.bytes().any(|b| b != b'0');
    let valid = *version == "00" && hex(trace, 32) && some(trace) && hex(span, 16) && some(span) && hex(flags, 2);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    valid.then(|| Parent { trace: (*trace).to_owned(), span: (*span).to_owned(), flags })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_trace_id_comes_from_the_best_source() {
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        assert_eq!(Trace::of(&headers(&[("traceparent", &parent)])).id, TRACE);
        let uuid = "0195c2f1-7a00-7000-8000-000000000001";
        let trace = Trace::of(&headers(&[("x-request-id", uuid), ("traceparent", "00-zz")]));
        assert_eq!((trace.id.as_str(), trace.request_id.to_str().unwrap()), ("0195c2f17a0070008000000000000001", uuid));
        let fresh = Trace::of(&headers(&[("x-request-id", "two words")]));
        assert_eq!((fresh.id.len(), fresh.request_id.to_str().unwrap()), (32, fresh.id.as_str()));
    }

    #[test]
    fn a_traceparent_that_cannot_be_read_is_not_passed_on() {
        for bad in
            ["00-zz", &format!("ff-{TRACE}-00f067aa0ba902b7-01"), &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32))]
        {
            let mut headers = headers(&[("traceparent", bad)]);
            Trace::of(&headers).pass_on(&mut headers, None);
            assert!(!headers.contains_key("traceparent"), "{bad}");
        }
    }
}
