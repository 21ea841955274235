//! How a guard does on the largest events that can reach it: its own tests' events, grown to the limits of the gateway.
//! A guard that ends there without a verdict fails closed; that it does, and from which size on, has to be known.

mod grow;

use parapet_domain::{Budget, Decision, Event, Failure, FailureKind, Outcome};
use parapet_sandbox::{LoadedGuard, Run, Sandbox};

use super::options::CheckOptions;
use super::report::{Check, CheckComplaint, CostFigures, CostRun};
use super::script::excerpt;
use super::testing::{ReadyTest, patient, word_of};
use grow::Shape;

/// What a size is divided by when the guard gave no verdict on it.
const STEP: usize = 4;
/// No smaller events are tried, in bytes.
const SMALLEST: usize = 256;

/// A guard, and what is known of it already.
pub(super) struct Subject<'a> {
    pub(super) guard: &'a LoadedGuard,
    pub(super) budget: &'a Budget,
    pub(super) tests: &'a [ReadyTest<'a>],
    /// Of the tests, in their order.
    pub(super) runs: &'a [Run],
}

/// Runs the guard on events of every shape; `progress` gets how many shapes are done, of how many.
pub(super) fn check(
    sandbox: &Sandbox,
    subject: &Subject<'_>,
    options: &CheckOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> (Vec<CostFigures>, Vec<CheckComplaint>) {
    let bases = bases(subject);
    let (mut figures, mut complaints) = (Vec::new(), Vec::new());
    for (done, shape) in Shape::ALL.into_iter().enumerate() {
        progress(done, Shape::ALL.len());
        let Some((figure, failure)) = try_shape(sandbox, subject, shape, &bases, options) else { continue };
        complaints.extend(complaint(&figure, failure.as_ref(), subject.budget, options));
        figures.push(figure);
    }
    (figures, complaints)
}

/// The events that are grown: that of the costliest test, and that of the costliest that was allowed, as it went all the way.
fn bases<'a>(subject: &Subject<'a>) -> Vec<&'a Event> {
    let all = || subject.tests.iter().zip(subject.runs);
    let costliest = all().max_by_key(|(_, run)| run.fuel_used);
    let allowed = |run: &Run| matches!(&run.outcome, Outcome::Verdict(verdict) if verdict.decision == Decision::Allow);
    let allowed = all().filter(|(_, run)| allowed(run)).max_by_key(|(_, run)| run.fuel_used);
    // Shapes that only some events can take need one that can.
    let structured = all().filter(|(test, _)| test.event.parts.iter().any(|part| part.json.is_some()));
    let structured = structured.max_by_key(|(_, run)| run.fuel_used);
    let mut bases: Vec<&Event> = Vec::new();
    for (test, _) in [costliest, allowed, structured].into_iter().flatten() {
        if !bases.iter().any(|known| std::ptr::eq(*known, &raw const test.event)) {
            bases.push(&test.event);
        }
    }
    bases
}

/// The figures of the event of this shape that is worst for the guard, and the failure on the smallest one that failed.
/// `None` when no event can be grown so.
fn try_shape(
    sandbox: &Sandbox,
    subject: &Subject<'_>,
    shape: Shape,
    bases: &[&Event],
    options: &CheckOptions,
) -> Option<(CostFigures, Option<Failure>)> {
    let run_at = |base: &Event, bytes: usize| {
        let event = shape.grown(base, bytes, &options.largest)?;
        let json = serde_json::to_vec(&event).ok()?;
        let part_chars: Vec<usize> = event.parts.iter().map(|part| part.text.chars().count()).collect();
        Some(sandbox.run(subject.guard, &json, &part_chars, &patient(subject.budget)))
    };
    let bytes = options.largest.bytes;
    let runs = bases.iter().filter_map(|base| Some((*base, run_at(base, bytes)?)));
    let (base, run) = runs.max_by_key(|(_, run)| (failure_of(run).is_some(), run.fuel_used))?;
    let mut figures =
        CostFigures { shape: shape.as_str(), largest: figures_of(&run, bytes), works_up_to: bytes, fails_at: None };
    let (mut run, mut failure) = (Some(run), None);
    while let Some((failed, why)) = run.as_ref().and_then(|run| Some((run, failure_of(run)?))) {
        figures.fails_at = Some(figures_of(failed, figures.works_up_to));
        failure = Some(why.clone());
        figures.works_up_to = if figures.works_up_to < SMALLEST * STEP { 0 } else { figures.works_up_to / STEP };
        run = if figures.works_up_to == 0 { None } else { run_at(base, figures.works_up_to) };
    }
    Some((figures, failure))
}

const fn failure_of(run: &Run) -> Option<&Failure> {
    match &run.outcome {
        Outcome::Failure(failure) => Some(failure),
        Outcome::Verdict(_) => None,
    }
}

const fn figures_of(run: &Run, bytes: usize) -> CostRun {
    let outcome = match failure_of(run) {
        Some(failure) => failure.kind.as_str(),
        None => word_of(&run.outcome),
    };
    CostRun { bytes, outcome, fuel: run.fuel_used, duration_us: run.duration_us }
}

fn complaint(
    figures: &CostFigures,
    failure: Option<&Failure>,
    budget: &Budget,
    options: &CheckOptions,
) -> Option<CheckComplaint> {
    let (CostRun { bytes, outcome, fuel, .. }, failure) = (figures.fails_at.as_ref()?, failure?);
    let works = match figures.works_up_to {
        0 => "on smaller ones there is none either".to_owned(),
        works => format!("there is one up to {works} bytes"),
    };
    let message = format!(
        "on {} of {bytes} bytes there is no verdict but `{outcome}` ({}), after {fuel} of {} fuel; {works}",
        figures.shape,
        excerpt(&failure.message),
        budget.fuel
    );
    let help = help(failure.kind, budget);
    Some(if figures.works_up_to < options.least_event_bytes {
        CheckComplaint::fatal(Check::Cost, message, help)
    } else {
        let help = format!("larger events are refused as failures; if they have to be judged, {help}");
        CheckComplaint::warning(Check::Cost, message, help)
    })
}

const fn help(kind: FailureKind, budget: &Budget) -> &'static str {
    match kind {
        FailureKind::OutOfFuel => "raise `fuel` in [budget], or do less for each part and each character",
        FailureKind::OutOfMemory if budget.memory_bytes < Budget::MAX_MEMORY_BYTES => {
            "raise `memory_bytes` in [budget] up to 16777216, or keep fewer copies of the content"
        }
        FailureKind::OutOfMemory => "keep fewer copies of the content; more memory than 16777216 bytes there is not",
        FailureKind::BadOutput => "raise `output_bytes` in [budget], or list less in `details` and `edits`",
        FailureKind::ToolFailed => "hand the tool less at a time, or decide by `len()` before calling it",
        _ => "decide by the number and the length of the parts before working on them",
    }
}
