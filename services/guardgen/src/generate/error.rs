//! Why there is not even an attempt at a guard.

use parapet_models::ModelError;

use crate::DraftError;
use crate::memory::MemoryError;
use crate::rules::NotUnderstood;

/// Nothing came of a generation.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The rules do not understand the request, and there is no model.
    #[error(transparent)]
    NotUnderstood(#[from] NotUnderstood),
    /// A model is asked for and none is configured.
    #[error(
        "no model is configured; set PARAPET_MODEL_URL and PARAPET_MODEL_NAME, or write the request as a table or a list of rules"
    )]
    NoModel,
    /// The model failed before anything could be tried.
    #[error("the model gave nothing that could be tried: {0}")]
    Model(#[from] ModelError),
    /// In no round did the model write a program.
    #[error("in {rounds} rounds the model wrote no program; the last answer began with `{beginning}`")]
    NoProgram {
        /// Rounds that were made.
        rounds: u32,
        /// First words of the last answer.
        beginning: String,
    },
    /// The memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The draft.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The runtime is ending.
    #[error("the generation was stopped")]
    Stopped,
}
