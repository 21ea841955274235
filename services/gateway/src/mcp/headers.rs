//! The headers that the protocol gives a meaning: checked before anything is read, and passed on.

use http::header::{ACCEPT, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue};
use parapet_domain::digest;
use parapet_surfaces::mcp::is_known_version;

use crate::error::GatewayError;

pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Longest value of one of these, in bytes. A session id can be a token.
const MAX_BYTES: usize = 2_048;
/// Longest session id that events bear as it is.
const MAX_LABEL_BYTES: usize = 256;

pub(super) const JSON: &str = "application/json";
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// What a request says about the conversation that it belongs to.
pub(super) struct Terms {
    pub(super) session: Option<String>,
    pub(super) version: Option<String>,
}

impl Terms {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, GatewayError> {
        let session = word(headers, &SESSION_ID, "mcp-session-id")?;
        let version = word(headers, &VERSION, "mcp-protocol-version")?;
        word(headers, &LAST_EVENT_ID, "last-event-id")?;
        match version {
            Some(version) if !is_known_version(&version) => {
                Err(GatewayError::ProtocolVersion(version.chars().take(40).collect()))
            }
            version => Ok(Self { session, version }),
        }
    }

    /// The session of events: the id, or its digest where that is too long to be repeated on each of them.
    pub(super) fn session_label(&self) -> Option<String> {
        let id = self.session.as_ref()?;
        let short = id.len() <= MAX_LABEL_BYTES;
        Some(if short { id.clone() } else { digest::of_bytes("session", id.as_bytes()) })
    }
}

/// The only value of a header, in visible ASCII.
fn word(headers: &HeaderMap, name: &HeaderName, told: &'static str) -> Result<Option<String>, GatewayError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if is_word(value) => Ok(value.to_str().ok().map(str::to_owned)),
        _ => Err(GatewayError::McpHeader(told)),
    }
}

fn is_word(value: &HeaderValue) -> bool {
    (1..=MAX_BYTES).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// A page of a web site could reach a server on this machine by a name of its own, so pages ask only where the route names
/// their site. Programs send no `Origin`.
pub(super) fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), GatewayError> {
    let known = |origin: &HeaderValue| allowed.iter().any(|known| known.as_bytes() == origin.as_bytes());
    if headers.get_all(ORIGIN).iter().all(known) { Ok(()) } else { Err(GatewayError::Origin) }
}

/// Whether the caller takes an answer in each of these forms.
pub(super) fn check_accept(headers: &HeaderMap, forms: &[&'static str]) -> Result<(), GatewayError> {
    let accepted: Vec<String> = headers
        .get_all(ACCEPT)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(|form| form.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    let takes = |form: &str| {
        let range = format!("{}/*", form.split('/').next().unwrap_or_default());
        accepted.iter().any(|accepted| accepted == form || accepted == "*/*" || *accepted == range)
    };
    match forms.iter().find(|form| !takes(form)) {
        Some(form) => Err(GatewayError::NotAcceptable(form)),
        None => Ok(()),
    }
}

/// The session id that a server gives out, if it is one.
pub(super) fn given_session(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(SESSION_ID).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if is_word(value) => Some(value.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_headers_of_the_protocol_are_single_words() {
        let terms = Terms::of(&headers(&[("mcp-session-id", "s-1"), ("mcp-protocol-version", "2025-06-18")])).unwrap();
        assert_eq!((terms.session.as_deref(), terms.version.as_deref()), (Some("s-1"), Some("2025-06-18")));
        assert_eq!(terms.session_label().as_deref(), Some("s-1"));
        let long = "x".repeat(2_049);
        for bad in [
            &[("mcp-session-id", "a"), ("mcp-session-id", "b")][..],
            &[("mcp-session-id", "a b")],
            &[("mcp-session-id", "")],
            &[("last-event-id", &long)],
            &[("mcp-protocol-version", "2099-01-01")],
        ] {
            assert!(Terms::of(&headers(bad)).is_err(), "{bad:?}");
        }
        let token = "t".repeat(300);
        let label = Terms::of(&headers(&[("mcp-session-id", &token)])).unwrap().session_label().unwrap();
        assert!(label.starts_with("session:") && label.len() < 100, "{label}");
    }

    #[test]
    fn an_answer_comes_in_a_form_that_the_caller_takes() {
        let accepts = |value: &str| check_accept(&headers(&[("accept", value)]), &[JSON, EVENT_STREAM]).is_ok();
        assert!(
            accepts("application/json, text/event-stream;q=0.9") && accepts("*/*") && accepts("text/*, application/*")
        );
        assert!(!accepts("application/json") && !accepts("text/event-stream") && !accepts(""));
    }

    #[test]
    fn pages_ask_only_where_the_route_names_their_site() {
        let allowed = ["https://app.example.com".to_owned()];
        let origin = |value: &str| check_origin(&headers(&[("origin", value)]), &allowed).is_ok();
        assert!(check_origin(&HeaderMap::new(), &[]).is_ok());
        assert!(origin("https://app.example.com") && !origin("https://evil.example.com") && !origin("null"));
    }
}
