//! How an exchange is found again in other systems: W3C `traceparent` and `x-request-id`.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id that is taken over, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// The ids of one exchange.
pub(crate) struct Trace {
    /// 32 hex digits: from `traceparent`, else from a request id that is a UUID, else new.
    pub(crate) id: String,
    /// The caller's request id, else the trace id. Passed on and given back.
    pub(crate) request_id: HeaderValue,
}

impl Trace {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).filter(|value| is_request_id(value));
        let from_request_id = || given.and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok());
        let id = headers
            .get(TRACEPARENT)
            .and_then(|value| trace_id(value.to_str().ok()?))
            .unwrap_or_else(|| from_request_id().unwrap_or_else(Uuid::now_v7).simple().to_string());
        let request_id =
            given.cloned().or_else(|| HeaderValue::from_str(&id).ok()).unwrap_or(HeaderValue::from_static("-"));
        Self { id, request_id }
    }

    /// Puts the ids into what goes on to an upstream. A `traceparent` that cannot be read is not passed on.
    pub(crate) fn pass_on(&self, headers: &mut HeaderMap) {
        headers.insert(REQUEST_ID, self.request_id.clone());
        let readable = headers.get(TRACEPARENT).and_then(|value| trace_id(value.to_str().ok()?)).is_some();
        if !readable {
            headers.remove(TRACEPARENT);
        }
    }
}

fn is_request_id(value: &HeaderValue) -> bool {
    (1..=MAX_REQUEST_ID).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// Trace id of a `traceparent` of version 00 (W3C Trace Context, section 3.2).
fn trace_id(value: &str) -> Option<String> {
    let fields: Vec<&str> = value.split('-').collect();
    let [version, trace, parent, flags] = fields.as_slice() else { return None };
    let hex =
        |text: &str, len: usize| text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let some = |text: &str| text.bytes().any(|b| b != b'0');
    let valid = *version == "00" && hex(trace, 32) && some(trace) && hex(parent, 16) && some(parent) && hex(flags, 2);
    valid.then(|| (*trace).to_owned())
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
            Trace::of(&headers).pass_on(&mut headers);
            assert!(!headers.contains_key("traceparent"), "{bad}");
        }
    }
}
