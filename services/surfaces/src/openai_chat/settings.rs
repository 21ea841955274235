//! The fields that are settings, by name. A setting is no content as long as its value is a number or a plain word;
//! any other value of it is inspected. A field on no list is reported as not inspected.

/// Fields of a request.
pub(super) const REQUEST: &[&str] = &[
    "audio",
    "best_of",
    "frequency_penalty",
    "function_call",
    "length_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "min_p",
    "min_tokens",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "prompt_cache_retention",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "service_tier",
    "store",
    "stream_options",
    "temperature",
    "tool_choice",
    "top_a",
    "top_k",
    "top_logprobs",
    "top_p",
    "verbosity",
];

/// Fields of a request that are inspected whatever they hold: they name people, or reach the model as text.
pub(super) const REQUEST_CONTENT: &[&str] =
    &["metadata", "prompt_cache_key", "safety_identifier", "stop", "user", "web_search_options"];

/// Fields of a completion and of a chunk.
pub(crate) const ANSWER: &[&str] = &[
    "created",
    "id",
    "model",
    "obfuscation",
    "object",
    "prompt_filter_results",
    "provider",
    "service_tier",
    "system_fingerprint",
    "time_info",
    "timings",
    "usage",
    "x_groq",
];

/// Fields of a completion that are inspected whatever they hold.
pub(super) const ANSWER_CONTENT: &[&str] = &["citations", "error", "related_questions", "search_results"];

/// Fields of a completion or a choice that say the content over again, token by token. No guard can read them, and they
/// become `null` when the content is edited.
pub(super) const TOKENS: &[&str] = &["logprobs", "prompt_logprobs", "prompt_token_ids", "token_ids"];

/// Fields of a choice.
pub(crate) const CHOICE: &[&str] = &[
    "content_filter_offsets",
    "content_filter_results",
    "finish_reason",
    "index",
    "native_finish_reason",
    "stop_reason",
];

/// Fields of a message besides its content.
pub(super) const MESSAGE: &[&str] = &["cache_control", "role", "tool_call_id"];

/// Fields of a message that are inspected whatever they hold.
pub(super) const MESSAGE_CONTENT: &[&str] =
    &["annotations", "extra_content", "name", "provider_specific_fields", "reasoning_details", "thinking_blocks"];

/// Fields of a content part besides its content.
pub(super) const CONTENT_PART: &[&str] = &["cache_control", "type"];

/// Fields of a tool call besides its name, id and arguments.
pub(super) const TOOL_CALL: &[&str] = &["index", "type"];
