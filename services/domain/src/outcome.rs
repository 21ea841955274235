//! How one guard run ended: with a verdict, or with a failure of a named kind.

use serde::{Deserialize, Serialize};

use crate::{Mode, OnError, Verdict};

/// End of one guard run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The guard answered.
    Verdict(Verdict),
    /// It did not.
    Failure(Failure),
}

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind, for programs.
    pub kind: FailureKind,
    /// The particulars, for the operator. Never shown to the agent's user.
    pub message: String,
}

/// Kinds of failure. A kind is told by a typed trap, never by the text of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// All fuel used.
    OutOfFuel,
    /// Memory or a table could not grow within its limit.
    OutOfMemory,
    /// The wall-clock deadline passed.
    TimedOut,
    /// The guest trapped: unreachable, stack overflow, bad access, or an error in the script.
    Trapped,
    /// The guest answered, but not with a valid verdict.
    BadOutput,
    /// A tool refused its arguments or hit its own limit.
    ToolFailed,
    /// The guest called a tool that it was not granted.
    ToolNotGranted,
    /// The pool was full: the run never began.
    NoCapacity,
    /// The guard decides by code that is made for the event, and none could be had: the run never began.
    NotGenerated,
    /// The guard reads what came before, and that could not be had: the run never began.
    SessionUnavailable,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::OutOfFuel,
        Self::OutOfMemory,
        Self::TimedOut,
        Self::Trapped,
        Self::BadOutput,
        Self::ToolFailed,
        Self::ToolNotGranted,
        Self::NoCapacity,
        Self::NotGenerated,
        Self::SessionUnavailable,
    ];

    /// The word used in JSON, metrics and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::TimedOut => "timed_out",
            Self::Trapped => "trapped",
            Self::BadOutput => "bad_output",
            Self::ToolFailed => "tool_failed",
            Self::ToolNotGranted => "tool_not_granted",
            Self::NoCapacity => "no_capacity",
            Self::NotGenerated => "not_generated",
            Self::SessionUnavailable => "session_unavailable",
        }
    }

    /// The reason code that the decision bears when this failure decides it.
    #[must_use]
    pub const fn reason_code(self) -> &'static str {
        match self {
            Self::OutOfFuel => "guard_out_of_fuel",
            Self::OutOfMemory => "guard_out_of_memory",
            Self::TimedOut => "guard_timed_out",
            Self::Trapped => "guard_trapped",
            Self::BadOutput => "guard_bad_output",
            Self::ToolFailed => "guard_tool_failed",
            Self::ToolNotGranted => "guard_tool_not_granted",
            Self::NoCapacity => "guard_no_capacity",
            Self::NotGenerated => "guard_not_generated",
            Self::SessionUnavailable => "guard_session_unavailable",
        }
    }

    /// Whether trying again later could help: the machine was short of something, not the content at fault.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::TimedOut | Self::NoCapacity | Self::NotGenerated | Self::SessionUnavailable)
    }
}

/// One guard's part in a decision: what ran, how it ended, what it used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuardRun {
    /// The guard's id, such as `pii-redact`.
    pub guard: String,
    /// SHA-256 of the guard, with its prefix.
    pub guard_hash: String,
    /// Whether its verdict counts.
    pub mode: Mode,
    /// What a failure counts as.
    pub on_error: OnError,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Fuel used.
    pub fuel_used: u64,
    /// Wall-clock time in microseconds.
    pub duration_us: u64,
}
