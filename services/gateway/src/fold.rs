//! Folds the runs of each event into its decision. The folding itself is `parapet_domain::fold`, pure.

use std::sync::Arc;

use parapet_domain::fold::{Coverage, Ruling, fold as fold_runs};
use parapet_domain::{Decision, Event, Folded, GuardRun, Refusal};
use parapet_surfaces::{Draft, Echo, RewriteError};

use crate::exchange::Exchange;
use crate::held::Held;
use crate::judge::{Judged, seen};
use crate::release;

/// What a decision is about: enough to make its edits.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) event: Arc<Event>,
    echoes: Vec<Echo>,
}

impl Content {
    /// The draft that the event was made from. Only edited content needs one.
    pub(crate) fn draft(&self) -> Draft {
        Draft { stage: self.event.stage, parts: self.event.parts.clone(), echoes: self.echoes.clone() }
    }
}

/// A decision that is still to be recorded.
pub(crate) struct Decided {
    pub(crate) event: Arc<Event>,
    pub(crate) runs: Vec<GuardRun>,
    pub(crate) coverage: Coverage,
    pub(crate) ruling: Ruling,
    pub(crate) folded: Folded<Content>,
    pub(crate) duration_us: u64,
}

/// One decision for each event.
pub(crate) fn fold(exchange: &Exchange<'_>, held: &Held, judged: Vec<Judged>) -> Vec<Decided> {
    judged.into_iter().map(|judged| decide(exchange, held, judged)).collect()
}

fn decide(exchange: &Exchange<'_>, held: &Held, judged: Judged) -> Decided {
    let Judged { event, echoes, runs, coverage, started } = judged;
    let content = Content { event: Arc::clone(&event), echoes };
    let (mut ruling, mut folded) = fold_runs(content.clone(), &runs, &coverage, exchange.route().policy);
    // Edits that cannot be made are found before the record is written, so that it says what really happens.
    if let Err(error) = try_edits(held, &ruling, &content) {
        let refusal = error.refusal();
        refuse(&mut ruling, &refusal);
        folded = Folded::Refused(refusal);
    }
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    Decided { coverage: seen(coverage, &runs), event, runs, ruling, folded, duration_us }
}

fn try_edits(held: &Held, ruling: &Ruling, content: &Content) -> Result<(), RewriteError> {
    if ruling.edits.is_empty() || ruling.refusal.is_some() {
        return Ok(());
    }
    release::edited(held, &[(content.draft(), ruling.edits.clone())]).map(|_| ())
}

fn refuse(ruling: &mut Ruling, refusal: &Refusal) {
    ruling.folded = Decision::Deny;
    ruling.enforced = Decision::Deny;
    ruling.refusal = Some(refusal.clone());
}
