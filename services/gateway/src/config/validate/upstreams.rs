//! `[upstreams.NAME]`.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Uri};

use super::{Unfit, Upstreams, checked, complain, millis, name, size};
use crate::config::Upstream;
use crate::config::file::UpstreamFile;
use crate::secret::Secret;

/// Every upstream by name; `None` for one that has complaints, so that routes do not call it unknown.
pub(super) fn upstreams(files: &std::collections::BTreeMap<String, UpstreamFile>, unfit: &mut Unfit) -> Upstreams {
    files.iter().map(|(name, file)| (name.clone(), upstream(name, file, unfit).map(Arc::new))).collect()
}

fn upstream(upstream_name: &str, file: &UpstreamFile, unfit: &mut Unfit) -> Option<Upstream> {
    let key = |field: &str| format!("upstreams.{upstream_name}.{field}");
    name(upstream_name, &format!("upstreams.{upstream_name}"), unfit);
    let base_url = checked(base_url(&file.base_url), &key("base_url"), unfit);
    let authorization = file.authorization.as_ref().and_then(|value| header_value(value, &key("authorization"), unfit));
    let headers = headers(file, &key("headers"), unfit);
    let connect_timeout = millis(file.connect_timeout_ms, &key("connect_timeout_ms"), unfit);
    let response_timeout = millis(file.response_timeout_ms, &key("response_timeout_ms"), unfit);
    let total_timeout = millis(file.total_timeout_ms, &key("total_timeout_ms"), unfit);
    let max_answer_bytes = size(file.max_answer_bytes, &key("max_answer_bytes"), 1..=1 << 30, unfit);
    let max_idle_connections = size(file.max_idle_connections, &key("max_idle_connections"), 0..=100_000, unfit);
    Some(Upstream {
        name: upstream_name.to_owned(),
        base_url: base_url?,
        authorization,
        headers,
        connect_timeout,
        response_timeout,
        total_timeout,
        max_answer_bytes,
        max_idle_connections,
    })
}

fn base_url(text: &str) -> Result<Uri, String> {
    let help = "write it as `https://HOST` or `http://HOST:PORT/PREFIX`";
    if text.is_empty() {
        return Err(format!("is missing; {help}"));
    }
    let uri: Uri = text.parse().map_err(|_| format!("`{text}` is no address; {help}"))?;
    let plain = uri.query().is_none() && uri.authority().is_some_and(|a| !a.as_str().contains('@'));
    match uri.scheme_str() {
        Some("http" | "https") if plain => Ok(uri),
        Some("http" | "https") => Err(format!(
            "must have a host, no query and no password; {help}, and put keys in `authorization` or `headers`"
        )),
        _ => Err(format!("`{text}` is neither http nor https; {help}")),
    }
}

fn headers(file: &UpstreamFile, key: &str, unfit: &mut Unfit) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    for (name, value) in &file.headers {
        let key = format!("{key}.{name}");
        let parsed = name.parse::<HeaderName>().ok().filter(|name| !crate::headers::is_ours(name));
        match parsed {
            Some(name) => headers.extend(header_value(value, &key, unfit).map(|value| (name, value))),
            None => complain(
                unfit,
                &key,
                format!("`{name}` cannot be set; it is no header, or one that HTTP or Parapet itself sets"),
            ),
        }
    }
    headers
}

fn header_value(secret: &Secret, key: &str, unfit: &mut Unfit) -> Option<HeaderValue> {
    let parsed =
        HeaderValue::from_str(secret.expose()).map_err(|_| "has characters that a header cannot carry".to_owned());
    let mut value = checked(parsed, key, unfit)?;
    value.set_sensitive(true);
    Some(value)
}
