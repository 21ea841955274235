//! The fields that are settings, by name. A setting is no content as long as its value is a number or a plain word;
//! any other value of it is inspected. A field on no list is reported as not inspected.

/// Fields of a request.
pub(super) const REQUEST: &[&str] = &[
    "anthropic_beta",
    "anthropic_version",
    "betas",
    "cache_control",
    "compaction",
    "context_management",
    "inference_geo",
    "max_tokens",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "temperature",
    "thinking",
    "tool_choice",
    "top_k",
    "top_p",
];

/// Fields of a request that are inspected whatever they hold: they name people, or reach the model as text.
pub(super) const REQUEST_CONTENT: &[&str] = &["metadata", "stop_sequences", "user_profile_id"];

/// Fields of a message of a request besides its content.
pub(super) const MESSAGE: &[&str] = &["role"];

/// Fields of an answer.
pub(super) const ANSWER: &[&str] = &[
    "container",
    "context_management",
    "diagnostics",
    "id",
    "model",
    "request_id",
    "role",
    "stop_details",
    "stop_reason",
    "type",
    "usage",
];

/// Fields of an answer that are inspected whatever they hold.
pub(super) const ANSWER_CONTENT: &[&str] = &["error", "stop_sequence"];

/// Fields of a content block that are settings.
pub(super) const BLOCK: &[&str] = &[
    "cache_control",
    "error_code",
    "file_type",
    "is_file_update",
    "media_type",
    "new_lines",
    "new_start",
    "num_lines",
    "old_lines",
    "old_start",
    "retrieved_at",
    "return_code",
    "start_line",
    "total_lines",
    "type",
];

/// Fields of a content block that are inspected whatever they hold. A signature is one: it can be read, and what only the
/// model's provider understands of it is none of the caller's text.
pub(super) const BLOCK_CONTENT: &[&str] = &[
    "citations",
    "context",
    "error",
    "error_message",
    "lines",
    "page_age",
    "signature",
    "state_changes",
    "stderr",
    "stdout",
    "tabs",
    "thinking",
    "title",
    "tool_name",
    "tool_references",
    "url",
];

/// Fields of a content block that only the model's provider can read.
pub(super) const BLOCK_ENCRYPTED: &[&str] = &["data", "encrypted_content", "encrypted_index", "encrypted_stdout"];

/// Fields of a tool use besides its name, id and input.
pub(super) const TOOL_USE: &[&str] = &["cache_control", "caller", "server_name", "toolset_name", "type"];

/// Fields of a tool's result besides its content.
pub(super) const TOOL_RESULT: &[&str] = &["cache_control", "caller", "is_error", "toolset_name", "type"];
