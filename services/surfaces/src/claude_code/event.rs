//! The events and what their fields are. Names and fields as in the types of the agent's own SDK.

use parapet_domain::Stage;

use crate::question::Carried;

/// How a refusal is told at an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The call is denied, or the person at the keyboard is asked.
    Permission,
    /// The agent is answered in the place of that person, who is asked anyway.
    PermissionRequest,
    /// The result is withheld.
    ToolResult,
    /// The prompt is erased.
    Prompt,
    /// The agent has to go on and put it right.
    Stop,
    /// The agent stops: nothing at this event can be withheld.
    Halt,
}

/// What is known of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) stage: Stage,
    pub(crate) told: Told,
}

impl Event {
    pub(crate) fn of(name: &str) -> Self {
        let (stage, told) = match name {
            "PreToolUse" => (Stage::ToolCall, Told::Permission),
            "PermissionRequest" => (Stage::ToolCall, Told::PermissionRequest),
            "PostToolUse" => (Stage::ToolResult, Told::ToolResult),
            "PostToolUseFailure" => (Stage::ToolResult, Told::Halt),
            "UserPromptSubmit" | "UserPromptExpansion" => (Stage::Input, Told::Prompt),
            "Stop" | "SubagentStop" => (Stage::Output, Told::Stop),
            "StopFailure" | "PostCompact" | "MessageDisplay" => (Stage::Output, Told::Halt),
            _ => (Stage::Input, Told::Halt),
        };
        Self { stage, told }
    }

    /// Which edits a hook's answer can bring back.
    pub(crate) const fn carried(self) -> Carried {
        match self.told {
            Told::Permission => Carried::Under(&["tool_input"]),
            Told::ToolResult => Carried::Under(&["tool_response"]),
            _ => Carried::Under(&[]),
        }
    }
}

/// Fields that are settings as long as they hold a plain word or a number; anything else in them is judged.
pub(super) const SETTINGS: &[&str] = &[
    "agent_id",
    "agent_transcript_path",
    "agent_type",
    "command_name",
    "command_source",
    "context_tokens",
    "cwd",
    "duration_ms",
    "effort",
    "estimated_cache_write_usd",
    "expansion_type",
    "file_path",
    "hook_event_name",
    "index",
    "load_reason",
    "mcp_server",
    "mcp_server_name",
    "memory_type",
    "message_id",
    "model",
    "notification_type",
    "permission_mode",
    "prompt_id",
    "seconds_since_last_response",
    "session_id",
    "source",
    "tool_name",
    "tool_use_id",
    "transcript_path",
    "trigger",
    "turn_id",
];
