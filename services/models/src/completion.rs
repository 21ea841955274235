//! What a model answered, and what that took.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A whole answer, or one that the token limit ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The answer as the model wrote it.
    pub text: String,
    /// The value, when JSON was asked for; it fits the schema.
    pub json: Option<Value>,
    /// Tokens of the exchange that gave this answer.
    pub usage: Usage,
    /// Why the answer ended.
    pub finish: Finish,
    /// The model as the server names it.
    pub model: String,
    /// Seconds from the first request until the answer, waits between attempts included.
    pub seconds: f64,
    /// Requests sent, the last one included.
    pub attempts: u32,
    /// How the JSON was asked for, when it was.
    pub rung: Option<Rung>,
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
    /// Whether the numbers are guessed from the length of the texts, because the server did not report them.
    pub estimated: bool,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done, or came to one of the stop texts.
    Stop,
    /// The token limit cut it off.
    Length,
    /// Anything else that the server reports.
    Other,
}

/// Ways to ask for JSON, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The server holds the answer to the schema.
    JsonSchema,
    /// The server holds the answer to be a JSON object; some also hold it to the schema that is sent along.
    JsonObject,
    /// The server holds the answer to a grammar made from the schema (llama.cpp).
    Grammar,
    /// The schema is only in the instructions, and the value is looked for in the text.
    Text,
}

impl Usage {
    /// A guess: a token per three bytes errs on the side of too many.
    pub(crate) fn guess(input_bytes: usize, output_bytes: usize) -> Self {
        let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(3)).unwrap_or(u64::MAX);
        Self { input_tokens: tokens(input_bytes), output_tokens: tokens(output_bytes), estimated: true }
    }

    /// Both together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}
