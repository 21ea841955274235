//! What the checks ask of a guard, and what they may cost.

use serde::Serialize;

/// Thresholds and limits of the checks. None of the percentages makes a guard not count: what falls below is complained of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckOptions {
    /// The largest events that can reach a guard.
    pub largest: LargestEvent,
    /// Bytes of content up to which a guard has to give a verdict. One that fails on less does not count.
    pub least_event_bytes: usize,
    /// Most entries of a constant array or map in the code.
    pub max_literal_entries: usize,
    /// Most different string constants in the code, besides those in the arguments of verdicts.
    pub max_string_literals: usize,
    /// Percentage of lines that the tests should run.
    pub min_line_percent: usize,
    /// Percentage of branch outcomes that the tests should run.
    pub min_branch_percent: usize,
    /// Percentage of mutants that the tests should notice.
    pub min_killed_percent: usize,
    /// Most mutants that are tried; of more, an even sample is.
    pub max_mutants: usize,
    /// Most fuel that the tests of all mutants may use together.
    pub max_mutant_fuel: u64,
    /// Most complaints about coverage, and most about mutants, that are listed one by one.
    pub max_listed: usize,
}

/// The largest events that can reach a guard, as the gateway limits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LargestEvent {
    /// Bytes of a body, and so of all content together.
    pub bytes: usize,
    /// Parts.
    pub parts: usize,
    /// JSON values in structured content, at all levels.
    pub values: usize,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            largest: LargestEvent { bytes: 4 << 20, parts: 10_000, values: 200_000 },
            least_event_bytes: 4 << 10,
            max_literal_entries: 12,
            max_string_literals: 40,
            min_line_percent: 90,
            min_branch_percent: 80,
            min_killed_percent: 70,
            max_mutants: 240,
            max_mutant_fuel: 40_000_000_000,
            max_listed: 20,
        }
    }
}
