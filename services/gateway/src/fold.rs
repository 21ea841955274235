//! Folds the runs of each event into its decision. The folding itself is `parapet_domain::fold`, pure.

use std::sync::Arc;

use parapet_domain::fold::{Coverage, FoldPolicy, Ruling, fold_approved};
use parapet_domain::{ApprovalMark, ApprovalState, Decision, Edit, Event, Folded, GuardRun, Refusal, TokenCounts};
use parapet_surfaces::{Carried, Draft, Echo, RewriteError};

use crate::approval::Found;
use crate::exchange::Exchange;
use crate::held::Held;
use crate::judge::{Judged, seen};
use crate::recognise::Recognised;
use crate::{release, tokens};

/// What a decision is about: enough to make its edits.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) event: Arc<Event>,
    echoes: Vec<Echo>,
}

impl Content {
    /// The draft that the event was made from. Only edited content needs one.
    pub(crate) fn draft(&self) -> Draft {
        let (stage, parts, echoes) = (self.event.stage, self.event.parts.clone(), self.echoes.clone());
        Draft { echoes, ..Draft::new(stage, parts) }
    }
}

/// A decision that is still to be recorded.
pub(crate) struct Decided {
    pub(crate) event: Arc<Event>,
    pub(crate) runs: Vec<GuardRun>,
    pub(crate) coverage: Coverage,
    pub(crate) ruling: Ruling,
    pub(crate) folded: Folded<Content>,
    pub(crate) approval: Option<ApprovalMark>,
    pub(crate) recognised: Recognised,
    /// Tokens that were put in place, and values that were put back.
    pub(crate) tokens: TokenCounts,
    /// What would put tokens back in place of values, for the log.
    pub(crate) restored: Vec<Edit>,
    pub(crate) duration_us: u64,
}

/// One decision for each event.
pub(crate) fn fold(exchange: &mut Exchange<'_>, held: &Held, judged: Vec<Judged>) -> Vec<Decided> {
    let (mut all, contents): (Vec<_>, Vec<_>) = judged.into_iter().map(|judged| decide(&*exchange, judged)).unzip();
    for decided in all.iter_mut().filter(|decided| decided.ruling.refusal.is_none() && !is_carried(held, decided)) {
        refuse(decided, Carried::refusal());
    }
    tokens::stand_in(exchange, held, &mut all);
    // Edits that cannot be made are found before the record is written, so that it says what really happens.
    let to_edit =
        |(decided, _): &(&mut Decided, Content)| !decided.ruling.edits.is_empty() && decided.ruling.refusal.is_none();
    let (edited, edits): (Vec<_>, Vec<_>) = all
        .iter_mut()
        .zip(contents)
        .filter(to_edit)
        .map(|(decided, content)| {
            let edits = decided.ruling.edits.clone();
            (decided, (content.draft(), edits))
        })
        .unzip();
    for (decided, error) in edited.into_iter().zip(try_edits(held, &edits)) {
        if let Some(error) = error {
            refuse(decided, error.refusal());
        }
    }
    // Nothing of a body with a refusal is released, so its approvals are kept for the next time.
    if all.iter().any(|decided| decided.ruling.refusal.is_some()) {
        let permitted = all.iter_mut().filter(|decided| decided.ruling.approval.is_some());
        permitted.for_each(|decided| withhold(decided, exchange.route().policy));
    }
    all
}

fn decide(exchange: &Exchange<'_>, judged: Judged) -> (Decided, Content) {
    let Judged { event, echoes, restored, runs, coverage, recognised, found, started } = judged;
    let content = Content { event: Arc::clone(&event), echoes };
    let approved = found.as_ref().and_then(Found::approved);
    let (ruling, folded) = fold_approved(content.clone(), &runs, &coverage, exchange.route().policy, approved);
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let coverage = seen(coverage, &runs);
    let counted = exchange.restoring.as_ref().map(|restoring| restoring.tokens().count(&restored));
    let tokens = TokenCounts { restored: counted.unwrap_or_default(), ..TokenCounts::default() };
    let mut decided =
        Decided { coverage, event, runs, ruling, folded, approval: None, recognised, tokens, restored, duration_us };
    if let Some(found) = found {
        found.tell(&mut decided);
    }
    (decided, content)
}

/// Whether what leaves can show all edits.
fn is_carried(held: &Held, decided: &Decided) -> bool {
    let pointer = |edit: &Edit| decided.event.parts.get(edit.part).map_or("", |part| part.pointer.as_str());
    decided.ruling.edits.iter().all(|edit| held.carried.carries(pointer(edit)))
}

/// Why the edits of each event cannot be made, where they cannot. All are tried at once, and one event at a time only
/// to find out which it is; when each could be made alone, none may be.
fn try_edits(held: &Held, edits: &[(Draft, Vec<Edit>)]) -> Vec<Option<RewriteError>> {
    let Err(together) = release::edited(held, edits) else { return vec![None; edits.len()] };
    let alone: Vec<_> = edits.iter().map(|one| release::edited(held, std::slice::from_ref(one)).err()).collect();
    if alone.iter().all(Option::is_none) { vec![Some(together); edits.len()] } else { alone }
}

/// Decides as if nobody had approved.
pub(crate) fn withhold(decided: &mut Decided, policy: FoldPolicy) {
    let (ruling, folded) = fold_approved((), &decided.runs, &decided.coverage, policy, None);
    if let Folded::Refused(refusal) = folded {
        decided.folded = Folded::Refused(refusal);
    }
    decided.ruling = ruling;
    if let Some(mark) = &mut decided.approval {
        mark.state = ApprovalState::Approved;
    }
}

/// Refuses what the guards let pass.
pub(crate) fn refuse(decided: &mut Decided, refusal: Refusal) {
    decided.ruling.approval = None;
    decided.ruling.folded = Decision::Deny;
    decided.ruling.enforced = Decision::Deny;
    decided.ruling.refusal = Some(refusal.clone());
    decided.folded = Folded::Refused(refusal);
}

#[cfg(test)]
mod tests {
    use parapet_surfaces::{ModelApi, ParsedBody};

    use super::*;
    use crate::held::Body;

    fn held() -> (Held, Vec<Draft>) {
        let body = br#"{"model":"m","messages":[{"role":"user","content":"one"},{"role":"tool","tool_call_id":"c","content":"two"}]}"#;
        let drafts = ModelApi::OpenaiChat.parse_request(body).unwrap().events;
        (Held::new(Body::Whole(body.to_vec().into()), ParsedBody::default()), drafts)
    }

    fn edit(part: usize) -> Vec<Edit> {
        vec![Edit { part, start: 0, end: 1, replacement: "*".to_owned() }]
    }

    #[test]
    fn edits_that_exclude_each_other_are_all_refused() {
        let (held, drafts) = held();
        let first = (drafts[0].clone(), edit(0));
        let error = Some(RewriteError::Overlap(drafts[0].parts[0].pointer.clone()));
        assert_eq!(try_edits(&held, &[first.clone(), first]), [error.clone(), error]);
    }

    #[test]
    fn only_the_edit_that_cannot_be_made_is_refused() {
        let (held, drafts) = held();
        let mut nowhere = drafts[0].clone();
        nowhere.parts[0].pointer = "/messages/9/content".to_owned();
        let edits = [(drafts[0].clone(), edit(0)), (nowhere, edit(0))];
        let error = Some(RewriteError::NotFound("/messages/9/content".to_owned()));
        assert_eq!(try_edits(&held, &edits), [None, error]);
        assert_eq!(try_edits(&held, &edits[..1]), [None]);
    }
}
