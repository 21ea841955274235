//! Why a question got no answer. Messages say what to do, and never contain the key.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Limit, ModelConfigError};

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ModelConfigError),
    /// The question could not be written as a request.
    #[error("the question cannot be sent: {reason}")]
    NotSent {
        /// Why not.
        reason: String,
    },
    /// No connection.
    #[error("the model server `{url}` cannot be reached: {reason}; check that it runs, and `base_url`")]
    Unreachable {
        /// Address of the server.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The answer did not come in time.
    #[error("the model gave no whole answer within {} s; raise `timeout_ms`, or ask for less with `max_tokens`", .limit.as_secs_f64())]
    TimedOut {
        /// The time that it had.
        limit: Duration,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection to the model server broke after {received} bytes of the answer; ask again")]
    Disconnected {
        /// Bytes of the body that had come.
        received: usize,
    },
    /// The server wants fewer requests.
    #[error("the model server wants fewer requests{}: {message}", wait(.retry_after))]
    RateLimited {
        /// How long the server wants to be left alone, when it says so.
        retry_after: Option<Duration>,
        /// What it says.
        message: String,
    },
    /// The server does not know the key, or the key may not do this.
    #[error("the model server refuses the key ({status}): {message}; check `api_key`")]
    Unauthorized {
        /// HTTP status, 401 or 403.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// The question does not fit into the model's context.
    #[error("the question is too long for the model: {message}; shorten it, or lower `max_tokens`")]
    TooLong {
        /// What the server says.
        message: String,
    },
    /// The server answered with an error.
    #[error("the model server refused the request ({status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the server says.
        message: String,
        /// Whether the same request may succeed later.
        passing: bool,
        /// How long the server wants to be left alone, when it says so.
        retry_after: Option<Duration>,
    },
    /// The answer is larger than allowed.
    #[error("the answer has more than {limit} bytes; raise `max_answer_bytes`, or lower `max_tokens`")]
    TooLarge {
        /// `max_answer_bytes`.
        limit: usize,
    },
    /// What came is no answer of this protocol.
    #[error("what the server sent is no answer of a model: {reason}; check `kind` and `base_url`")]
    NotAnAnswer {
        /// What is wrong with it.
        reason: String,
    },
    /// The model said nothing.
    #[error("the model said nothing; ask in other words, or raise `max_tokens`")]
    Empty,
    /// The server's filter held the answer back.
    #[error("the model refused to answer, or its answer was filtered: {message}")]
    Filtered {
        /// What the server says.
        message: String,
    },
    /// The token limit ended the JSON before it was whole.
    #[error("the answer was cut off at the limit of {max_tokens} tokens; raise `max_tokens`, or ask for less")]
    CutOff {
        /// The limit.
        max_tokens: u32,
        /// What there was of the answer.
        text: String,
    },
    /// The model's text is not the JSON that was asked for.
    #[error("the answer is not the JSON that was asked for: {reason}")]
    Malformed {
        /// What is wrong with it, for a model to act on.
        reason: String,
        /// The answer.
        text: String,
    },
    /// The budget does not allow another request.
    #[error("{detail}")]
    BudgetSpent {
        /// The limit that is reached.
        which: Limit,
        /// How far, and what to do.
        detail: String,
    },
    /// A replayed question was never recorded.
    #[error("no exchange is recorded as `{}`; the prompt has changed, record it again", .path.display())]
    NotRecorded {
        /// The file that should hold it.
        path: PathBuf,
    },
    /// A recorded exchange cannot be written or read.
    #[error("the recorded exchange `{}` cannot be written or read: {reason}", .path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

fn wait(retry_after: &Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| format!(", and asks to wait {} s", wait.as_secs_f64()))
}

impl ModelError {
    /// Whether the same question may be answered later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Disconnected { .. } | Self::RateLimited { .. } => {
                true
            }
            Self::Refused { passing, .. } => *passing,
            _ => false,
        }
    }

    /// How long the server wants to be left alone.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A word for logs and counters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::NotSent { .. } => "not_sent",
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "timed_out",
            Self::Disconnected { .. } => "disconnected",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unauthorized { .. } => "unauthorized",
            Self::TooLong { .. } => "too_long",
            Self::Refused { .. } => "refused",
            Self::TooLarge { .. } => "too_large",
            Self::NotAnAnswer { .. } => "not_an_answer",
            Self::Empty => "empty",
            Self::Filtered { .. } => "filtered",
            Self::CutOff { .. } => "cut_off",
            Self::Malformed { .. } => "malformed",
            Self::BudgetSpent { .. } => "budget_spent",
            Self::NotRecorded { .. } => "not_recorded",
            Self::Recording { .. } => "recording",
        }
    }

    /// Whether the server cannot have worked on the request, so that it costs nothing.
    pub(crate) const fn was_free(&self) -> bool {
        matches!(
            self,
            Self::NotSent { .. }
                | Self::Unreachable { .. }
                | Self::RateLimited { .. }
                | Self::Unauthorized { .. }
                | Self::TooLong { .. }
                | Self::Refused { .. }
                | Self::NotRecorded { .. }
        )
    }
}
