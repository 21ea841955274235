//! Judging: every guard of the set that matches the event runs on it. What the runs mean is the fold's business.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parapet_domain::decision::Engine;
use parapet_domain::{Event, Failure, FailureKind, GuardRun, Outcome};
use parapet_sandbox::{Run, Sandbox};

use crate::set::{GuardSet, SetEntry};

/// Events with more JSON than this are judged by all guards at once; below, starting threads costs more than it saves.
const PARALLEL_ABOVE_BYTES: usize = 32 << 10;

/// Runs guards on events.
#[derive(Clone)]
pub struct Judge {
    sandbox: Arc<Sandbox>,
}

impl Judge {
    /// A judge over `sandbox`.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox }
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

    /// Runs the guards of `set` that match `event`, in the set's order, off the async workers.
    pub async fn judge(&self, set: &Arc<GuardSet>, event: &Arc<Event>) -> Vec<GuardRun> {
        let selected: Vec<usize> =
            set.entries.iter().enumerate().filter(|(_, entry)| entry.selects(event)).map(|(n, _)| n).collect();
        if selected.is_empty() {
            return Vec::new();
        }
        let input = match Input::of(event) {
            Ok(input) => Arc::new(input),
            Err(message) => {
                return selected.iter().filter_map(|n| set.entries.get(*n)).map(|e| never_ran(e, &message)).collect();
            }
        };
        let groups: Vec<Vec<usize>> = if input.json.len() > PARALLEL_ABOVE_BYTES {
            selected.into_iter().map(|n| vec![n]).collect()
        } else {
            vec![selected]
        };
        let tasks: Vec<_> = groups.into_iter().map(|group| self.start(set, &input, group)).collect();
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
        group: Vec<usize>,
    ) -> (Vec<usize>, tokio::task::JoinHandle<Vec<GuardRun>>) {
        let (sandbox, set, input, mine) =
            (Arc::clone(&self.sandbox), Arc::clone(set), Arc::clone(input), group.clone());
        let task = tokio::task::spawn_blocking(move || {
            mine.iter().filter_map(|n| set.entries.get(*n)).map(|entry| run_one(&sandbox, entry, &input)).collect()
        });
        (group, task)
    }

    /// Runs the guards of `set` that match `event` on this thread. For the command line and the benches.
    #[must_use]
    pub fn judge_blocking(&self, set: &GuardSet, event: &Event) -> Vec<GuardRun> {
        let selected = set.entries.iter().filter(|entry| entry.selects(event));
        match Input::of(event) {
            Ok(input) => selected.map(|entry| run_one(&self.sandbox, entry, &input)).collect(),
            Err(message) => selected.map(|entry| never_ran(entry, &message)).collect(),
        }
    }
}

/// An event as the guards get it.
struct Input {
    json: Vec<u8>,
    part_chars: Vec<usize>,
}

impl Input {
    fn of(event: &Event) -> Result<Self, String> {
        let json = serde_json::to_vec(event).map_err(|error| format!("event cannot be written as JSON: {error}"))?;
        Ok(Self { json, part_chars: event.parts.iter().map(|part| part.text.chars().count()).collect() })
    }
}

fn run_one(sandbox: &Sandbox, entry: &SetEntry, input: &Input) -> GuardRun {
    let run = AssertUnwindSafe(|| sandbox.run(&entry.guard.loaded, &input.json, &input.part_chars, &entry.budget));
    // The sandbox does not panic; if it did, this guard would have failed, and the verdicts of the others would stand.
    catch_unwind(run).map_or_else(|_| never_ran(entry, "the sandbox panicked"), |run| guard_run(entry, run))
}

fn never_ran(entry: &SetEntry, message: &str) -> GuardRun {
    let failure = Failure { kind: FailureKind::Trapped, message: message.to_owned() };
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
