//! The guard's own tests: whether they pass, and whether they show a guard that decides something.

use parapet_domain::{Budget, Decision, Event, Outcome};
use parapet_judge::{FactSets, GuardSource, GuardTest, test_event};
use parapet_sandbox::{BuildError, LoadedGuard, Run, Sandbox};

use super::report::{Check, CheckComplaint, TestFigures};
use super::script::excerpt;

/// How long a run may take here, in milliseconds, when its guard's own deadline is shorter. Fuel is what bounds a run, as
/// it is the same on every machine; the checks must not come out otherwise on a busy one.
const LEAST_DEADLINE_MS: u64 = 20_000;

/// A test that is ready to run.
pub(super) struct ReadyTest<'a> {
    pub(super) test: &'a GuardTest,
    pub(super) event: Event,
    pub(super) json: Vec<u8>,
    pub(super) part_chars: Vec<usize>,
    /// Which of the facts of all tests it is run with.
    pub(super) facts: usize,
}

/// A guard's budget without the haste.
pub(super) fn patient(budget: &Budget) -> Budget {
    Budget { deadline_ms: budget.deadline_ms.max(LEAST_DEADLINE_MS), ..*budget }
}

/// The tests that can be run, and a complaint for each that cannot.
pub(super) fn ready(source: &GuardSource) -> (Vec<ReadyTest<'_>>, Vec<CheckComplaint>) {
    let (mut tests, mut complaints) = (Vec::new(), Vec::new());
    let sets = FactSets::of(&source.tests);
    for test in &source.tests {
        match ReadyTest::of(source, test, &sets) {
            Ok(ready) => tests.push(ready),
            Err(message) => complaints.push(failed(&test.description, &message)),
        }
    }
    (tests, complaints)
}

impl<'a> ReadyTest<'a> {
    fn of(source: &GuardSource, test: &'a GuardTest, sets: &FactSets<'_>) -> Result<Self, String> {
        let facts = sets.place(test).ok_or("its facts are not known")?;
        let event = test_event(&source.manifest, test)?;
        let json = serde_json::to_vec(&event).map_err(|error| error.to_string())?;
        let part_chars = event.parts.iter().map(|part| part.text.chars().count()).collect();
        Ok(Self { test, event, json, part_chars, facts })
    }

    pub(super) fn run(&self, sandbox: &Sandbox, guard: &LoadedGuard, budget: &Budget) -> Run {
        sandbox.run(guard, &self.json, &self.part_chars, budget)
    }

    /// What differs from what the test expects, or `None`.
    pub(super) fn difference(&self, outcome: &Outcome) -> Option<String> {
        let texts: Vec<&str> = self.event.parts.iter().map(|part| part.text.as_str()).collect();
        self.test.expect.difference(outcome, &texts)
    }
}

/// The guard with each of the other facts that `source`'s tests need, in the order of [`FactSets`].
pub(super) fn other_guards(sandbox: &Sandbox, source: &GuardSource) -> Result<Vec<LoadedGuard>, CheckComplaint> {
    let build = |code| sandbox.build(&code).map_err(|error| broken(&error));
    FactSets::of(&source.tests).others(source).map(build).collect()
}

fn broken(error: &BuildError) -> CheckComplaint {
    CheckComplaint::fatal(
        Check::Tests,
        format!("with the `facts` of a test the guard does not build: {error}"),
        "give facts of the same form as those of guard.toml",
    )
}

/// Figures and complaints for the runs of all `tests`, of which `unready` could not be run.
pub(super) fn judge(tests: &[ReadyTest<'_>], runs: &[Run], unready: usize) -> (TestFigures, Vec<CheckComplaint>) {
    let mut figures = TestFigures { failed: unready, ..TestFigures::default() };
    let mut complaints = Vec::new();
    for (test, run) in tests.iter().zip(runs) {
        *figures.outcomes.entry(word_of(&run.outcome)).or_default() += 1;
        figures.max_fuel = figures.max_fuel.max(run.fuel_used);
        match test.difference(&run.outcome) {
            None => figures.passed += 1,
            Some(difference) => {
                figures.failed += 1;
                complaints.push(failed(&test.test.description, &difference));
            }
        }
    }
    (figures, complaints)
}

fn failed(description: &str, difference: &str) -> CheckComplaint {
    CheckComplaint::fatal(
        Check::Tests,
        format!("test \"{}\" fails: {difference}", excerpt(description)),
        "correct the code or the facts; change the test only when the request does not ask for what it expects",
    )
}

/// The verdict, or `failure`.
pub(super) const fn word_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Verdict(verdict) => verdict.decision.as_str(),
        Outcome::Failure(_) => "failure",
    }
}

/// Complaints about a guard whose tests do not show that it both lets pass and holds back.
pub(super) fn constant(source: &GuardSource, runs: &[Run]) -> Vec<CheckComplaint> {
    let expected = |passes: bool| {
        source.tests.iter().filter_map(|test| test.expect.verdict).any(|verdict| (verdict == Decision::Allow) == passes)
    };
    let seen = |passes: bool| {
        runs.iter().any(|run| match &run.outcome {
            Outcome::Verdict(verdict) => (verdict.decision == Decision::Allow) == passes,
            Outcome::Failure(_) => false,
        })
    };
    let held =
        (expected(false), seen(false), "no test expects `deny`, `ask` or `redact`", "must not let pass as it is");
    let passed = (expected(true), seen(true), "no test expects `allow`", "must let pass");
    let constantly = ["the guard lets the event of every test pass", "the guard lets the event of no test pass"];
    [held, passed]
        .into_iter()
        .zip(constantly)
        .filter_map(|((expected, seen, untested, event), constantly)| match (expected, seen) {
            (true, true) => None,
            (false, _) => Some((untested, format!("add a test with an event that the guard {event}"))),
            (true, false) => Some((constantly, "make its verdict depend on the event, as the request says".to_owned())),
        })
        .map(|(message, help)| CheckComplaint::fatal(Check::Constant, message, help))
        .collect()
}
