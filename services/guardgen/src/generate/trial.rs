//! One attempt: built in the sandbox, run on its tests, and put into words that a model can act on.

use std::fmt::Write as _;
use std::sync::Arc;

use parapet_judge::{Guard, GuardError, GuardTest, ToolFiles, run_tests};
use parapet_sandbox::Sandbox;

use crate::Draft;

/// Failing tests that one complaint shows: more would only hide the first.
const SHOWN: usize = 2;

/// How an attempt went.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) draft: Draft,
    /// What the model answered, for the conversation that repairs it.
    pub(super) answer: String,
    pub(super) built: bool,
    pub(super) passed: usize,
    /// What is wrong, in words for the model; empty when nothing is.
    pub(super) complaint: String,
}

impl Trial {
    /// Builds and tests. Blocks.
    pub(super) fn of(sandbox: &Sandbox, library: &Arc<Vec<ToolFiles>>, draft: Draft, answer: String) -> Self {
        let mut trial = Self { draft, answer, built: false, passed: 0, complaint: String::new() };
        let guard = trial.draft.source_with(library).map_err(|error| error.to_string());
        let guard =
            guard.and_then(|source| Guard::build(sandbox, source).map_err(|error| words_of(&error, &trial.draft.code)));
        match guard {
            Err(complaint) => trial.complaint = complaint,
            Ok(guard) => {
                trial.built = true;
                trial.run(sandbox, &guard);
            }
        }
        trial
    }

    fn run(&mut self, sandbox: &Sandbox, guard: &Guard) {
        let reports = run_tests(sandbox, guard);
        let failed = reports
            .iter()
            .zip(&self.draft.tests)
            .filter_map(|(report, test)| report.difference.as_deref().map(|difference| (test, difference)));
        let failed: Vec<(&GuardTest, &str)> = failed.collect();
        self.passed = reports.len() - failed.len();
        self.complaint = failed.iter().take(SHOWN).fold(String::new(), |mut text, (test, difference)| {
            let _ = writeln!(text, "{}", words_of_test(test, difference));
            text
        });
        if failed.len() > SHOWN {
            let _ = writeln!(self.complaint, "{} more tests fail.", failed.len() - SHOWN);
        }
    }

    pub(super) const fn tests(&self) -> usize {
        self.draft.tests.len()
    }

    pub(super) fn passes(&self) -> bool {
        self.built && self.passed == self.tests()
    }

    /// The better of two attempts has the higher one.
    pub(super) const fn score(&self) -> (bool, usize) {
        (self.built, self.passed)
    }
}

/// Complaints of the builder, each with the line that it is about.
pub(crate) fn words_of(error: &GuardError, code: &str) -> String {
    let GuardError::Build { cause, .. } = error else { return error.to_string() };
    if cause.complaints().is_empty() {
        return cause.to_string();
    }
    let lines = cause.complaints().iter().take(4).map(|complaint| {
        let line = code.lines().nth((complaint.line as usize).wrapping_sub(1)).unwrap_or_default().trim();
        let (message, help) = (&complaint.message, &complaint.help);
        if line.is_empty() {
            format!("{message}; {help}.\n")
        } else {
            format!("Line {}: `{line}`: {message}; {help}.\n", complaint.line)
        }
    });
    lines.collect()
}

/// A failing test, in words for the model.
pub(crate) fn words_of_test(test: &GuardTest, difference: &str) -> String {
    format!("Test \"{}\" fails: {difference}. Its event is {}", test.description, test.event)
}
