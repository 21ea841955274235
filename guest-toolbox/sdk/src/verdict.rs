//! What a guard says of an event.

use alloc::{string::String, vec::Vec};
use serde::Serialize;
use serde_json::Value;

/// A verdict. The host checks it: reason codes are `[a-z0-9_]{1,64}`, edits lie within their parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    verdict: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    details: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<Edit>,
}

/// Replaces the characters `start..end` of one part's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Index into the event's parts.
    pub part: usize,
    /// First character, in Unicode scalar values.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What stands there instead.
    pub replacement: String,
}

impl Verdict {
    /// The event passes.
    #[must_use]
    pub fn allow() -> Self {
        Self::new("allow", "", "")
    }

    /// The event is refused.
    #[must_use]
    pub fn deny(reason_code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new("deny", reason_code, message)
    }

    /// The event needs a person's approval.
    #[must_use]
    pub fn ask(reason_code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new("ask", reason_code, message)
    }

    /// The event passes with edits. Without any it passes as it is.
    #[must_use]
    pub fn redact(reason_code: impl Into<String>, message: impl Into<String>, edits: Vec<Edit>) -> Self {
        if edits.is_empty() {
            return Self::allow();
        }
        Self { edits, ..Self::new("redact", reason_code, message) }
    }

    /// Adds details for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// Adds edits, to be made if the person that is asked approves.
    #[must_use]
    pub fn with_edits(mut self, edits: Vec<Edit>) -> Self {
        self.edits = edits;
        self
    }

    fn new(verdict: &'static str, reason_code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            verdict,
            reason_code: reason_code.into(),
            message: message.into(),
            details: Value::Null,
            edits: Vec::new(),
        }
    }
}
