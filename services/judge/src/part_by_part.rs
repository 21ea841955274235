//! Whether a guard that says it judges each part by itself does so: what it says of an event has to be what it says of the
//! event's parts one by one. Tried on events; a proof it is not.

use parapet_domain::{Edit, Event, Outcome, Verdict};
use parapet_sandbox::Sandbox;

use crate::{Guard, each};

/// Runs `guard` on `event` and on each of its parts alone. Says how the verdicts differ, or `None`: they do not, or a run
/// had none, which counts as a refusal by itself.
#[must_use]
pub fn part_by_part(sandbox: &Sandbox, guard: &Guard, event: &Event) -> Option<String> {
    let all: Vec<usize> = (0..event.parts.len()).collect();
    let together = verdict_on(sandbox, guard, event, &all)?;
    let mut fold = Verdict::allow();
    for place in all {
        let mut alone = verdict_on(sandbox, guard, event, &[place])?;
        fold.edits.extend(alone.edits.drain(..).map(|edit| Edit { part: place, ..edit }));
        if alone.decision > fold.decision {
            (fold.decision, fold.reason_code) = (alone.decision, alone.reason_code);
        }
    }
    difference(&together, &fold)
}

fn verdict_on(sandbox: &Sandbox, guard: &Guard, event: &Event, places: &[usize]) -> Option<Verdict> {
    let seen = each::unplaced(event, places);
    let json = serde_json::to_vec(&seen).ok()?;
    let part_chars: Vec<usize> = seen.parts.iter().map(|part| part.text.chars().count()).collect();
    match sandbox.run(&guard.loaded, &json, &part_chars, &guard.source.manifest.budget).outcome {
        Outcome::Verdict(verdict) => Some(verdict),
        Outcome::Failure(_) => None,
    }
}

fn difference(together: &Verdict, fold: &Verdict) -> Option<String> {
    let said = |verdict: &Verdict| match verdict.reason_code.as_str() {
        "" => format!("`{}`", verdict.decision.as_str()),
        code => format!("`{}` ({code})", verdict.decision.as_str()),
    };
    let what = if (together.decision, &together.reason_code) != (fold.decision, &fold.reason_code) {
        format!("says {} of the parts together and {} of them one by one", said(together), said(fold))
    } else if together.edits.is_empty() || in_order(&together.edits) == in_order(&fold.edits) {
        // Of what is refused no edits are asked for.
        return None;
    } else {
        "makes other edits in the parts together than in them one by one".to_owned()
    };
    Some(format!("`parts = \"each\"`, but the guard {what}; leave `parts` out, or judge each part by itself"))
}

fn in_order(edits: &[Edit]) -> Vec<(usize, usize, usize, &str)> {
    let mut all: Vec<_> = edits.iter().map(|e| (e.part, e.start, e.end, e.replacement.as_str())).collect();
    all.sort_unstable();
    all
}
