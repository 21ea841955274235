//! Why there is no document. What is kept by then stays, so that most of these can be resumed.

use parapet_models::ModelError;

use crate::{BriefError, GateError, SettingsError, StateError};

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The brief cannot be written to.
    #[error(transparent)]
    Brief(#[from] BriefError),
    /// The settings cannot be kept.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The document is there under this id with another brief.
    #[error("`{id}` is a document with another instruction or length; resume it with its own, or take a new id")]
    OtherBrief {
        /// The id.
        id: String,
    },
    /// The model server failed, or the budget is spent. Resume it when that is mended.
    #[error("the model could not be asked: {0}; what is written so far is kept")]
    Model(#[from] ModelError),
    /// No answer could be read as a plan.
    #[error("in {tries} tries the model gave no plan; the last answer began with `{beginning}`")]
    NoPlan {
        /// Questions that were asked.
        tries: u32,
        /// First characters of the last answer.
        beginning: String,
    },
    /// The guards refused every plan.
    #[error("the guards refused the plan {tries} times, the last time for `{code}`; see decision `{decision}`")]
    PlanDenied {
        /// Plans that were judged.
        tries: u32,
        /// Reason code of the last refusal.
        code: String,
        /// Id of its decision.
        decision: String,
    },
    /// Not one section could be written.
    #[error(
        "no section could be written: {denied} were refused by the guards, and for {unwritten} the model gave no text"
    )]
    NothingWritten {
        /// Sections that the guards refused.
        denied: usize,
        /// Sections that the model wrote nothing for.
        unwritten: usize,
    },
    /// The guards could not judge. Nothing counts that was not judged.
    #[error("section `{section}` could not be judged: {source}; what is written so far is kept")]
    Gate {
        /// Id of the section; of the plan, `plan`.
        section: String,
        /// Why not.
        source: GateError,
    },
    /// The state could not be kept or read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The caller stopped it.
    #[error("the writing was stopped; what is written so far is kept")]
    Stopped,
}

impl WriteError {
    /// Whether the same document can be resumed without a change to it.
    #[must_use]
    pub const fn is_resumable(&self) -> bool {
        matches!(self, Self::Model(_) | Self::Gate { .. } | Self::State(_) | Self::Stopped)
    }

    /// A word for logs and counters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Brief(_) => "brief",
            Self::Settings(_) => "settings",
            Self::OtherBrief { .. } => "other_brief",
            Self::Model(error) => error.code(),
            Self::NoPlan { .. } => "no_plan",
            Self::PlanDenied { .. } => "plan_denied",
            Self::NothingWritten { .. } => "nothing_written",
            Self::Gate { .. } => "gate",
            Self::State(_) => "state",
            Self::Stopped => "stopped",
        }
    }
}
