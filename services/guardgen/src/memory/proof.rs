//! The proof that a guard's own tests passed: made by running them, and in no other way.

use parapet_judge::{Guard, run_tests};
use parapet_sandbox::Sandbox;

/// All tests of one guard ran in the sandbox and passed, and there was at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestsPassed {
    guard_hash: String,
    count: u32,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum TestsFailed {
    /// Nothing was shown.
    #[error(
        "guard `{guard}` has no tests, so nothing shows that it is right; write one allow and one deny for each rule"
    )]
    None {
        /// Guard id.
        guard: String,
    },
    /// Some failed.
    #[error("{} of {count} tests of guard `{guard}` failed, so it is no example:\n{}", .failed.len(), .failed.join("\n"))]
    Failed {
        /// Guard id.
        guard: String,
        /// How many tests there are.
        count: usize,
        /// Each failed test with what differed.
        failed: Vec<String>,
    },
}

impl TestsPassed {
    /// Runs the tests. Blocks for as long as they take.
    ///
    /// # Errors
    /// There is no test, or one failed.
    pub fn run(sandbox: &Sandbox, guard: &Guard) -> Result<Self, TestsFailed> {
        let reports = run_tests(sandbox, guard);
        let id = || guard.source.manifest.id.clone();
        let failed: Vec<String> = reports
            .iter()
            .filter_map(|test| Some(format!("  {}: {}", test.description, test.difference.as_ref()?)))
            .collect();
        if !failed.is_empty() {
            return Err(TestsFailed::Failed { guard: id(), count: reports.len(), failed });
        }
        match u32::try_from(reports.len()) {
            Ok(count) if count > 0 => Ok(Self { guard_hash: guard.source.hash.clone(), count }),
            _ => Err(TestsFailed::None { guard: id() }),
        }
    }

    /// Hash of the guard.
    #[must_use]
    pub fn guard_hash(&self) -> &str {
        &self.guard_hash
    }

    /// How many tests passed.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }
}
