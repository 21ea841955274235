//! Which model server is asked, and with which limits. Read from TOML or from the environment, checked before use.

use std::time::Duration;

use serde::Deserialize;

use crate::{Rung, Secret, Usage};

mod check;
mod environment;

pub(crate) use check::Endpoint;
pub use check::ModelConfigError;
pub use environment::Environment;

/// One model on one server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ModelConfig {
    /// Protocol of the server: `openai` (default) for any OpenAI-compatible one, or `anthropic`.
    pub kind: ModelKind,
    /// `http` or `https` address. Default: the provider's own, `https://api.openai.com/v1` or `https://api.anthropic.com`.
    pub base_url: Option<String>,
    /// Name of the model.
    pub model: String,
    /// Key for the server. Default: none is sent.
    pub api_key: Option<Secret>,
    /// Time to open a TCP connection; a TLS handshake counts towards `timeout_ms`. Milliseconds, default 5000.
    pub connect_timeout_ms: u64,
    /// Time for one request until its answer is complete. Milliseconds, default 300000.
    pub timeout_ms: u64,
    /// How often a request is sent again after a failure that may pass. Default 4.
    pub retries: u32,
    /// Longest wait before sending again; a server that asks for a longer one is not asked again. Milliseconds,
    /// default 60000.
    pub max_wait_ms: u64,
    /// Most requests at work. Default 4.
    pub concurrency: usize,
    /// Longest answer unless the prompt says so, in tokens. Default 4096.
    pub max_tokens: u32,
    /// Temperature unless the prompt says so. Default: the server's.
    pub temperature: Option<f64>,
    /// Seed unless the prompt says so. Default: none.
    pub seed: Option<u64>,
    /// Largest answer, in bytes of its HTTP body. Default 8388608 (8 MiB).
    pub max_answer_bytes: usize,
    /// Price of a million tokens read, in the currency of the budget. Default: unknown.
    pub input_price: Option<f64>,
    /// Price of a million tokens written. Default: unknown.
    pub output_price: Option<f64>,
    /// How JSON is asked for: `auto` (default) tries the ways in turn, `json_schema`, `json_object`, `grammar` and
    /// `text` are one way only.
    pub structured: Structured,
}

/// Protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// `POST /chat/completions`, as OpenAI and those who are compatible with it.
    #[default]
    Openai,
    /// `POST /v1/messages`, as Anthropic.
    Anthropic,
}

/// How JSON is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// The strictest way that the server accepts, found by trying.
    #[default]
    Auto,
    /// [`Rung::JsonSchema`] alone.
    JsonSchema,
    /// [`Rung::JsonObject`] alone.
    JsonObject,
    /// [`Rung::Grammar`] alone.
    Grammar,
    /// [`Rung::Text`] alone.
    Text,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            kind: ModelKind::default(),
            base_url: None,
            model: String::new(),
            api_key: None,
            connect_timeout_ms: 5_000,
            timeout_ms: 300_000,
            retries: 4,
            max_wait_ms: 60_000,
            concurrency: 4,
            max_tokens: 4096,
            temperature: None,
            seed: None,
            max_answer_bytes: 8 << 20,
            input_price: None,
            output_price: None,
            structured: Structured::default(),
        }
    }
}

impl ModelConfig {
    /// A configuration for `model` on the server at `base_url`, everything else at its default.
    #[must_use]
    pub fn new(kind: ModelKind, base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self { kind, base_url: Some(base_url.into()), model: model.into(), ..Self::default() }
    }

    /// Time for one request.
    pub(crate) const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// What `usage` costs, when both prices are known.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        let (input, output) = (self.input_price?, self.output_price?);
        // Token counts are far below 2^52, where a float stops being exact.
        let cost = (usage.input_tokens as f64).mul_add(input, usage.output_tokens as f64 * output) / 1_000_000.0;
        Some(cost)
    }

    /// The ways to ask for JSON, in the order of trying.
    pub(crate) const fn rungs(&self) -> &'static [Rung] {
        use Rung::{Grammar, JsonObject, JsonSchema, Text};
        match (self.structured, self.kind) {
            (Structured::Auto, ModelKind::Openai) => &[JsonSchema, JsonObject, Grammar, Text],
            (Structured::Auto, ModelKind::Anthropic) => &[JsonSchema, Text],
            (Structured::JsonSchema, _) => &[JsonSchema],
            (Structured::JsonObject, _) => &[JsonObject],
            (Structured::Grammar, _) => &[Grammar],
            (Structured::Text, _) => &[Text],
        }
    }
}

#[cfg(test)]
mod tests;
