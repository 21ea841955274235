//! Runs the guards on every event of a body.

use std::mem::take;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{self, StreamExt as _};
use parapet_domain::fold::{Coverage, NotInspected};
use parapet_domain::{Event, GuardRun, Outcome};
use parapet_surfaces::{Draft, Echo};

use crate::approval::Found;
use crate::exchange::Exchange;
use crate::held::Held;
use crate::remember;
use crate::unseen::{GUARD_FAILED, NO_GUARD_MATCHED};

/// Events of one exchange that are judged at once. More would only wait for each other's places in the sandbox, and a
/// conversation with hundreds of tool results must not crowd out the others.
const AT_ONCE: usize = 4;

/// An event with the runs of its guards.
pub(crate) struct Judged {
    pub(crate) event: Arc<Event>,
    pub(crate) echoes: Vec<Echo>,
    pub(crate) runs: Vec<GuardRun>,
    /// What the fold goes by: parts of the body that could not be read stand at its first event.
    pub(crate) coverage: Coverage,
    /// What came of the questions that its guards ask.
    pub(crate) found: Option<Found>,
    /// When judging began.
    pub(crate) started: Instant,
}

/// Takes the events out of `held` and judges them.
pub(crate) async fn judge(exchange: &mut Exchange<'_>, mut held: Held) -> (Held, Vec<Judged>) {
    let started = Instant::now();
    let mut not_inspected = take(&mut held.not_inspected);
    let events: Vec<(Arc<Event>, Vec<Echo>)> =
        take(&mut held.drafts).into_iter().map(|draft| numbered(exchange, draft)).collect();
    held.expected = events.len();
    let all: Vec<Arc<Event>> = events.iter().map(|(event, _)| Arc::clone(event)).collect();
    let past = remember::recall(exchange, &all).await;
    let (judge, set) = (&exchange.app.judge, &exchange.set);
    let all: Vec<_> = events.iter().map(|(event, _)| judge.judge_after(set, event, past.as_ref())).collect();
    let runs: Vec<Vec<GuardRun>> = stream::iter(all).buffered(AT_ONCE).collect().await;
    let judged = events.into_iter().zip(runs).map(|((event, echoes), runs)| {
        exchange.app.metrics.judged(event.stage, &runs);
        let coverage = Coverage { inspected: pointers(&event), not_inspected: take(&mut not_inspected) };
        Judged { event, echoes, runs, coverage, found: None, started }
    });
    (held, judged.collect())
}

fn numbered(exchange: &mut Exchange<'_>, mut draft: Draft) -> (Arc<Event>, Vec<Echo>) {
    let echoes = take(&mut draft.echoes);
    (Arc::new(exchange.event(draft)), echoes)
}

fn pointers(event: &Event) -> Vec<String> {
    event.parts.iter().map(|part| part.pointer.clone()).collect()
}

/// The coverage for the record: parts count as inspected only where a guard came to a verdict.
pub(crate) fn seen(coverage: Coverage, runs: &[GuardRun]) -> Coverage {
    if runs.iter().any(|run| matches!(run.outcome, Outcome::Verdict(_))) {
        return coverage;
    }
    let reason = if runs.is_empty() { NO_GUARD_MATCHED } else { GUARD_FAILED };
    let unseen = coverage.inspected.into_iter().map(|pointer| NotInspected { pointer, reason: reason.to_owned() });
    Coverage { inspected: Vec::new(), not_inspected: unseen.chain(coverage.not_inspected).collect() }
}
