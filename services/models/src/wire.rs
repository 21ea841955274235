//! Prompts as requests of a protocol, and answers back, both by the client crate `rig-core`. What it does not do is added
//! here: the ways to ask for JSON (it knows the schema alone), and which errors mean what.

use std::sync::OnceLock;

use rig_core::completion::{CompletionRequest, CompletionResponse};
use rig_core::driver::Model;
use rig_core::message::Message as RigMessage;
use rig_core::providers::anthropic::wire::AnthropicConfig;
use rig_core::providers::openai::OpenAIConfig;
use rig_core::providers::openai::wire::{Auth, BodyRewrite, Chat, Dialect, OutputCap, Quirks};
use serde_json::{Map, Value, json};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use crate::config::Endpoint;
use crate::transport::Transport;
use crate::{Format, ModelConfig, ModelError, ModelKind, Prompt, Role, Rung, grammar};

mod answer;
mod failure;

pub(crate) use answer::Reply;

/// A protocol with the server's address, the key and the model.
#[derive(Clone)]
pub(crate) enum Wire {
    Openai(Box<Chat>),
    Anthropic(Box<AnthropicConfig>),
}

impl Wire {
    pub(crate) fn new(config: &ModelConfig, endpoint: &Endpoint) -> Self {
        let key = config.api_key.as_ref().map(|key| key.expose().to_owned()).unwrap_or_default();
        match config.kind {
            ModelKind::Openai => {
                let mut openai = OpenAIConfig::with_key(&dialect(endpoint), key);
                openai.base_url.clone_from(&endpoint.base);
                Self::Openai(Box::new(openai.chat(&config.model)))
            }
            ModelKind::Anthropic => Self::Anthropic(Box::new(AnthropicConfig::new(key).with_base_url(&endpoint.base))),
        }
    }

    /// Sends the question once.
    pub(crate) async fn send(&self, question: &Question<'_>, transport: Transport) -> Result<Reply, ModelError> {
        let request = question.request(self)?;
        let told = failure::Context::new(question.config, transport.limit);
        // The client crate logs whole prompts at its finest level; what people ask is nobody's business.
        let answered = match self {
            Self::Openai(chat) => {
                Model::new((**chat).clone(), transport).call(request).with_subscriber(Dispatch::none()).await
            }
            Self::Anthropic(anthropic) => {
                let model = (**anthropic).clone().connect(transport).completion(&question.config.model);
                model.call(request).with_subscriber(Dispatch::none()).await
            }
        };
        let response: CompletionResponse = answered.map_err(|error| failure::of(&error, &told))?;
        Ok(answer::of(&response, question))
    }
}

/// Any server that is compatible with OpenAI's: a key only when there is one, texts as plain strings (smaller servers know
/// no lists of parts), and `max_tokens`, which only OpenAI itself calls otherwise for some models.
fn dialect(endpoint: &Endpoint) -> Dialect {
    static COMPATIBLE: OnceLock<Dialect> = OnceLock::new();
    let mut dialect = *COMPATIBLE.get_or_init(|| {
        let mut quirks = Quirks::openai();
        quirks.auth = Auth::OptionalBearer;
        quirks.rewrite = BodyRewrite::Perplexity;
        Dialect::gateway("openai-compatible", "", "").with_quirks(quirks)
    });
    if endpoint.is_own() {
        dialect.quirks.output_cap = OutputCap::OpenAiReasoningFamilies;
    }
    dialect.request_id_header = Some("x-request-id");
    dialect
}

/// A prompt with the configuration's defaults and the way to ask for JSON.
pub(crate) struct Question<'q> {
    pub(crate) config: &'q ModelConfig,
    pub(crate) prompt: &'q Prompt,
    pub(crate) rung: Option<Rung>,
}

impl Question<'_> {
    /// Longest answer, in tokens.
    pub(crate) fn max_tokens(&self) -> u32 {
        self.prompt.max_tokens.unwrap_or(self.config.max_tokens)
    }

    /// Bytes of the texts that are sent.
    pub(crate) fn bytes(&self) -> usize {
        let messages: usize = self.prompt.messages.iter().map(|message| message.text.len()).sum();
        self.system().len() + messages
    }

    /// The system text; with JSON, the schema too, as no server shows it to the model and some ignore it. Where the messages
    /// show the form and the server holds the answer to it, the text stays the same for all schemas.
    fn system(&self) -> String {
        let Format::Json { schema, shown, .. } = &self.prompt.format else { return self.prompt.system.clone() };
        if *shown && matches!(self.rung, Some(Rung::JsonSchema | Rung::JsonObject | Rung::Grammar)) {
            return self.prompt.system.clone();
        }
        let wanted =
            format!("Answer with one JSON value that fits this JSON Schema, without any text around it:\n{schema}");
        if self.prompt.system.is_empty() { wanted } else { format!("{}\n\n{wanted}", self.prompt.system) }
    }

    fn request(&self, wire: &Wire) -> Result<CompletionRequest, ModelError> {
        let Some((last, earlier)) = self.prompt.messages.split_last() else {
            return Err(ModelError::NotSent { reason: "it has no message".to_owned() });
        };
        let message = |message: &crate::Message| match message.role {
            Role::User => RigMessage::user(&message.text),
            Role::Assistant => RigMessage::assistant(&message.text),
        };
        let mut request = CompletionRequest::new(message(last)).messages(earlier.iter().map(message));
        let system = self.system();
        if !system.is_empty() {
            request = request.preamble(system);
        }
        let extra = match wire {
            Wire::Openai(_) => self.openai_fields(),
            Wire::Anthropic(_) => self.anthropic_fields(),
        };
        Ok(request
            .max_tokens(u64::from(self.max_tokens()))
            .temperature(self.prompt.temperature.or(self.config.temperature))
            .additional_params(Value::Object(extra)))
    }

    fn openai_fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if let Some(seed) = self.prompt.seed.or(self.config.seed) {
            fields.insert("seed".to_owned(), json!(seed));
        }
        if !self.prompt.stop.is_empty() {
            fields.insert("stop".to_owned(), json!(self.prompt.stop));
        }
        let Format::Json { name, schema, .. } = &self.prompt.format else { return fields };
        let (field, value) = match self.rung {
            Some(Rung::JsonSchema) => {
                ("response_format", json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema}}))
            }
            // The schema beside the type is no part of OpenAI's protocol, but llama.cpp and some services hold to it.
            Some(Rung::JsonObject) => ("response_format", json!({"type": "json_object", "schema": schema})),
            Some(Rung::Grammar) => ("grammar", json!(grammar::from_schema(schema))),
            Some(Rung::Text) | None => return fields,
        };
        fields.insert(field.to_owned(), value);
        fields
    }

    fn anthropic_fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if !self.prompt.stop.is_empty() {
            fields.insert("stop_sequences".to_owned(), json!(self.prompt.stop));
        }
        if let (Format::Json { schema, .. }, Some(Rung::JsonSchema)) = (&self.prompt.format, self.rung) {
            let format = json!({"format": {"type": "json_schema", "schema": schema}});
            fields.insert("output_config".to_owned(), format);
        }
        fields
    }
}
