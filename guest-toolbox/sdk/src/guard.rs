//! Runs a guard's function: event in, verdict out. A failure traps, so that the host counts the run as failed.

use alloc::vec::Vec;

use crate::{Event, Verdict, exports::fail, tools::ToolError};

/// What a guard's function may return.
pub trait Judgement {
    /// The verdict, unless the guard failed.
    fn verdict(self) -> Option<Verdict>;
}

impl Judgement for Verdict {
    fn verdict(self) -> Option<Verdict> {
        Some(self)
    }
}

impl Judgement for Result<Verdict, ToolError> {
    fn verdict(self) -> Option<Verdict> {
        self.ok()
    }
}

/// Judges the event in `input` with `check`.
pub fn judge<J: Judgement>(input: &[u8], check: impl FnOnce(&Event) -> J) -> Vec<u8> {
    let verdict = serde_json::from_slice(input).ok().and_then(|event| check(&event).verdict());
    match verdict.and_then(|verdict| serde_json::to_vec(&verdict).ok()) {
        Some(bytes) => bytes,
        None => fail(),
    }
}
