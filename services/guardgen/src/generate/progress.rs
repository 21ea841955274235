//! The steps of a generation, for a progress display or a stream of events.

use serde::{Deserialize, Serialize};

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Progress {
    /// The rules did not understand the request; the model is next.
    NotCompiled {
        /// The sentence that stopped them, and why.
        why: String,
    },
    /// Past cases were found.
    Recalled {
        /// Their ids, nearest first.
        cases: Vec<String>,
    },
    /// The model restates the request in sentences that the rules compile.
    Restating {
        /// Sentences of the request.
        sentences: usize,
    },
    /// One sentence was restated.
    Restated {
        /// As it stands in the request.
        given: String,
        /// What the rules are given instead.
        restated: Vec<String>,
    },
    /// The model plans.
    Planning,
    /// The plan is there.
    Planned {
        /// Its title.
        title: String,
        /// Number of steps.
        steps: usize,
    },
    /// The model writes the program.
    Writing {
        /// 1 for the first attempt.
        round: u32,
        /// Of how many.
        of: u32,
    },
    /// The program was tried.
    Tried {
        /// The attempt.
        round: u32,
        /// Whether it could be built.
        built: bool,
        /// Tests that passed.
        passed: usize,
        /// Of how many.
        tests: usize,
        /// Tokens of the answer.
        output_tokens: u64,
        /// Time for the answer, in seconds.
        seconds: f64,
    },
    /// The model proposes tests of its own.
    Proposing,
    /// They were sifted.
    Proposed {
        /// Tests that count from now on.
        kept: usize,
        /// Tests on which the model was not of one mind.
        dropped: usize,
    },
    /// The last checks.
    Checking {
        /// Number of tests.
        tests: usize,
    },
    /// Their result.
    Checked {
        /// Whether the guard counts.
        counts: bool,
        /// Number of complaints.
        complaints: usize,
    },
}
