//! What can go wrong with the memory. Each text says what to do.

use parapet_store::StoreError;
use uuid::Uuid;

/// Why the memory could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The store said no.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The memory was opened without a store.
    #[error("there is no store to keep cases in; give one")]
    NoStore,
    /// The tests that passed are those of another guard.
    #[error("the tests that passed are those of guard `{tested}`, not of `{given}`; run the tests of this guard")]
    OtherGuard {
        /// Hash of the guard that was tested.
        tested: String,
        /// Hash of the guard to add.
        given: String,
    },
    /// A module has no text to learn from.
    #[error("guard `{guard}` is a module, but only scripts can be examples; add a guard with guard.rhai")]
    NoScript {
        /// Guard id.
        guard: String,
    },
    /// Seeds are part of the program.
    #[error("`seed:{name}` belongs to this version of parapet and cannot be forgotten")]
    SeedStays {
        /// The seed.
        name: String,
    },
    /// No such decision in the log.
    #[error("there is no decision `{0}` in the audit log; `parapet audit query` lists them with their ids")]
    NoDecision(Uuid),
    /// The decision does not tell which guard the feedback is about.
    #[error("decision `{decision}` was made by {}; say which one the feedback is about with `--guard`", named(.guards))]
    WhichGuard {
        /// The decision.
        decision: Uuid,
        /// Guards that ran.
        guards: Vec<String>,
    },
    /// The guard's run has no verdict.
    #[error(
        "guard `{guard}` gave no verdict in decision `{decision}`: it failed ({kind}); there is nothing to learn from"
    )]
    NoVerdict {
        /// The decision.
        decision: Uuid,
        /// Guard id.
        guard: String,
        /// Kind of the failure.
        kind: &'static str,
    },
    /// The registry does not have the guard's code.
    #[error(
        "the code of guard `{guard}` in decision `{decision}` is not in the register of guard sets; only scripts that ran in a sidecar can be learned from"
    )]
    NoCode {
        /// The decision.
        decision: Uuid,
        /// Guard id.
        guard: String,
    },
    /// The log does not have the text.
    #[error("{why} decision `{decision}`; give {missing} yourself")]
    NoContent {
        /// The decision.
        decision: Uuid,
        /// Why it is not there.
        why: &'static str,
        /// The options to give.
        missing: &'static str,
    },
    /// Somebody said something else of the same decision.
    #[error(
        "there is other feedback on decision `{decision}` already, as case `{case}`; `parapet memory forget {case}` first, if it is wrong"
    )]
    Disputed {
        /// The decision.
        decision: Uuid,
        /// The case with the other feedback.
        case: Uuid,
    },
    /// The work was cut off, as when the program ends.
    #[error("the memory was stopped before it was done; try again")]
    Stopped,
}

fn named(guards: &[String]) -> String {
    match guards {
        [] => "no guard".to_owned(),
        guards => guards.iter().map(|guard| format!("`{guard}`")).collect::<Vec<_>>().join(", "),
    }
}
