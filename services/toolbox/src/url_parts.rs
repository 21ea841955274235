//! `url_parts`: a URL taken apart as browsers do (WHATWG), so that a guard does not compare prefixes of text.

use serde_json::{Value, json};
use url::{Host, Url};

use crate::args::Args;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

const NAME: &str = "url_parts";
/// Most query pairs; more is an error.
const MAX_PAIRS: usize = 1_000;
/// Labels under which two-letter top-level domains commonly register names, as in `example.co.uk`.
const SHARED_LABELS: &[&str] = &["ac", "co", "com", "edu", "gob", "gov", "gv", "mil", "ne", "net", "nom", "or", "org"];

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "url_parts(url: string) -> {\"error\": null or string, \"scheme\", \"host\", \"port\", \"path\", \"query\": [{\"name\", \"value\"}], \"fragment\", \"has_userinfo\", \"is_ip\", \"is_private_ip\", \"is_punycode\", \"unicode_host\", \"labels\": [string], \"site\"}",
    doc: "Takes a URL apart as browsers do: host in lower case and in its ASCII form, IP addresses in their plain form \
          (`http://0x7f.1/` has the host 127.0.0.1), default port filled in, query pairs decoded. `labels` are the parts of \
          the host name. `site` is the registrable name as far as the common pattern tells (last two labels, three for names such as \
          `example.co.uk`), the IP address, or null. `has_userinfo` tells of a user name or password before the host. \
          `is_private_ip` covers loopback, private, link-local and unspecified addresses, not names that resolve to them. What \
          is no absolute URL gives an `error` and null everywhere else.",
    example: "url_parts(\"HTTPS://user@Shop.Example.co.uk/a?q=1#top\") == #{\"error\": (), \"scheme\": \"https\", \
              \"host\": \"shop.example.co.uk\", \"port\": 443, \"path\": \"/a\", \"query\": [#{\"name\": \"q\", \"value\": \"1\"}], \
              \"fragment\": \"top\", \"has_userinfo\": true, \"is_ip\": false, \"is_private_ip\": false, \"is_punycode\": false, \
              \"unicode_host\": \"shop.example.co.uk\", \"labels\": [\"shop\", \"example\", \"co\", \"uk\"], \"site\": \"example.co.uk\"}",
    min_args: 1,
    max_args: 1,
    pure: true,
    base_fuel: 2_000,
    fuel_per_byte: 50,
    max_input_bytes: 16 << 10,
    run: ToolRun::Native(run),
};

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let text = Args::new(NAME, args).text(0, "url")?;
    match Url::parse(text) {
        Ok(url) => parts(&url),
        Err(error) => Ok(unparsed(&error.to_string())),
    }
}

fn parts(url: &Url) -> Result<Value, ToolError> {
    let labels = labels(url);
    let host = url.host_str().filter(|host| !host.is_empty());
    Ok(json!({
        "error": null,
        "scheme": url.scheme(),
        "host": host,
        "port": url.port_or_known_default(),
        "path": url.path(),
        "query": query(url)?,
        "fragment": url.fragment(),
        "has_userinfo": !url.username().is_empty() || url.password().is_some(),
        "is_ip": matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))),
        "is_private_ip": is_private(url),
        "is_punycode": labels.iter().any(|label| label.starts_with("xn--")),
        "unicode_host": host.map(url::quirks::domain_to_unicode).filter(|unicode| !unicode.is_empty()).or_else(|| host.map(str::to_owned)),
        "site": if labels.is_empty() { host.map(str::to_owned) } else { Some(site(&labels)) },
        "labels": labels,
    }))
}

fn unparsed(error: &str) -> Value {
    json!({
        "error": error, "scheme": null, "host": null, "port": null, "path": null, "query": null, "fragment": null,
        "has_userinfo": null, "is_ip": null, "is_private_ip": null, "is_punycode": null, "unicode_host": null,
        "labels": null, "site": null,
    })
}

fn query(url: &Url) -> Result<Vec<Value>, ToolError> {
    let pairs: Vec<Value> =
        url.query_pairs().take(MAX_PAIRS + 1).map(|(name, value)| json!({ "name": name, "value": value })).collect();
    if pairs.len() > MAX_PAIRS {
        return Err(ToolError::new(format!("URL has more than {MAX_PAIRS} query pairs")));
    }
    Ok(pairs)
}

/// Parts of the host name; none for an IP address.
fn labels(url: &Url) -> Vec<&str> {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').split('.').filter(|label| !label.is_empty()).collect(),
        _ => Vec::new(),
    }
}

/// The registrable name, by pattern: without the public suffix list this is an approximation.
fn site(labels: &[&str]) -> String {
    let shared = matches!(labels, [.., _, second, top] if top.len() == 2 && SHARED_LABELS.contains(second));
    let count = if shared { 3 } else { 2 };
    labels.get(labels.len().saturating_sub(count)..).unwrap_or_default().join(".")
}

fn is_private(url: &Url) -> bool {
    let v4 = |ip: std::net::Ipv4Addr| ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified();
    match url.host() {
        Some(Host::Ipv4(ip)) => v4(ip),
        Some(Host::Ipv6(ip)) => {
            ip.to_ipv4_mapped().is_some_and(v4)
                || ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Value {
        run(&Prepared::default(), &[json!(url)]).unwrap()
    }

    #[test]
    fn disguised_addresses_come_out_plain() {
        for disguised in
            ["http://127.0.0.1/", "http://0x7f.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://[::1]/"]
        {
            let parts = of(disguised);
            assert_eq!((&parts["is_ip"], &parts["is_private_ip"]), (&json!(true), &json!(true)), "{disguised}");
            assert_eq!(parts["labels"], json!([]));
        }
        assert_eq!(of("http://0x7f.1/")["host"], json!("127.0.0.1"));
        assert_eq!(of("http://169.254.169.254/latest")["is_private_ip"], json!(true));
        assert_eq!(of("http://8.8.8.8/")["is_private_ip"], json!(false));
    }

    #[test]
    fn the_host_is_what_stands_after_the_userinfo() {
        let parts = of("https://bank.example@evil.test:8443/x");
        assert_eq!(parts["host"], json!("evil.test"));
        assert_eq!(parts["port"], json!(8443));
        assert_eq!(parts["has_userinfo"], json!(true));
    }

    #[test]
    fn punycode_is_told_and_decoded() {
        let parts = of("https://www.m\u{fc}ller.de/");
        assert_eq!(parts["host"], json!("www.xn--mller-kva.de"));
        assert_eq!(parts["is_punycode"], json!(true));
        assert_eq!(parts["unicode_host"], json!("www.m\u{fc}ller.de"));
        assert_eq!(parts["site"], json!("xn--mller-kva.de"));
    }

    #[test]
    fn the_site_is_two_labels_or_three() {
        for (url, site) in [
            ("https://a.b.example.com/", "example.com"),
            ("https://a.example.co.uk./", "example.co.uk"),
            ("https://co.uk/", "co.uk"),
            ("http://localhost/", "localhost"),
            ("http://10.0.0.1/", "10.0.0.1"),
        ] {
            assert_eq!(of(url)["site"], json!(site), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_a_result_with_an_error() {
        let parts = of("not a url");
        assert_eq!(parts["error"], json!("relative URL without a base"));
        assert_eq!(parts["host"], Value::Null);
        assert_eq!(of("mailto:a@b.example")["host"], Value::Null);
        assert!(of("http://[::1/")["error"].is_string());
    }

    #[test]
    fn too_many_query_pairs_are_an_error() {
        let url = format!("https://a.example/?{}", "a&".repeat(MAX_PAIRS + 1));
        assert_eq!(run(&Prepared::default(), &[json!(url)]).unwrap_err().message, "URL has more than 1000 query pairs");
    }
}
