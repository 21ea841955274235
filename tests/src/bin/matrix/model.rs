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
