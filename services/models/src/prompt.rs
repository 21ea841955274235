//! What a model is asked: system text, messages, limits and the wanted form of the answer.

use parapet_domain::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One question. What is left open is taken from the configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Instructions that stand above the messages; empty for none.
    #[serde(default)]
    pub system: String,
    /// The conversation, at least one message, the question last.
    pub messages: Vec<Message>,
    /// Longest answer, in tokens.
    #[serde(default)]
    pub max_tokens: Option<u32>,
    /// How freely the model chooses: 0 for the likeliest token each time.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Seed for servers that have one. Anthropic's has none, and it is left out there.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Texts that end the answer.
    #[serde(default)]
    pub stop: Vec<String>,
    /// The wanted form of the answer.
    #[serde(default)]
    pub format: Format,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// Who speaks in a [`Message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// The wanted form of an answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Format {
    /// Any text.
    #[default]
    Text,
    /// A JSON value that a schema describes.
    Json {
        /// Name of the value for the server, `[a-zA-Z0-9_-]{1,64}`.
        name: String,
        /// JSON Schema.
        schema: Value,
        /// Whether the messages show the form by examples. Then the schema stands in the instructions only where the server
        /// does not hold the answer to it: instructions that stay the same are read once by a server that keeps them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shown: bool,
    },
}

impl Prompt {
    /// A question by itself.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self { messages: vec![Message { role: Role::User, text: text.into() }], ..Self::default() }
    }

    /// The same with instructions above it.
    #[must_use]
    pub fn with_system(mut self, system: impl Into<String>) -> Self {
        self.system = system.into();
        self
    }

    /// The same with the model's answer and what is said to it next, as a repair round does.
    #[must_use]
    pub fn with_reply(mut self, answer: impl Into<String>, next: impl Into<String>) -> Self {
        self.messages.push(Message { role: Role::Assistant, text: answer.into() });
        self.messages.push(Message { role: Role::User, text: next.into() });
        self
    }

    /// The same with an answer in JSON by `schema`.
    #[must_use]
    pub fn with_json(mut self, name: impl Into<String>, schema: Value) -> Self {
        self.format = Format::Json { name: name.into(), schema, shown: false };
        self
    }

    /// The same, where the messages show the form of the answer by examples.
    #[must_use]
    pub fn with_shown_form(mut self) -> Self {
        if let Format::Json { shown, .. } = &mut self.format {
            *shown = true;
        }
        self
    }

    /// SHA-256 of the canonical JSON of the prompt, such as `prompt:9f86…`: what provenance names and recorded
    /// exchanges are found by. The model and its configuration do not enter.
    #[must_use]
    pub fn digest(&self) -> String {
        // Nothing in a prompt fails to be written as JSON; the fallback is as unambiguous.
        let bytes = digest::canonical_json(self).unwrap_or_else(|_| format!("{self:?}").into_bytes());
        digest::of_bytes("prompt", &bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Prompt;

    #[test]
    fn a_digest_tells_prompts_apart_and_not_their_spelling() {
        let prompt = Prompt::user("Why?").with_json("why", json!({"type": "object", "required": ["because"]}));
        let written = r#"{"format": {"schema": {"required": ["because"], "type": "object"}, "name": "why", "kind": "json"},
            "messages": [{"text": "Why?", "role": "user"}]}"#;
        assert_eq!(serde_json::from_str::<Prompt>(written).unwrap().digest(), prompt.digest());
        let others = [
            Prompt::user("Why?"),
            prompt.clone().with_system("Be brief."),
            Prompt { seed: Some(1), ..prompt.clone() },
            Prompt { temperature: Some(0.5), ..prompt.clone() },
            prompt.clone().with_reply("So.", "Why?"),
        ];
        for other in others {
            assert_ne!(other.digest(), prompt.digest(), "{other:?}");
        }
        assert_eq!(prompt.digest().len(), "prompt:".len() + 64);
    }
}
