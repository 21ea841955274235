//! What stands between a passage and the document: the guards, behind a trait, as the path through them belongs to the
//! gateway.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::DocumentId;

/// Judges passages before they count. What passes is recorded by then: an implementation must not answer
/// [`Ruling::Allowed`] before its record is durable.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Judges one passage as an `output` event.
    ///
    /// # Errors
    /// There is no ruling: the passage does not count, and the writing stops until it is resumed.
    async fn judge(&self, passage: &Passage<'_>) -> Result<Ruling, GateError>;

    /// What the rulings depend on, such as the hash of the guard set and the route. A kept ruling counts while this is the
    /// same; afterwards the passage is judged anew.
    fn fingerprint(&self) -> String;
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage<'p> {
    /// The document that it is for.
    pub document: &'p DocumentId,
    /// What it is.
    pub kind: PassageKind,
    /// Id of the section; of a plan, `plan`.
    pub section: &'p str,
    /// 1 for the first version that is judged.
    pub attempt: u32,
    /// The text as it would stand in the document, its heading included; of a plan, its JSON.
    pub text: &'p str,
}

/// What a [`Passage`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    /// The plan: its headings and main points reach whoever asked.
    Plan,
    /// A section.
    Section,
}

/// What the guards say, with the id of the decision in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ruling", rename_all = "snake_case")]
pub enum Ruling {
    /// It counts as it is.
    Allowed {
        /// Id of the decision; empty where nothing is recorded.
        decision: String,
    },
    /// It counts with these edits.
    Redacted {
        /// Id of the decision.
        decision: String,
        /// The edited text.
        text: String,
    },
    /// It does not count.
    Denied {
        /// Id of the decision.
        decision: String,
        /// Reason code, such as `pii_found`.
        code: String,
        /// What the guard says, for the model to do better.
        reason: String,
    },
}

/// Why there is no ruling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct GateError {
    /// Id of the decision, when one was recorded.
    pub decision: Option<String>,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl Ruling {
    /// Id of the decision in the audit log.
    #[must_use]
    pub fn decision(&self) -> &str {
        match self {
            Self::Allowed { decision } | Self::Redacted { decision, .. } | Self::Denied { decision, .. } => decision,
        }
    }
}

/// No guards. For benchmarks and training data, where nothing reaches anybody; nothing is recorded.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGate;

#[async_trait]
impl Gate for NoGate {
    async fn judge(&self, _: &Passage<'_>) -> Result<Ruling, GateError> {
        Ok(Ruling::Allowed { decision: String::new() })
    }

    fn fingerprint(&self) -> String {
        "no gate".to_owned()
    }
}
