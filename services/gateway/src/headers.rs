//! Which headers go through, in both directions, and which stay here.

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, EXPECT, HOST,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, RANGE, RETRY_AFTER, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::GatewayError;

/// Prefix of the headers between a caller and Parapet.
const OURS: &str = "x-parapet-";
const JSON: &str = "application/json";

/// Headers about one hop, or that Parapet sets itself.
pub(crate) fn is_ours(name: &HeaderName) -> bool {
    const ONE_HOP: [HeaderName; 9] = [
        CONNECTION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        CONTENT_LENGTH,
        HOST,
    ];
    ONE_HOP.contains(name)
        || [ACCEPT_ENCODING, EXPECT].contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
        || name.as_str().starts_with(OURS)
}

/// What a request says to the upstream: all but what is ours, and what would have it answer with less than the whole.
pub(crate) fn of_request(headers: &HeaderMap) -> HeaderMap {
    let partial = |name: &HeaderName| name == RANGE || name.as_str() == "prefer" || name.as_str().starts_with("if-");
    keep(end_to_end(headers), |name| !partial(name))
}

/// What an answer says to the caller: a short list, since no guard sees a header, and one such as a cookie, a link or a
/// digest of the bytes before the edits would speak past them. The content type is written anew, without parameters:
/// a charset must not make other text of the bytes that were judged.
pub(crate) fn of_answer(headers: &HeaderMap) -> HeaderMap {
    const PREFIXES: [&str; 4] = ["x-ratelimit-", "ratelimit-", "openai-", "anthropic-"];
    let passes = |name: &HeaderName| {
        [RETRY_AFTER, DATE, CACHE_CONTROL].contains(name)
            || name == crate::trace::REQUEST_ID
            // What Anthropic's clients tell its support.
            || name.as_str() == "request-id"
            || PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
    };
    let mut kept = keep(end_to_end(headers), passes);
    let media_type = media_type(headers).map(|found| if is_json(&found) { JSON.to_owned() } else { found });
    if let Some(media_type) = media_type.and_then(|media_type| HeaderValue::try_from(media_type).ok()) {
        kept.insert(CONTENT_TYPE, media_type);
    }
    kept
}

fn keep(headers: HeaderMap, passes: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| passes(name)) {
        kept.append(name.clone(), value.clone());
    }
    kept
}

/// A copy of `headers` without those of one hop, those named in `connection` and those of ours.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers.get_all(CONNECTION).iter().flat_map(names).collect();
    let passes = |name: &HeaderName| !is_ours(name) && !named.contains(name);
    headers.iter().filter(|(name, _)| passes(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn names(value: &HeaderValue) -> impl Iterator<Item = HeaderName> {
    value.to_str().unwrap_or_default().split(',').filter_map(|name| name.trim().parse().ok())
}

/// Only what can be judged: JSON, as it is.
pub(crate) fn judgeable(headers: &HeaderMap) -> Result<(), GatewayError> {
    if let Some(coding) = foreign_encoding(headers) {
        return Err(GatewayError::Encoding(coding.chars().take(40).collect()));
    }
    match media_type(headers).as_deref() {
        Some(JSON) => Ok(()),
        _ => Err(GatewayError::MediaType),
    }
}

/// The first content coding other than `identity`, if there is one.
pub(crate) fn foreign_encoding(headers: &HeaderMap) -> Option<String> {
    let codings = headers.get_all(CONTENT_ENCODING).iter().flat_map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        text.split(',').map(|coding| coding.trim().to_ascii_lowercase()).collect::<Vec<_>>()
    });
    codings.into_iter().find(|coding| coding != "identity")
}

/// The media type without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Whether a media type means JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == JSON || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_hop_and_of_ours_stay_here() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("accept-encoding", "gzip"),
            ("x-parapet-key", "secret"),
            ("x-parapet-anything", "1"),
            ("authorization", "Bearer k"),
            ("x-request-id", "r"),
        ] {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let mut left: Vec<_> = end_to_end(&headers).keys().map(|name| name.as_str().to_owned()).collect();
        left.sort();
        assert_eq!(left, ["authorization", "x-request-id"]);
    }

    #[test]
    fn a_request_asks_for_the_whole_answer() {
        let names = ["range", "if-none-match", "if-range", "prefer", "accept", "authorization"];
        let headers = names.into_iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x")));
        let mut left: Vec<_> = of_request(&headers.collect()).keys().map(|name| name.as_str().to_owned()).collect();
        left.sort();
        assert_eq!(left, ["accept", "authorization"]);
    }

    #[test]
    fn an_answer_says_what_is_on_the_list() {
        let mut headers = HeaderMap::new();
        for name in [
            "set-cookie",
            "etag",
            "digest",
            "content-digest",
            "repr-digest",
            "content-md5",
            "location",
            "refresh",
            "alt-svc",
            "content-location",
            "link",
            "server",
            "x-own",
            "retry-after",
            "x-ratelimit-reset-tokens",
            "ratelimit-limit",
            "openai-version",
            "anthropic-ratelimit-tokens-limit",
            "request-id",
            "x-request-id",
            "date",
            "cache-control",
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        headers.append(CONNECTION, HeaderValue::from_static("openai-version"));
        let mut left: Vec<_> = of_answer(&headers).keys().map(|name| name.as_str().to_owned()).collect();
        left.sort();
        let listed = [
            "anthropic-ratelimit-tokens-limit",
            "cache-control",
            "date",
            "ratelimit-limit",
            "request-id",
            "retry-after",
            "x-ratelimit-reset-tokens",
            "x-request-id",
        ];
        assert_eq!(left, listed);
        for (given, written) in [
            ("application/json; charset=utf-7", "application/json"),
            ("Application/Problem+JSON", "application/json"),
            ("text/event-stream; charset=utf-16", "text/event-stream"),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(given))]);
            assert_eq!(of_answer(&headers)[CONTENT_TYPE], written);
        }
    }

    #[test]
    fn any_coding_but_identity_is_foreign() {
        let with = |value: &str| HeaderMap::from_iter([(CONTENT_ENCODING, value.parse().unwrap())]);
        assert_eq!(foreign_encoding(&HeaderMap::new()), None);
        assert_eq!(foreign_encoding(&with("identity")), None);
        assert_eq!(foreign_encoding(&with("identity, GZIP")).as_deref(), Some("gzip"));
        assert_eq!(foreign_encoding(&with("")).as_deref(), Some(""));
    }
}
