//! Why a message cannot be taken. The texts are fit for either side and repeat little of what was sent.

use super::RequestId;
use super::message::{MAX_BATCH, MAX_ID_BYTES, MAX_METHOD_BYTES};
use crate::SurfaceError;

/// A message that is not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum McpError {
    /// Not acceptable JSON, or over a limit of [`crate::limits`].
    #[error(transparent)]
    Body(#[from] SurfaceError),
    /// No JSON-RPC 2.0 message.
    #[error("{problem}")]
    Invalid {
        /// What is wrong and what should stand there.
        problem: String,
        /// The message's id, where it has one that can be read.
        id: Option<RequestId>,
    },
    /// A batch where the protocol version has none.
    #[error("messages are sent one at a time in this version of the protocol; send no JSON array")]
    Batch,
    /// A batch without messages, or with too many.
    #[error("a batch has to hold 1 to {MAX_BATCH} messages; this one holds {0}")]
    BatchSize(usize),
    /// An `initialize` in a batch.
    #[error("`initialize` must not be part of a batch; send it alone")]
    BatchedInitialize,
}

impl McpError {
    pub(super) fn invalid(problem: impl Into<String>) -> Self {
        Self::Invalid { problem: problem.into(), id: None }
    }

    pub(super) fn id_type() -> Self {
        Self::invalid(format!("`id` has to be a whole number, or 1 to {MAX_ID_BYTES} visible ASCII characters"))
    }

    pub(super) fn method_form() -> Self {
        Self::invalid(format!("`method` has to be one word of at most {MAX_METHOD_BYTES} bytes, such as `tools/call`"))
    }

    /// The code of a JSON-RPC error.
    #[must_use]
    pub const fn rpc_code(&self) -> i32 {
        match self {
            Self::Body(SurfaceError::Json(_)) => -32700,
            Self::Body(SurfaceError::Shape { .. } | SurfaceError::Fields(_)) => -32602,
            _ => -32600,
        }
    }

    /// The id of the message, where it could be read.
    #[must_use]
    pub const fn id(&self) -> Option<&RequestId> {
        match self {
            Self::Invalid { id, .. } => id.as_ref(),
            _ => None,
        }
    }

    /// The same complaint about the message with this id.
    #[must_use]
    pub(super) fn about(self, known: Option<RequestId>) -> Self {
        match self {
            Self::Invalid { problem, id } => Self::Invalid { problem, id: id.or(known) },
            other => other,
        }
    }
}
