//! Tells the console's own forms from those of other sites, for the requests that change something.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// Whether a form post comes from our own pages. Browsers say so in `Sec-Fetch-Site` (on https and localhost), else in
/// `Origin`; a program that sends neither has no cookie of a person to abuse.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    text(ORIGIN.as_str()).is_none_or(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        // A proxy may rename the host; no other site's form can set either header.
        host.is_some() && (host == text(HOST.as_str()) || host == text("x-forwarded-host"))
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_posts_of_the_same_origin_pass() {
        let host = ("host", "admin.example:9901");
        assert!(is_own(&headers(&[host])));
        assert!(is_own(&headers(&[host, ("origin", "http://admin.example:9901")])));
        assert!(is_own(&headers(&[
            host,
            ("origin", "https://console.example"),
            ("x-forwarded-host", "console.example")
        ])));
        assert!(is_own(&headers(&[host, ("sec-fetch-site", "same-origin")])));
        assert!(!is_own(&headers(&[host, ("origin", "http://admin.example:9902")])));
        assert!(!is_own(&headers(&[host, ("origin", "https://evil.example")])));
        assert!(!is_own(&headers(&[host, ("origin", "null")])));
        assert!(!is_own(&headers(&[host, ("sec-fetch-site", "same-site")])));
        assert!(!is_own(&headers(&[host, ("sec-fetch-site", "cross-site")])));
    }
}
