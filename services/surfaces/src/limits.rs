//! What one body may hold. Bytes are limited by whoever reads the body; these bound the work that the bytes can cause.

/// Most values (objects, arrays, strings and scalars together) in one body, in one chunk of a stream, and in all JSON that
/// the strings of a body hold. A chat of some megabytes stays far below, and each value takes much more room than its bytes.
pub const MAX_VALUES: usize = 200_000;
/// Most messages in one chat request.
pub const MAX_MESSAGES: usize = 10_000;
/// Most parts in the events of one body.
pub const MAX_PARTS: usize = 10_000;
/// Most events in one body: each costs guard runs and an audit row.
pub const MAX_EVENTS: usize = 1_000;
/// Most entries in the list of what was not inspected; the rest is only counted.
pub const MAX_LISTED: usize = 1_000;
/// Longest JSON Pointer of a part or a list entry, in bytes. Long keys would otherwise be copied once for each value below them.
pub const MAX_POINTER_BYTES: usize = 2_048;
/// Longest tool name or call id that parts bear, in characters. Each part of a result repeats them.
pub const MAX_LABEL_CHARS: usize = 512;
/// Longest text of a caller that an error message repeats, in characters.
pub const MAX_QUOTED_CHARS: usize = 160;
/// Longest name of a conversation, in bytes.
pub const MAX_SESSION_BYTES: usize = 256;
