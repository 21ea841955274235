//! Judging: every guard of the set that matches the event runs on it. What the runs mean is the fold's business.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use parapet_domain::decision::Engine;
use parapet_domain::session::{DigestKey, Past};
use parapet_domain::{Event, Failure, FailureKind, GuardRun, Outcome};
use parapet_sandbox::{LoadedGuard, Run, Sandbox};

use crate::input::Input;
use crate::per_event::Coder;
use crate::set::{GuardSet, SetEntry};

/// Events with more JSON than this are judged by all guards at once; below, starting threads costs more than it saves.
const PARALLEL_ABOVE_BYTES: usize = 32 << 10;

/// Runs guards on events.
#[derive(Clone)]
pub struct Judge {
    sandbox: Arc<Sandbox>,
    coder: Option<Arc<dyn Coder>>,
}

impl Judge {
    /// A judge over `sandbox`.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox, coder: None }
    }

    /// The same with somebody who makes code for the guards that have none. Without, these fail.
    #[must_use]
    pub fn with_coder(self, coder: Arc<dyn Coder>) -> Self {
        Self { coder: Some(coder), ..self }
    }

    /// The versions that together with the guard set promise the same verdict again.
    #[must_use]
    pub fn engine() -> Engine {
        Engine {
            parapet: env!("CARGO_PKG_VERSION").to_owned(),
            toolbox: parapet_toolbox::TOOLBOX_VERSION.to_owned(),
            rhai_guest: Sandbox::rhai_guest_digest(),
        }
    }

    /// [`Judge::judge_after`] for an event before which there was nothing.
    pub async fn judge(&self, set: &Arc<GuardSet>, event: &Arc<Event>) -> Vec<GuardRun> {
        self.judge_after(set, event, Some(&nothing_before(event))).await
    }

    /// Runs the guards of `set` that match `event`, in the set's order, off the async workers. Those that declare it see
    /// of `past` what they declare; where it is `None`, it could not be had, and they fail.
    pub async fn judge_after(
        &self,
        set: &Arc<GuardSet>,
        event: &Arc<Event>,
        past: Option<&Arc<Past>>,
    ) -> Vec<GuardRun> {
        self.judge_rest(set, event, past, BTreeSet::new()).await
    }

    /// [`Judge::judge_after`], except that guards which judge each part by itself do not see the parts `known`: it must be
    /// known that they allow these ([`crate::PartKeys`]). All other guards see the whole event.
    pub async fn judge_rest(
        &self,
        set: &Arc<GuardSet>,
        event: &Arc<Event>,
        past: Option<&Arc<Past>>,
        known: BTreeSet<usize>,
    ) -> Vec<GuardRun> {
        let selected: Vec<usize> =
            set.entries.iter().enumerate().filter(|(_, entry)| entry.selects(event)).map(|(n, _)| n).collect();
        if selected.is_empty() {
            return Vec::new();
        }
        let codes = self.codes(set, event, &selected).await;
        let input = Arc::new(Input::new(event, past, known));
        let seen = selected.iter().filter_map(|n| set.entries.get(*n)).map(|entry| input.bytes_for(entry)).max();
        let groups: Vec<Vec<usize>> = if seen.unwrap_or_default() > PARALLEL_ABOVE_BYTES {
            selected.into_iter().map(|n| vec![n]).collect()
        } else {
            vec![selected]
        };
        let tasks: Vec<_> = groups.into_iter().map(|group| self.start(set, &input, &codes, group)).collect();
        let mut runs = Vec::new();
        for (group, task) in tasks {
            match task.await {
                Ok(done) => runs.extend(done),
                // The sandbox does not panic; if it did, the guards count as failed, not as absent.
                Err(error) => runs
                    .extend(group.iter().filter_map(|n| set.entries.get(*n)).map(|e| never_ran(e, &error.to_string()))),
            }
        }
        runs
    }

    fn start(
        &self,
        set: &Arc<GuardSet>,
        input: &Arc<Input>,
        codes: &Codes,
        group: Vec<usize>,
    ) -> (Vec<usize>, tokio::task::JoinHandle<Vec<GuardRun>>) {
        let (sandbox, set, input, codes, mine) =
            (Arc::clone(&self.sandbox), Arc::clone(set), Arc::clone(input), codes.clone(), group.clone());
        let task = tokio::task::spawn_blocking(move || {
            let entries = mine.iter().filter_map(|n| Some((n, set.entries.get(*n)?)));
            entries.map(|(n, entry)| run_with(&sandbox, entry, &input, codes.get(n))).collect()
        });
        (group, task)
    }

    /// The code of those guards that have none of their own, made for this event.
    async fn codes(&self, set: &GuardSet, event: &Event, selected: &[usize]) -> Codes {
        let mut codes = Codes::new();
        for n in selected {
            let Some(guard) = set.entries.get(*n).map(|entry| &entry.guard) else { continue };
            if guard.source.manifest.per_event {
                let started = Instant::now();
                let made = match &self.coder {
                    Some(coder) => coder.code_for(guard, event).await,
                    None => Err(not_generated("no model is configured")),
                };
                codes.insert(*n, Coded { made, duration_us: micros(started) });
            }
        }
        codes
    }

    /// [`Judge::judge`] on this thread. For the command line and the benches.
    #[must_use]
    pub fn judge_blocking(&self, set: &GuardSet, event: &Event) -> Vec<GuardRun> {
        self.judge_blocking_after(set, event, &nothing_before(event))
    }

    /// [`Judge::judge_after`] on this thread.
    #[must_use]
    pub fn judge_blocking_after(&self, set: &GuardSet, event: &Event, past: &Arc<Past>) -> Vec<GuardRun> {
        let selected = set.entries.iter().filter(|entry| entry.selects(event));
        let input = Input::new(&Arc::new(event.clone()), Some(past), BTreeSet::new());
        selected.map(|entry| run_one(&self.sandbox, entry, &input)).collect()
    }
}

/// No events before `event`.
#[must_use]
pub fn nothing_before(event: &Event) -> Arc<Past> {
    Arc::new(Past::new(DigestKey::derive(&[0; 32], event)))
}

/// Code that was made for an event, by the guard's place in the set.
type Codes = BTreeMap<usize, Coded>;

#[derive(Clone)]
struct Coded {
    made: Result<Arc<LoadedGuard>, Failure>,
    /// How long that took.
    duration_us: u64,
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn not_generated(message: &str) -> Failure {
    Failure { kind: FailureKind::NotGenerated, message: message.to_owned() }
}

/// Runs a guard on the code that was made for the event, where it has none of its own.
fn run_with(sandbox: &Sandbox, entry: &SetEntry, input: &Input, coded: Option<&Coded>) -> GuardRun {
    let Some(coded) = coded else { return run_one(sandbox, entry, input) };
    let mut run = match &coded.made {
        Ok(code) => run_code(sandbox, entry, code, input),
        Err(failure) => failed(entry, failure.clone()),
    };
    run.duration_us = run.duration_us.saturating_add(coded.duration_us);
    run
}

fn run_one(sandbox: &Sandbox, entry: &SetEntry, input: &Input) -> GuardRun {
    if entry.guard.source.manifest.per_event {
        return failed(entry, not_generated("no model is asked here"));
    }
    run_code(sandbox, entry, &entry.guard.loaded, input)
}

fn run_code(sandbox: &Sandbox, entry: &SetEntry, code: &LoadedGuard, input: &Input) -> GuardRun {
    let run = AssertUnwindSafe(|| {
        let shown = input.shown_to(&entry.guard.source.manifest).map_err(|why| trapped(&why))?;
        let json = input.with_history(&shown.json, &entry.guard.source.manifest)?;
        let mut run = sandbox.run(code, &json, &shown.part_chars, &entry.budget);
        shown.put_back(&mut run.outcome);
        Ok(run)
    });
    // The sandbox does not panic; if it did, this guard would have failed, and the verdicts of the others would stand.
    match catch_unwind(run).unwrap_or_else(|_| Err(trapped("the sandbox panicked"))) {
        Ok(run) => guard_run(entry, run),
        Err(failure) => failed(entry, failure),
    }
}

fn never_ran(entry: &SetEntry, message: &str) -> GuardRun {
    failed(entry, trapped(message))
}

pub(crate) fn trapped(message: &str) -> Failure {
    Failure { kind: FailureKind::Trapped, message: message.to_owned() }
}

fn failed(entry: &SetEntry, failure: Failure) -> GuardRun {
    guard_run(entry, Run { outcome: Outcome::Failure(failure), fuel_used: 0, duration_us: 0 })
}

fn guard_run(entry: &SetEntry, run: Run) -> GuardRun {
    GuardRun {
        guard: entry.guard.source.manifest.id.clone(),
        guard_hash: entry.guard.source.hash.clone(),
        mode: entry.mode,
        on_error: entry.on_error,
        outcome: run.outcome,
        fuel_used: run.fuel_used,
        duration_us: run.duration_us,
    }
}
