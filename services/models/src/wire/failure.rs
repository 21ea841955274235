//! An error of the client crate, or of the transport beneath it, as one of ours. The only place that knows status codes.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use rig_core::error::{ErrorReport, ProviderError};
use rig_core::http_client;
use rig_core::message::EMPTY_RESPONSE_ERROR;
use serde_json::Value;

use crate::transport::TransportError;
use crate::{ModelConfig, ModelError, Secret};

/// Longest part of a server's message that is passed on, in characters.
const LONGEST_MESSAGE: usize = 400;

/// What messages need beside the error itself.
pub(super) struct Context<'c> {
    url: String,
    limit: Duration,
    key: Option<&'c Secret>,
}

impl<'c> Context<'c> {
    pub(super) fn new(config: &'c ModelConfig, limit: Duration) -> Self {
        let url = config.check().map(|endpoint| endpoint.base).unwrap_or_default();
        Self { url, limit, key: config.api_key.as_ref() }
    }

    /// A text that may be shown: without the key, on one line, not too long.
    fn shown(&self, text: &str) -> String {
        let text = self.key.map_or_else(|| text.to_owned(), |key| key.scrub(text));
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(LONGEST_MESSAGE) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None if line.is_empty() => "it gave no reason".to_owned(),
            None => line,
        }
    }
}

pub(super) fn of(error: &ProviderError, context: &Context<'_>) -> ModelError {
    match error {
        ProviderError::Http(error) => of_http(error, context),
        ProviderError::ProviderResponse(_) | ProviderError::InvalidAuthentication(_) => {
            of_refusal(&error.report(), context)
        }
        ProviderError::Request(_) | ProviderError::Url(_) => {
            ModelError::NotSent { reason: context.shown(&error.to_string()) }
        }
        // The client crate has no variant of its own for an answer that says nothing.
        ProviderError::Response(reason) if reason == EMPTY_RESPONSE_ERROR => ModelError::Empty,
        other => ModelError::NotAnAnswer { reason: context.shown(&other.to_string()) },
    }
}

fn of_http(error: &http_client::Error, context: &Context<'_>) -> ModelError {
    let transport = match error {
        http_client::Error::Instance(error) => error.downcast_ref::<TransportError>(),
        _ => None,
    };
    match transport {
        Some(TransportError::Unreachable(reason)) => {
            ModelError::Unreachable { url: context.url.clone(), reason: context.shown(reason) }
        }
        Some(TransportError::TimedOut) => ModelError::TimedOut { limit: context.limit },
        Some(TransportError::Broken { received }) => ModelError::Disconnected { received: *received },
        Some(TransportError::TooLarge { limit }) => ModelError::TooLarge { limit: *limit },
        Some(TransportError::NotRecorded(path)) => ModelError::NotRecorded { path: path.clone() },
        Some(TransportError::Tape { path, reason }) => {
            ModelError::Recording { path: path.clone(), reason: reason.clone() }
        }
        Some(TransportError::Unused(_)) | None => ModelError::NotSent { reason: context.shown(&error.to_string()) },
    }
}

fn of_refusal(report: &ErrorReport, context: &Context<'_>) -> ModelError {
    let status = report.http_status.unwrap_or(200);
    let body = report.provider_response_body().unwrap_or(&report.message);
    let message = context.shown(&words_in(body));
    let retry_after = report.provider_response_headers().and_then(|headers| wait_in(headers, SystemTime::now()));
    match status {
        401 | 403 => ModelError::Unauthorized { status, message },
        429 => ModelError::RateLimited { retry_after, message },
        _ if is_too_long(status, body) => ModelError::TooLong { message },
        // What is not implemented will not be in a minute.
        501 => ModelError::Refused { status, message, passing: false, retry_after: None },
        _ => ModelError::Refused { status, message, passing: report.is_retryable(), retry_after },
    }
}

/// How long a server wants to be left alone: `retry-after` in seconds or as a date, or OpenAI's in milliseconds.
fn wait_in(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok();
    if let Some(millis) = header("retry-after-ms").and_then(number) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let asked = header("retry-after")?;
    match number(asked) {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => Some(httpdate::parse_http_date(asked).ok()?.duration_since(now).unwrap_or_default()),
    }
}

/// Whether a refusal says that the question does not fit into the model's context, in the words of the servers known.
fn is_too_long(status: u16, body: &str) -> bool {
    const WORDS: [&str; 6] = [
        "context_length_exceeded",
        "maximum context length",
        "context window",
        "context size",
        "prompt is too long",
        "input is too long",
    ];
    let body = body.to_ascii_lowercase();
    status == 413 || (matches!(status, 400 | 422 | 500) && WORDS.iter().any(|words| body.contains(words)))
}

/// The message in an error's body, wherever the server puts it, else the body.
fn words_in(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let places = ["/error/message", "/error", "/message", "/detail"];
    let found = places.iter().find_map(|place| value.pointer(place)?.as_str());
    let param = value.pointer("/error/param").and_then(Value::as_str);
    match (found, param) {
        (Some(found), Some(param)) if !found.contains(param) => format!("{found} (`{param}`)"),
        (Some(found), _) => found.to_owned(),
        (None, _) => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_an_error_are_found_where_servers_put_them() {
        for (body, words) in [
            (r#"{"error": {"message": "No.", "code": 7}}"#, "No."),
            (
                r#"{"error": {"message": "Unsupported value", "param": "response_format"}}"#,
                "Unsupported value (`response_format`)",
            ),
            (r#"{"error": "No."}"#, "No."),
            (r#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#, "Overloaded"),
            (r#"{"detail": "No."}"#, "No."),
            (r#"{"detail": [{"loc": ["response_format"]}]}"#, r#"{"detail": [{"loc": ["response_format"]}]}"#),
            ("<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        ] {
            assert_eq!(words_in(body), words);
        }
    }

    #[test]
    fn the_wait_is_read_in_every_form_and_never_negative() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |name: &'static str, value: &str| {
            wait_in(&HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]), now)
        };
        assert_eq!(wait("retry-after", "1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for bad in ["soon", "-1", "NaN", "1e400"] {
            assert_eq!(wait("retry-after", bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_short_on_one_line_and_without_the_key() {
        let key = Secret::new("sk-very-secret");
        let context = Context { url: String::new(), limit: Duration::ZERO, key: Some(&key) };
        assert_eq!(context.shown("bad key\n  sk-very-secret!"), "bad key [key]!");
        assert_eq!(context.shown(&"é".repeat(1000)).chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(context.shown(" \n"), "it gave no reason");
    }
}
