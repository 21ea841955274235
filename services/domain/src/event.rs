//! What one guard run judges: `event/1`. The JSON form of [`Event`] is exactly what a guard sees.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{History, Principal, Timestamp};

/// Version word of the event format; part of every event.
pub const EVENT_VERSION: &str = "event/1";
/// The tenant when none is configured.
pub const DEFAULT_TENANT: &str = "default";

/// One judged moment of an exchange between a user, an agent, a model and tools.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Always [`EVENT_VERSION`].
    pub version: String,
    /// UUIDv7 of this event.
    pub id: Uuid,
    /// UUIDv7 shared by all events of one request and its answer.
    pub exchange_id: Uuid,
    /// Position within the exchange, from 0.
    pub sequence: u32,
    /// When the event was taken. A guard has no other clock.
    pub at: Timestamp,
    /// IANA zone for rules such as "three a day".
    pub zone: String,
    /// Who runs the agent.
    pub tenant: String,
    /// Which side of the agent this is.
    pub stage: Stage,
    /// Protocol that it came over.
    pub surface: Surface,
    /// Name of the route in the configuration.
    pub route: String,
    /// Name of the agent in the configuration, not a claim of the caller.
    pub agent: String,
    /// The authenticated user, if any.
    pub principal: Option<Principal>,
    /// Conversation identifier, if the caller gave one.
    pub session: Option<String>,
    /// The content, in the order of the body.
    pub parts: Vec<Part>,
    /// What came before, for guards that declare that they read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Box<History>>,
}

/// Where in the agent's work an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Input, Self::Output, Self::ToolCall, Self::ToolResult];

    /// The word used in JSON, metrics and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
        }
    }
}

/// A protocol that Parapet speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// `POST /v1/check`.
    Check,
    /// `POST /v1/chat/completions`.
    OpenaiChat,
    /// `POST /v1/responses`.
    OpenaiResponses,
    /// `POST /v1/messages`.
    AnthropicMessages,
    /// An agent's own JSON API, mapped by pointers.
    Generic,
    /// A LiteLLM proxy that asks about its traffic.
    Litellm,
    /// An Envoy proxy that asks about a request.
    ExtAuthz,
    /// A coding agent that asks before and after its steps.
    ClaudeCode,
    /// Model Context Protocol, over HTTP or lines of text.
    Mcp,
    /// A long document that Parapet has a model write, section by section.
    Write,
}

impl Surface {
    /// The word used in JSON, metrics and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::OpenaiChat => "openai_chat",
            Self::OpenaiResponses => "openai_responses",
            Self::AnthropicMessages => "anthropic_messages",
            Self::Generic => "generic",
            Self::Litellm => "litellm",
            Self::ExtAuthz => "ext_authz",
            Self::ClaudeCode => "claude_code",
            Self::Mcp => "mcp",
            Self::Write => "write",
        }
    }
}

/// One piece of content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Whose turn it belongs to.
    pub role: Role,
    /// Where it comes from, which decides how far it is trusted.
    pub origin: Origin,
    /// Name given by the route's mapping, such as `question` or `code`.
    #[serde(default)]
    pub name: Option<String>,
    /// Name of the tool, for tool definitions, calls and results.
    #[serde(default)]
    pub tool: Option<String>,
    /// Identifier that ties a result to its call.
    #[serde(default)]
    pub call_id: Option<String>,
    /// Index of the answer among several (`n > 1`).
    #[serde(default)]
    pub choice: Option<u32>,
    /// Media type of `text`.
    #[serde(default = "text_plain")]
    pub media_type: String,
    /// JSON Pointer (RFC 6901) in the original body.
    #[serde(default)]
    pub pointer: String,
    /// Offset of `text` in the whole part, in Unicode scalar values; above 0 in later windows of a stream.
    #[serde(default)]
    pub offset: u64,
    /// Whether the part is complete.
    #[serde(default = "yes", rename = "final")]
    pub is_final: bool,
    /// The content as text. Spans count its Unicode scalar values. For structured content, its JSON text.
    pub text: String,
    /// The content parsed, for structured content: `text` read by [`crate::json::parse`].
    #[serde(default, deserialize_with = "crate::json::deserialize_optional")]
    pub json: Option<Value>,
}

fn text_plain() -> String {
    "text/plain".to_owned()
}

const fn yes() -> bool {
    true
}

impl Part {
    /// A complete plain text, without names and with an empty pointer: set what applies.
    #[must_use]
    pub fn text(role: Role, origin: Origin, text: impl Into<String>) -> Self {
        Self {
            kind: PartKind::Text,
            role,
            origin,
            name: None,
            tool: None,
            call_id: None,
            choice: None,
            media_type: text_plain(),
            pointer: String::new(),
            offset: 0,
            is_final: true,
            text: text.into(),
            json: None,
        }
    }
}

/// What a [`Part`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}

/// Whose turn a [`Part`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The operator's instructions.
    System,
    /// Same, in newer OpenAI bodies.
    Developer,
    /// The user.
    User,
    /// The model or agent.
    Assistant,
    /// A tool.
    Tool,
}

/// Where content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
}
