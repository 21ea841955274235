//! Which headers go through, in both directions, and which stay here.

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Prefix of the headers between a caller and Parapet.
const OURS: &str = "x-parapet-";

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

/// A copy of `headers` without those of one hop, those named in `connection` and those of ours.
pub(crate) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers.get_all(CONNECTION).iter().flat_map(names).collect();
    let passes = |name: &HeaderName| !is_ours(name) && !named.contains(name);
    headers.iter().filter(|(name, _)| passes(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn names(value: &HeaderValue) -> impl Iterator<Item = HeaderName> {
    value.to_str().unwrap_or_default().split(',').filter_map(|name| name.trim().parse().ok())
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
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Whether a media type means JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
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
    fn any_coding_but_identity_is_foreign() {
        let with = |value: &str| HeaderMap::from_iter([(CONTENT_ENCODING, value.parse().unwrap())]);
        assert_eq!(foreign_encoding(&HeaderMap::new()), None);
        assert_eq!(foreign_encoding(&with("identity")), None);
        assert_eq!(foreign_encoding(&with("identity, GZIP")).as_deref(), Some("gzip"));
        assert_eq!(foreign_encoding(&with("")).as_deref(), Some(""));
    }
}
