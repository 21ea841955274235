//! Runs the guards on every event of a body.

use std::mem::take;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{self, StreamExt as _};
use parapet_domain::fold::{Coverage, NotInspected};
use parapet_domain::{Edit, Event, GuardRun, Outcome};
use parapet_surfaces::{Draft, Echo};

use crate::approval::Found;
use crate::exchange::Exchange;
use crate::held::Held;
use crate::recognise::{self, Recognised};
use crate::remember;
use crate::unseen::{GUARD_FAILED, NO_GUARD_MATCHED};

/// Events of one exchange that are judged at once. More would only wait for each other's places in the sandbox, and a
/// conversation with hundreds of tool results must not crowd out the others.
const AT_ONCE: usize = 4;

/// An event with the runs of its guards.
pub(crate) struct Judged {
    pub(crate) event: Arc<Event>,
    pub(crate) echoes: Vec<Echo>,
    /// What would put tokens back in place of values, for the log.
    pub(crate) restored: Vec<Edit>,
    pub(crate) runs: Vec<GuardRun>,
    /// What the fold goes by: parts of the body that could not be read stand at its first event.
    pub(crate) coverage: Coverage,
    /// What is known of its parts from earlier decisions.
    pub(crate) recognised: Recognised,
    /// What came of the questions that its guards ask.
    pub(crate) found: Option<Found>,
    /// When judging began.
    pub(crate) started: Instant,
}

/// Takes the events out of `held` and judges them.
pub(crate) async fn judge(exchange: &mut Exchange<'_>, mut held: Held) -> (Held, Vec<Judged>) {
    let started = Instant::now();
    let mut not_inspected = take(&mut held.not_inspected);
    let events: Vec<Numbered> = take(&mut held.drafts).into_iter().map(|draft| numbered(exchange, draft)).collect();
    held.expected = events.len();
    let all: Vec<Arc<Event>> = events.iter().map(|numbered| Arc::clone(&numbered.event)).collect();
    let past = remember::recall(exchange, &all).await;
    // What is new is never looked up, and what is looked up is left out for those guards alone that judge it by itself.
    let recognised = recognise::recognise(exchange, held.earlier.as_ref(), &all);
    let (judge, set) = (&exchange.app.judge, &exchange.set);
    let all: Vec<_> = all
        .iter()
        .zip(&recognised)
        .map(|(event, recognised)| judge.judge_rest(set, event, past.as_ref(), recognised.places()))
        .collect();
    let runs: Vec<Vec<GuardRun>> = stream::iter(all).buffered(AT_ONCE).collect().await;
    let judged = events.into_iter().zip(recognised).zip(runs).map(|((numbered, recognised), runs)| {
        let Numbered { event, echoes, restored } = numbered;
        exchange.app.metrics.judged(event.stage, &runs);
        let (inspected, judged_before) = recognised.coverage(&event);
        let coverage = Coverage { inspected, judged_before, not_inspected: take(&mut not_inspected) };
        Judged { event, echoes, restored, runs, coverage, recognised, found: None, started }
    });
    (held, judged.collect())
}

/// An event with what no guard sees of its draft.
struct Numbered {
    event: Arc<Event>,
    echoes: Vec<Echo>,
    restored: Vec<Edit>,
}

fn numbered(exchange: &mut Exchange<'_>, mut draft: Draft) -> Numbered {
    let (echoes, restored) = (take(&mut draft.echoes), take(&mut draft.restored));
    Numbered { event: Arc::new(exchange.event(draft)), echoes, restored }
}

/// The coverage for the record: parts count as inspected only where a guard came to a verdict.
pub(crate) fn seen(coverage: Coverage, runs: &[GuardRun]) -> Coverage {
    if runs.iter().any(|run| matches!(run.outcome, Outcome::Verdict(_))) {
        return coverage;
    }
    let reason = if runs.is_empty() { NO_GUARD_MATCHED } else { GUARD_FAILED };
    let before = coverage.judged_before.into_iter().map(|part| part.pointer);
    let unseen = coverage.inspected.into_iter().chain(before);
    let unseen = unseen.map(|pointer| NotInspected { pointer, reason: reason.to_owned() });
    Coverage { not_inspected: unseen.chain(coverage.not_inspected).collect(), ..Coverage::default() }
}
