//! One text for one row, or why there is none. What a server or the engine says of a failure stands apart from texts, so
//! that it can never be scored as prose.

use parapet_models::{ModelError, Usage};
use serde::{Deserialize, Serialize};

/// Longest message that is kept, in characters.
const MOST_MESSAGE: usize = 400;

/// Which text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The row, from 0.
    pub row: usize,
    /// The sample of that row, from 0.
    pub sample: u32,
}

/// A finished sample: a line of `samples.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Which it is.
    #[serde(flatten)]
    pub key: Key,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Questions to the model, those of an interrupted document included.
    pub calls: u64,
    /// Tokens of these questions.
    pub usage: Usage,
    /// Time from the first question on. Seconds.
    pub seconds: f64,
}

/// What came of a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The model wrote a text to its end.
    Answered {
        /// The text.
        text: String,
    },
    /// The token limit cut the text off.
    CutOff {
        /// What there is of it.
        text: String,
    },
    /// AgentWrite left sections out, or a section was cut to its length.
    Incomplete {
        /// The text, with a note where something is missing.
        text: String,
        /// Sections that were left out.
        left_out: usize,
    },
    /// The model wrote nothing.
    Empty,
    /// The server refused the question, or was not there.
    Refused {
        /// A word for the kind of refusal, such as `rate_limited`.
        code: String,
        /// What it said.
        message: String,
        /// Whether the same question may be answered later; a resumed run asks again.
        passing: bool,
    },
    /// The budget was spent before the text was there; a resumed run asks again.
    Budget {
        /// Which budget, and how far.
        message: String,
    },
    /// The model answered, but nothing that a text could be made of: no plan, or no section.
    Unusable {
        /// A word for what was missing.
        code: String,
        /// What happened.
        message: String,
    },
}

impl Outcome {
    /// The text, when there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Answered { text } | Self::CutOff { text } | Self::Incomplete { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it stands: what may be otherwise later is asked again by a resumed run.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Refused { passing: true, .. } | Self::Budget { .. })
    }

    /// Its word in counts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::CutOff { .. } => "cut_off",
            Self::Incomplete { .. } => "incomplete",
            Self::Empty => "empty",
            Self::Refused { .. } => "refused",
            Self::Budget { .. } => "budget",
            Self::Unusable { .. } => "unusable",
        }
    }

    /// The outcome of a question that got no answer.
    pub(crate) fn of_error(error: &ModelError) -> Self {
        match error {
            ModelError::Empty => Self::Empty,
            ModelError::BudgetSpent { .. } => Self::Budget { message: brief(error) },
            // A key that is refused can be mended, and costs nothing to try again.
            ModelError::Unauthorized { .. } | ModelError::Config(_) | ModelError::NotRecorded { .. } => {
                Self::Refused { code: error.code().to_owned(), message: brief(error), passing: true }
            }
            _ => Self::Refused { code: error.code().to_owned(), message: brief(error), passing: error.is_retryable() },
        }
    }
}

/// The message of an error, at a length that fits a line.
pub(crate) fn brief(error: &dyn std::error::Error) -> String {
    error.to_string().chars().take(MOST_MESSAGE).collect()
}
