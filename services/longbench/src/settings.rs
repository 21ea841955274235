//! What the results of a run depend on: the model, how it is asked, and the rows. Two runs with the same can be one.

use parapet_agentwrite::Settings as WriterSettings;
use parapet_domain::digest;
use parapet_models::{ModelConfig, ModelKind};
use serde::{Deserialize, Serialize};

/// What the results of a run depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Name of the model. The server's address is not part of it: the same model can move.
    pub model: String,
    /// Protocol of its server, `openai` or `anthropic`.
    pub kind: String,
    /// How it is asked.
    pub settings: Settings,
    /// The rows.
    pub data: Data,
}

/// How a model is asked for the text of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The way.
    pub method: Method,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
    /// Temperature; absent for the server's own.
    pub temperature: Option<f64>,
    /// Seed of the first sample of each row, one more for each further one; absent for none.
    pub seed: Option<u64>,
    /// How AgentWrite works, when it does. Its seed, temperature and longest answer are those above, its budget that of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<WriterSettings>,
}

/// The way from a row to its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One call: the prompt as it is.
    OneCall,
    /// AgentWrite: planned, written section by section, held to the length of the row.
    AgentWrite,
}

/// The file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// SHA-256 of the file.
    pub digest: String,
    /// Number of rows.
    pub rows: usize,
}

impl Identity {
    /// The identity of a run of `model`, over `rows` rows that were read from `data`.
    #[must_use]
    pub fn new(model: &ModelConfig, settings: Settings, data: &[u8], rows: usize) -> Self {
        let kind = match model.kind {
            ModelKind::Openai => "openai",
            ModelKind::Anthropic => "anthropic",
        };
        Self {
            model: model.model.clone(),
            kind: kind.to_owned(),
            settings,
            data: Data { digest: digest::of_bytes("data", data), rows },
        }
    }
}

impl Settings {
    /// Seed of a sample, from 0.
    #[must_use]
    pub fn seed_of(&self, sample: u32) -> Option<u64> {
        self.seed.map(|seed| seed.wrapping_add(sample.into()))
    }
}

impl Method {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneCall => "one call",
            Self::AgentWrite => "AgentWrite",
        }
    }
}
