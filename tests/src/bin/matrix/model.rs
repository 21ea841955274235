//! What the surfaces of model servers share: their paths in the matrix, and streams.

use serde_json::Value;

use crate::cell::Mode;

/// The path of a surface's route for answers that come in this way.
pub(crate) fn path(surface: &str, mode: Mode) -> String {
    format!("/{surface}/{}", if mode == Mode::Windows { "windows" } else { "full" })
}

/// Server-sent events without names.
pub(crate) fn events(all: &[Value]) -> String {
    all.iter().map(|event| format!("data: {event}\n\n")).collect()
}

/// Server-sent events, each with the name that its `type` says.
pub(crate) fn typed_events(all: &[Value]) -> String {
    all.iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()))
        .collect()
}

/// Pieces of five characters.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(5).map(|piece| piece.iter().collect()).collect()
}
