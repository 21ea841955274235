//! What the checks found, as values: for programs, for a model to act on, and for [`CheckReport::to_text`].

use std::collections::BTreeMap;

use serde::Serialize;

/// Everything that the checks found about one guard.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckReport {
    /// The guard's id.
    pub guard: String,
    /// The hash of its files.
    pub hash: String,
    /// What to act on, the fatal ones first, each group in the order of the checks.
    pub complaints: Vec<CheckComplaint>,
    /// Its own tests; absent when it does not build.
    pub tests: Option<TestFigures>,
    /// What its tests run of its code; absent when that cannot be seen.
    pub coverage: Option<Coverage>,
    /// How many changes of it its tests notice; absent when they fail as it is, or when it is no script.
    pub mutants: Option<MutantFigures>,
    /// How it does on the largest events.
    pub cost: Vec<CostFigures>,
}

/// One thing to act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckComplaint {
    /// The check that found it.
    pub check: Check,
    /// 1-based line of `guard.rhai`, 0 when it is not about one.
    pub line: u32,
    /// 1-based column in characters, 0 when it is not about one.
    pub column: u32,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Whether the guard does not count because of it.
    pub fatal: bool,
}

/// The checks, in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It builds: it parses and uses only names that exist and tools that it was granted.
    Build,
    /// It calls every tool that it was granted.
    Tools,
    /// Its tables are in `[facts]`.
    Facts,
    /// Its tests pass.
    Tests,
    /// It lets something pass, and something not.
    Constant,
    /// It gives a verdict on large events within its budget.
    Cost,
    /// Its tests run its code.
    Coverage,
    /// Its tests notice when its code or its facts are changed.
    Mutants,
}

/// How its own tests went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TestFigures {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that did not.
    pub failed: usize,
    /// How often each verdict, or a failure, was the outcome.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Most fuel of any one test.
    pub max_fuel: u64,
}

/// How much of something was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Share {
    /// Reached.
    pub reached: usize,
    /// Of how many.
    pub total: usize,
}

/// What the tests run of the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Lines on which statements begin; reached when all of these are.
    pub lines: Share,
    /// Outcomes of conditions, and arms of `switch`.
    pub branches: Share,
    /// The lines that are not reached.
    pub unreached_lines: Vec<u32>,
    /// The outcomes and arms that are not reached, in source order.
    pub unreached_branches: Vec<UnreachedBranch>,
}

/// An outcome of a condition, or an arm of a `switch`, that no test runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreachedBranch {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// The condition, or the pattern of the arm.
    pub condition: String,
    /// `true`, `false`, or `arm`.
    pub outcome: &'static str,
}

/// How many changes the tests notice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MutantFigures {
    /// Changes that could be made.
    pub possible: usize,
    /// Changes that a test notices.
    pub killed: usize,
    /// Changes that no test notices; each is listed in `survivors`.
    pub survived: usize,
    /// Of these, changes of code that no test runs.
    pub unreached: usize,
    /// Changes after which the guard does not build. They say nothing about the tests.
    pub unbuildable: usize,
    /// Changes that were not tried: an even sample was taken, or the fuel for all of them was used.
    pub not_tried: usize,
    /// What no test notices. A change that makes no difference to any event is among them, too.
    pub survivors: Vec<Survivor>,
}

/// A change that no test notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survivor {
    /// 1-based line of the code, 0 for a fact.
    pub line: u32,
    /// 1-based column in characters, 0 for a fact.
    pub column: u32,
    /// Path of the fact, such as `facts.limits[2]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// What was changed.
    pub change: String,
    /// Whether it is a change of code that no test runs.
    pub unreached: bool,
}

/// How it does on one shape of large event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CostFigures {
    /// The shape.
    pub shape: &'static str,
    /// How it does on the largest event of this shape.
    pub largest: CostRun,
    /// Bytes of content on which it still gave a verdict; 0 when on none that was tried.
    pub works_up_to: usize,
    /// How it does on the smallest event of those tried on which it gives no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails_at: Option<CostRun>,
}

/// One run on a large event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CostRun {
    /// Bytes of the event's content.
    pub bytes: usize,
    /// The verdict, or the kind of failure.
    pub outcome: &'static str,
    /// Fuel used.
    pub fuel: u64,
    /// Microseconds taken, on this machine.
    pub duration_us: u64,
}

impl CheckReport {
    /// Whether the guard counts: nothing fatal was found.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.complaints.iter().any(|complaint| complaint.fatal)
    }

    /// Whether nothing at all was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.complaints.is_empty()
    }
}

impl Share {
    /// In percent, rounded down; 100 of nothing.
    #[must_use]
    pub const fn percent(self) -> usize {
        match self.total {
            0 => 100,
            total => self.reached * 100 / total,
        }
    }
}

impl MutantFigures {
    /// Percentage of the mutants that built and were tried that a test notices.
    #[must_use]
    pub const fn percent(&self) -> usize {
        Share { reached: self.killed, total: self.killed + self.survived }.percent()
    }
}

impl Check {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Tools => "tools",
            Self::Facts => "facts",
            Self::Tests => "tests",
            Self::Constant => "constant",
            Self::Cost => "cost",
            Self::Coverage => "coverage",
            Self::Mutants => "mutants",
        }
    }
}

impl CheckComplaint {
    /// A complaint about the guard as a whole that does not stop it from counting.
    pub(super) fn warning(check: Check, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { check, line: 0, column: 0, message: message.into(), help: help.into(), fatal: false }
    }

    /// A complaint because of which the guard does not count.
    pub(super) fn fatal(check: Check, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { fatal: true, ..Self::warning(check, message, help) }
    }

    /// The same at a position.
    pub(super) fn at(self, line: u32, column: u32) -> Self {
        Self { line, column, ..self }
    }
}
