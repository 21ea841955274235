//! Why a body or a stream cannot be taken apart. The texts are fit for the caller and repeat little of what was sent.

use parapet_domain::json::JsonError;

use crate::Fault;
use crate::limits::{MAX_EVENTS, MAX_MESSAGES, MAX_PARTS, MAX_POINTER_BYTES, MAX_QUOTED_CHARS, MAX_VALUES};

/// A body that does not fit its surface.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// Not acceptable JSON.
    #[error("the body is not acceptable JSON: {}; send one JSON value in UTF-8 without repeated keys", clip(.0.to_string()))]
    Json(JsonError),
    /// Something has the wrong type or is missing.
    #[error("{}: {expected}", place(pointer))]
    Shape {
        /// JSON Pointer of the value, empty for the whole body.
        pointer: String,
        /// What should stand there.
        expected: String,
    },
    /// Everything that is wrong with a body of Parapet's own API.
    #[error("{}", .0.join("; "))]
    Fields(Vec<String>),
    /// More values than [`MAX_VALUES`].
    #[error("the body has more than {MAX_VALUES} JSON values; send less at once")]
    TooManyValues,
    /// More messages than [`MAX_MESSAGES`].
    #[error("the body has more than {MAX_MESSAGES} messages; shorten the history")]
    TooManyMessages,
    /// More parts than [`MAX_PARTS`].
    #[error("the body has more than {MAX_PARTS} pieces of content; send less at once")]
    TooManyParts,
    /// More events than [`MAX_EVENTS`].
    #[error("the body has more than {MAX_EVENTS} tool calls or tool results; shorten the history")]
    TooManyEvents,
    /// A pointer longer than [`MAX_POINTER_BYTES`].
    #[error("a key in the body makes a JSON Pointer longer than {MAX_POINTER_BYTES} bytes; shorten the key")]
    KeyTooLong,
}

impl SurfaceError {
    pub(crate) fn shape(pointer: &str, expected: impl Into<String>) -> Self {
        Self::Shape { pointer: clip(pointer.to_owned()), expected: expected.into() }
    }
}

/// A streamed answer that cannot be judged, and so is not passed on. Texts never repeat what the upstream sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// More bytes than the caller allows to hold.
    #[error("the streamed answer is longer than {limit} bytes; raise the limit of the route or ask for less")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A line is not UTF-8.
    #[error("the upstream's stream is not valid UTF-8")]
    Utf8,
    /// An event does not fit the protocol.
    #[error("event {event} of the upstream's stream does not fit the protocol: {problem}")]
    Malformed {
        /// Position of the event, from 1.
        event: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The upstream reported an error in its stream.
    #[error("the upstream reported an error in the middle of its stream")]
    UpstreamEvent,
    /// The stream ended before it said that it was complete.
    #[error("the upstream's stream ended before it was complete")]
    Truncated,
    /// Data after the end, which a client might still read.
    #[error("the upstream's stream goes on after its end")]
    DataAfterDone,
    /// An end without any answer.
    #[error("the upstream's stream holds no answer")]
    Empty,
    /// The assembled answer cannot be taken apart.
    #[error("the upstream's streamed answer cannot be inspected")]
    Answer(SurfaceError),
}

impl StreamError {
    /// The row of the status table that a caller should get.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::TooLarge { .. } => Fault::AnswerTooLarge,
            _ => Fault::UpstreamError,
        }
    }
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the body".to_owned() } else { format!("`{pointer}`") }
}

/// A text that may be quoted in a message.
pub(crate) fn clip(text: String) -> String {
    clip_to(text, MAX_QUOTED_CHARS)
}

/// At most `chars` characters of a text, and a sign where some were left out.
pub(crate) fn clip_to(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
