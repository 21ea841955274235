//! The fields that are settings, by name. A setting is no content as long as its value is a number or a plain word;
//! any other value of it is inspected. A field on no list is reported as not inspected.

/// Fields of a request.
pub(super) const REQUEST: &[&str] = &[
    "access_programs",
    "context_management",
    "image",
    "include",
    "max_output_tokens",
    "max_tool_calls",
    "model",
    "moderation",
    "parallel_tool_calls",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "service_tier",
    "store",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "top_logprobs",
    "top_p",
    "truncation",
];

/// Fields that are inspected whatever they hold: they name people, or reach the model as text. An answer repeats them.
pub(super) const NAMING: &[&str] = &["metadata", "prompt_cache_key", "safety_identifier", "user"];

/// Fields of an answer.
pub(super) const ANSWER: &[&str] = &[
    "access_programs",
    "background",
    "billing",
    "completed_at",
    "context_management",
    "conversation",
    "created_at",
    "frequency_penalty",
    "id",
    "image",
    "incomplete_details",
    "input_transformations",
    "max_output_tokens",
    "max_tool_calls",
    "model",
    "moderation",
    "object",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_diagnostics",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "service_tier",
    "status",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tool_usage",
    "top_logprobs",
    "top_p",
    "truncation",
    "usage",
];

/// Fields of an item or of a content part that are settings.
pub(super) const ITEM: &[&str] = &[
    "approval_request_id",
    "caller",
    "container_id",
    "created_by",
    "detail",
    "environment",
    "execution",
    "fingerprint",
    "id",
    "max_output_length",
    "namespace",
    "outcome",
    "output_format",
    "phase",
    "prompt_cache_breakpoint",
    "quality",
    "role",
    "server_label",
    "size",
    "status",
    "type",
];

/// Fields of an item or of a content part that are inspected whatever they hold.
pub(super) const ITEM_CONTENT: &[&str] = &[
    "acknowledged_safety_checks",
    "annotations",
    "attributes",
    "error",
    "filename",
    "logs",
    "message",
    "name",
    "pending_safety_checks",
    "reason",
    "refusal",
    "stderr",
    "stdout",
    "title",
    "url",
];

/// Fields of a call that say what is to be done.
pub(super) const ARGUMENTS: &[&str] =
    &["action", "actions", "arguments", "code", "input", "operation", "queries", "query", "revised_prompt"];

/// Fields of a call that hold what came of it, where the provider runs the tool itself.
pub(super) const RESULTS: &[&str] = &["error", "output", "outputs", "results"];
