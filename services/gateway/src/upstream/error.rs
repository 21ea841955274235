//! Why there is no answer. An outage of the upstream is never shown as a block, nor as an outage of Parapet.

use std::error::Error;
use std::time::Duration;

use http_body_util::LengthLimitError;

type Cause = Box<dyn Error + Send + Sync>;

/// No usable answer. The texts are for the caller and name no host; the cause is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("the upstream cannot be reached; try again later")]
    Unreachable(#[source] Cause),
    #[error("the upstream did not answer within {} ms", limit.as_millis())]
    TooSlow { limit: Duration },
    #[error("the upstream closed the connection before its answer was complete")]
    CutOff(#[source] Cause),
    #[error("the upstream's answer is not HTTP")]
    Garbage(#[source] Cause),
    #[error("the upstream's answer is longer than {limit} bytes, the route's limit")]
    TooLarge { limit: usize },
    #[error("the upstream's answer cannot be inspected, so it is not passed on")]
    Unreadable,
    #[error("the request could not be sent on: {0}")]
    NotSent(String),
}

impl UpstreamError {
    pub(super) fn of_request(error: hyper_util::client::legacy::Error) -> Self {
        if error.is_connect() {
            return Self::Unreachable(error.into());
        }
        match find::<hyper::Error>(&error) {
            Some(cause) if cause.is_parse() => Self::Garbage(error.into()),
            _ => Self::CutOff(error.into()),
        }
    }

    pub(super) fn of_body(error: Cause, limit: usize) -> Self {
        if error.is::<LengthLimitError>() { Self::TooLarge { limit } } else { Self::CutOff(error) }
    }

    /// The word for metrics.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TooSlow { .. } => "timed_out",
            Self::CutOff(_) => "cut_off",
            Self::Garbage(_) => "garbage",
            Self::TooLarge { .. } => "too_large",
            Self::Unreadable => "unreadable",
            Self::NotSent(_) => "not_sent",
        }
    }

    /// The innermost reason, for the log.
    pub(crate) fn cause(&self) -> Option<String> {
        let mut cause = self.source()?;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Some(cause.to_string())
    }
}

fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
