//! Builds mutants and runs the tests on them, on two threads.

use parapet_domain::{FailureKind, Outcome};
use parapet_judge::FactSets;
use parapet_sandbox::{GuardCode, LoadedGuard, Sandbox, Variant};
use serde_json::Value;

use super::{Mutant, Subject};
use crate::checks::options::CheckOptions;

/// Mutants that are built and run before the next are looked at: the limits are checked in between, and the tests that
/// noticed most are run first from then on.
const ROUND: usize = 32;
const THREADS: usize = 2;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// A test failed.
    Killed,
    /// All tests passed.
    Survived,
    /// It does not build.
    Unbuildable,
    /// There was no fuel left for it.
    NotTried,
}

/// A mutant's fate, the test that noticed it, and the fuel that its tests used.
type Trial = (Fate, Option<usize>, u64);

/// The fates of `mutants`, in order.
pub(super) fn run(
    sandbox: &Sandbox,
    subject: &Subject<'_>,
    code: &GuardCode,
    facts: &Value,
    mutants: &[Mutant],
    options: &CheckOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Fate> {
    let mut order: Vec<usize> = (0..subject.tests.len()).collect();
    let mut noticed = vec![0_usize; subject.tests.len()];
    let (mut fates, mut fuel) = (Vec::with_capacity(mutants.len()), 0_u64);
    for round in mutants.chunks(ROUND) {
        progress(fates.len(), mutants.len());
        if fuel >= options.max_mutant_fuel {
            fates.extend(round.iter().map(|_| Fate::NotTried));
            continue;
        }
        for (fate, by, used) in trials(sandbox, subject, code, facts, round, &order) {
            fates.push(fate);
            fuel = fuel.saturating_add(used);
            if let Some(count) = by.and_then(|test| noticed.get_mut(test)) {
                *count += 1;
            }
        }
        order.sort_by_key(|test| std::cmp::Reverse(noticed.get(*test).copied().unwrap_or(0)));
    }
    progress(mutants.len(), mutants.len());
    fates
}

fn trials(
    sandbox: &Sandbox,
    subject: &Subject<'_>,
    code: &GuardCode,
    facts: &Value,
    round: &[Mutant],
    order: &[usize],
) -> Vec<Trial> {
    let share = round.len().div_ceil(THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = round
            .chunks(share)
            .map(|mutants| (mutants, scope.spawn(move || try_all(sandbox, subject, code, facts, mutants, order))))
            .collect();
        threads
            .into_iter()
            // Nothing in there panics; if it did, its mutants were not tried.
            .flat_map(|(mutants, thread)| {
                thread.join().unwrap_or_else(|_| vec![(Fate::NotTried, None, 0); mutants.len()])
            })
            .collect()
    })
}

fn try_all(
    sandbox: &Sandbox,
    subject: &Subject<'_>,
    code: &GuardCode,
    facts: &Value,
    mutants: &[Mutant],
    order: &[usize],
) -> Vec<Trial> {
    let mut trials = vec![(Fate::Survived, None, 0); mutants.len()];
    for set in 0..FactSets::of(&subject.source.tests).count() {
        let of_set: Vec<usize> = order.iter().copied().filter(|test| subject.is_of(*test, set)).collect();
        // Of code that no test runs, no test can notice a change.
        let left = mutants.iter().zip(&mut trials);
        let left: Vec<(&Mutant, &mut Trial)> =
            left.filter(|(mutant, (fate, ..))| !mutant.survivor.unreached && *fate == Fate::Survived).collect();
        let variants: Vec<Variant> = left.iter().map(|(mutant, _)| subject.variant(facts, mutant, set)).collect();
        let mut built = sandbox.build_variants(code, &variants).unwrap_or_default().into_iter();
        for (_, trial) in left {
            let (fate, by, fuel) = match built.next() {
                Some(Ok(guard)) => try_tests(sandbox, &guard, subject, &of_set),
                _ => (Fate::Unbuildable, None, 0),
            };
            *trial = (fate, by, trial.2.saturating_add(fuel));
        }
    }
    trials
}

fn try_tests(sandbox: &Sandbox, guard: &LoadedGuard, subject: &Subject<'_>, order: &[usize]) -> Trial {
    let (mut fuel, budget) = (0_u64, subject.budget());
    for index in order {
        let Some(test) = subject.tests.get(*index) else { continue };
        let run = test.run(sandbox, guard, &budget);
        fuel = fuel.saturating_add(run.fuel_used);
        match &run.outcome {
            // The machine had no room: that says nothing about the mutant.
            Outcome::Failure(failure) if failure.kind == FailureKind::NoCapacity => {
                return (Fate::NotTried, None, fuel);
            }
            outcome if test.difference(outcome).is_some() => return (Fate::Killed, Some(*index), fuel),
            _ => {}
        }
    }
    (Fate::Survived, None, fuel)
}
