//! How a guard came to be: `provenance.json` beside it. It is not part of the guard's hash, since it decides nothing.

use parapet_domain::digest;
use parapet_models::{Limit, Spent};
use serde::{Deserialize, Serialize};

use crate::GuardRequest;

/// Where a guard came from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of Parapet.
    pub parapet: String,
    /// `rules`, or the model's name.
    pub made_by: String,
    /// SHA-256 of the guard request with its agent, examples and facts.
    pub request_digest: String,
    /// Past cases that the model was shown.
    pub cases: Vec<String>,
    /// SHA-256 of every prompt, in order.
    pub prompts: Vec<String>,
    /// Attempts at restating the request in sentences that the rules compile.
    pub restated: Vec<Round>,
    /// Attempts at a program.
    pub rounds: Vec<Round>,
    /// The attempt that was taken, counted from 1; 0 without a model.
    pub taken: u32,
    /// What became of the model's own tests.
    pub proposed_tests: ProposedTests,
    /// What the model used.
    pub spent: Spent,
    /// Why the attempts ended.
    pub stopped: Stopped,
    /// Time in all, in seconds.
    pub seconds: f64,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Round {
    /// 1 for the first.
    pub round: u32,
    /// How freely the model chose.
    pub temperature: f64,
    /// Whether the program could be built.
    pub built: bool,
    /// Tests that passed.
    pub passed: usize,
    /// Of how many.
    pub tests: usize,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Time for the answer, in seconds.
    pub seconds: f64,
    /// What was wrong, as the model was told; empty when nothing was.
    pub complaint: String,
}

/// What became of the tests that the model proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProposedTests {
    /// Proposed in a usable form.
    pub proposed: usize,
    /// Kept, as the program and the test agree.
    pub agreed: usize,
    /// Kept against the program, as the model decided for the test.
    pub upheld: usize,
    /// Dropped, as the model decided against the test.
    pub dropped: usize,
}

/// Why the attempts ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Stopped {
    /// All tests pass.
    #[default]
    Passed,
    /// The rounds are used up.
    RoundsUsed,
    /// A limit of the budget is reached.
    BudgetSpent {
        /// Which.
        limit: Limit,
    },
    /// The model server failed.
    ModelFailed {
        /// Its error.
        error: String,
    },
}

impl Provenance {
    pub(super) fn by_rules() -> Self {
        Self { parapet: env!("CARGO_PKG_VERSION").to_owned(), made_by: "rules".to_owned(), ..Self::default() }
    }
}

/// Digest over all that a guard is made from.
pub(super) fn request_digest(request: &GuardRequest) -> String {
    let json = serde_json::to_value(request).and_then(|value| digest::canonical_json(&value));
    digest::of_bytes("guard-request", &json.unwrap_or_default())
}
