//! What a guard judges: `event/1`. Fields that a later host adds are ignored; words that it adds become `Other`.

use alloc::{string::String, vec::Vec};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One judged moment of an exchange between a user, an agent, a model and tools.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// `event/1`.
    pub version: String,
    /// Identifier of this event.
    pub id: String,
    /// Shared by all events of one request and its answer.
    pub exchange_id: String,
    /// Position within the exchange, from 0.
    pub sequence: u32,
    /// When the event was taken, RFC 3339 in UTC. There is no other clock.
    pub at: String,
    /// IANA zone for rules such as "three a day".
    pub zone: String,
    /// Who runs the agent.
    pub tenant: String,
    /// Which side of the agent this is.
    pub stage: Stage,
    /// Protocol that it came over, such as `openai_chat`.
    pub surface: String,
    /// Name of the route in the configuration.
    pub route: String,
    /// Name of the agent in the configuration.
    pub agent: String,
    /// The authenticated user, if any.
    #[serde(default)]
    pub principal: Option<Principal>,
    /// Conversation identifier, if the caller gave one.
    #[serde(default)]
    pub session: Option<String>,
    /// The content, in the order of the body.
    pub parts: Vec<Part>,
}

/// Where in the agent's work an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What goes to the agent or model.
    Input,
    /// What it answers.
    Output,
    /// A tool call that it asks for.
    ToolCall,
    /// What a tool gave back.
    ToolResult,
    /// A word that this SDK does not know.
    #[serde(other)]
    Other,
}

/// On whose behalf the agent acts.
#[derive(Debug, Clone, Deserialize)]
pub struct Principal {
    /// Stable identifier within the tenant.
    pub id: String,
    /// Roles, in the order given.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Further attributes, such as `age`.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// `trusted_header`, `jwt` or `asserted`.
    #[serde(default)]
    pub authenticated_by: String,
}

/// One piece of content.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Whose turn it belongs to.
    pub role: Role,
    /// Where it comes from.
    pub origin: Origin,
    /// Name given by the route's mapping, such as `question`.
    #[serde(default)]
    pub name: Option<String>,
    /// Name of the tool, for tool definitions, calls and results.
    #[serde(default)]
    pub tool: Option<String>,
    /// Identifier that ties a result to its call.
    #[serde(default)]
    pub call_id: Option<String>,
    /// Index of the answer among several.
    #[serde(default)]
    pub choice: Option<u32>,
    /// Media type of `text`.
    #[serde(default)]
    pub media_type: String,
    /// JSON Pointer in the original body.
    #[serde(default)]
    pub pointer: String,
    /// Offset of `text` in the whole part, in Unicode scalar values.
    #[serde(default)]
    pub offset: u64,
    /// Whether the part is complete.
    #[serde(default = "yes", rename = "final")]
    pub is_final: bool,
    /// The content as text. Spans count its Unicode scalar values.
    pub text: String,
    /// The content parsed, for structured content.
    #[serde(default)]
    pub json: Option<Value>,
}

const fn yes() -> bool {
    true
}

/// What a [`Part`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Prose or code.
    Text,
    /// Other structured content.
    Json,
    /// A tool's name, description and schema.
    ToolDefinition,
    /// A call with its arguments.
    ToolCall,
    /// What a call gave back.
    ToolResult,
    /// A word that this SDK does not know.
    #[serde(other)]
    Other,
}

/// Whose turn a [`Part`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The operator's instructions.
    System,
    /// Same, in newer bodies.
    Developer,
    /// The user.
    User,
    /// The model or agent.
    Assistant,
    /// A tool.
    Tool,
    /// A word that this SDK does not know.
    #[serde(other)]
    Other,
}

/// Where content comes from, which decides how far it is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Whoever runs the agent.
    Operator,
    /// The user.
    User,
    /// The model or agent.
    Model,
    /// A tool's result: untrusted.
    Tool,
    /// Retrieved documents or pages: untrusted.
    Retrieved,
    /// A word that this SDK does not know: untrusted.
    #[serde(other)]
    Other,
}
