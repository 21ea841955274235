//! Runs a guard's own tests in the sandbox, with the budget that its manifest suggests.

use parapet_domain::{Event, Outcome, Stage, Timestamp};
use parapet_sandbox::{LoadedGuard, Sandbox};
use serde::Serialize;
use uuid::Uuid;

use crate::fact_sets::Built;
use crate::{
    EventDefaults, Guard, GuardTest, Manifest, Parts, each, event_from_partial, history, part_by_part,
    past_from_partial,
};

/// How one test went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestReport {
    /// The test's description.
    pub description: String,
    /// What differed from what was expected; absent when it passed.
    pub difference: Option<String>,
    /// What the guard said.
    pub outcome: Option<Outcome>,
    /// Fuel used.
    pub fuel_used: u64,
    /// Microseconds taken.
    pub duration_us: u64,
}

/// Runs all tests of `guard`, in order. One that says it judges each part by itself must do so on the events of its tests, and on
/// the parts of two of them together.
#[must_use]
pub fn run_tests(sandbox: &Sandbox, guard: &Guard) -> Vec<TestReport> {
    let built = Built::new(sandbox, guard);
    let run = |test| run_test(sandbox, &guard.source.manifest, built.guard(test), test);
    let mut reports: Vec<TestReport> = guard.source.tests.iter().map(run).collect();
    if guard.source.manifest.parts == Parts::Each {
        for (report, event) in
            reports.iter_mut().zip(joined_events(guard)).filter(|(report, _)| report.difference.is_none())
        {
            report.difference = event.and_then(|event| part_by_part(sandbox, guard, &event));
        }
    }
    reports
}

/// The event of each test, with the parts of the next test's behind its own where they could be of one event.
fn joined_events(guard: &Guard) -> impl Iterator<Item = Option<Event>> {
    let source = &guard.source;
    let mut events: Vec<Option<Event>> =
        source.tests.iter().map(|test| test_event(&source.manifest, test).ok()).collect();
    for n in 1..events.len() {
        let next = events.get(n).cloned().flatten();
        if let (Some(Some(event)), Some(next)) = (events.get_mut(n - 1), next)
            && each::unplaced(event, &[]) == each::unplaced(&next, &[])
        {
            event.parts.extend(next.parts);
        }
    }
    events.into_iter()
}

/// The event of one of a guard's tests, as the guard sees it: what the test leaves out is filled in, the same way each time.
///
/// # Errors
/// What is wrong with the test's event.
pub fn test_event(manifest: &Manifest, test: &GuardTest) -> Result<Event, String> {
    let defaults = EventDefaults {
        stage: manifest.stages.first().copied().unwrap_or(Stage::Input),
        agent: "test".to_owned(),
        at: Timestamp::from_micros(1_767_225_600_000_000),
        id: Uuid::nil(),
    };
    let mut event = event_from_partial(&test.event, &defaults)?;
    let past = past_from_partial(&test.event, &defaults)?;
    event.history = history::stated(manifest, event.history.take())
        .or_else(|| history::worked_out(manifest, &event, &past))
        .map(Box::new);
    Ok(each::seen_by(manifest, event))
}

fn run_test(
    sandbox: &Sandbox,
    manifest: &Manifest,
    guard: Result<&LoadedGuard, String>,
    test: &GuardTest,
) -> TestReport {
    let event = test_event(manifest, test);
    let event = event.and_then(|event| serde_json::to_vec(&event).map(|json| (event, json)).map_err(|e| e.to_string()));
    let (guard, event, json) = match guard.and_then(|guard| event.map(|(event, json)| (guard, event, json))) {
        Ok(all) => all,
        Err(message) => {
            return TestReport {
                description: test.description.clone(),
                difference: Some(message),
                outcome: None,
                fuel_used: 0,
                duration_us: 0,
            };
        }
    };
    let part_chars: Vec<usize> = event.parts.iter().map(|part| part.text.chars().count()).collect();
    let run = sandbox.run(guard, &json, &part_chars, &manifest.budget);
    let texts: Vec<&str> = event.parts.iter().map(|part| part.text.as_str()).collect();
    TestReport {
        description: test.description.clone(),
        difference: test.expect.difference(&run.outcome, &texts),
        outcome: Some(run.outcome),
        fuel_used: run.fuel_used,
        duration_us: run.duration_us,
    }
}
