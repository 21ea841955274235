//! What is kept while a document is written: its brief, each answer of the model, each ruling of the gate. Kept under the
//! hash of all that went into it, so that a second run with the same finds it, and one with anything else does not.

mod database;
mod memory;

use async_trait::async_trait;
use parapet_domain::Timestamp;
use parapet_models::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Brief, Ruling, Settings};

pub use database::DatabaseState;
pub use memory::MemoryState;

/// Keeps the state of documents. Everything is kept before it is used.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Enters a document. The record of an id that is there already stays. Returns the one that stands.
    ///
    /// # Errors
    /// It cannot be kept.
    async fn open(&self, id: &DocumentId, record: &DocumentRecord) -> Result<DocumentRecord, StateError>;

    /// The record of a document.
    ///
    /// # Errors
    /// It cannot be read.
    async fn load(&self, id: &DocumentId) -> Result<Option<DocumentRecord>, StateError>;

    /// What is kept under `key`.
    ///
    /// # Errors
    /// It cannot be read.
    async fn find(&self, id: &DocumentId, key: &CallKey) -> Result<Option<Kept>, StateError>;

    /// Keeps something durably. What is there already under the key stays. Returns the one that stands, which is the one to
    /// go on with: two runs at the same time then write the same document.
    ///
    /// # Errors
    /// It cannot be kept.
    async fn keep(&self, id: &DocumentId, key: &CallKey, kept: Kept) -> Result<Kept, StateError>;
}

/// Id of a document: 1 to 64 characters, ASCII letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(String);

/// Hash of all that went into a call: the prompt, the model, the settings and the place in the document that it is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallKey(pub(crate) String);

/// What is needed to take a document up again by its id alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// When it was begun.
    pub begun: Timestamp,
    /// What is to be written.
    pub brief: Brief,
    /// How.
    pub settings: Settings,
    /// What the caller needs beside that, such as route and principal. Not read here; at most 16 KiB of JSON.
    pub context: Value,
}

/// Something that is kept under a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// An answer of the model.
    Answer(Answer),
    /// A ruling of the gate.
    Ruling(Ruling),
}

/// What became of a question to the model. A failure that may pass is none of these, and is asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What the model wrote; empty when it wrote nothing or refused.
    pub text: String,
    /// Whether the token limit cut it off.
    pub cut_off: bool,
    /// Whether the question was too long for the model.
    pub too_long: bool,
    /// Tokens that it took.
    pub usage: Usage,
    /// What it cost, in the currency of the prices; 0 without prices.
    pub cost: f64,
    /// Time until the answer was there. Seconds.
    pub seconds: f64,
}

/// Why state cannot be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// An id of another form.
    #[error("`{0}` is no id of a document; it has 1 to 64 letters, digits, `-` or `_`")]
    Id(String),
    /// The store is away, busy or full: the same call can succeed later.
    #[error("the state of the document cannot be kept or read now: {0}")]
    Unavailable(String),
    /// It is too large, damaged, or of another version.
    #[error("the state of the document cannot be used: {0}")]
    Unusable(String),
}

impl DocumentId {
    /// An id that is not taken.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }

    /// An id that was given out earlier.
    ///
    /// # Errors
    /// It has another form.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(StateError::Id(text.chars().take(80).collect()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for DocumentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DocumentId {
    type Error = StateError;

    fn try_from(text: String) -> Result<Self, StateError> {
        Self::parse(&text)
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.0
    }
}

impl CallKey {
    /// The key as text, `call:` or `ruling:` and 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::DocumentId;

    #[test]
    fn only_plain_ids_are_taken() {
        for good in ["a", "2024-report_1", &"x".repeat(64)] {
            assert_eq!(DocumentId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "../x", "ä", &"x".repeat(65)] {
            assert!(DocumentId::parse(bad).unwrap_err().to_string().contains("is no id of a document"), "{bad}");
        }
        assert!(serde_json::from_str::<DocumentId>("\"a/b\"").is_err());
        assert_ne!(DocumentId::random(), DocumentId::random());
    }
}
