//! Parts of a conversation's history that come again. Where the route says so, guards that judge each part by itself do not see what
//! they have allowed before: the same part, byte for byte, in the same session, for the same user with the same roles and attributes, on the
//! same route, by the same guard set. All other guards see everything, and so does every guard what is new.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use parapet_domain::fold::JudgedBefore;
use parapet_domain::{Decision, Event, GuardRun, Outcome};
use parapet_judge::PartKey;
use parapet_surfaces::{Draft, Earlier};
use uuid::Uuid;

use crate::config::{HistoryRule, RouteKind};
use crate::exchange::Exchange;
use crate::fold::Decided;
use crate::record::Receipted;

/// What is known of an event's parts.
#[derive(Default)]
pub(crate) struct Recognised {
    /// The decisions that allowed them, by the places of the parts.
    before: BTreeMap<usize, Uuid>,
    /// The keys of the other parts of the history, by their places.
    fresh: Vec<(usize, PartKey)>,
}

/// Which parts are of the conversation's history; `None` where nothing is to be recognised. Without a session there is nobody to
/// whom the history belongs.
pub(crate) fn earlier(exchange: &Exchange<'_>, drafts: &[Draft]) -> Option<Earlier> {
    match &exchange.route().kind {
        RouteKind::Model(api, _) if exchange.route().history == HistoryRule::Remember && exchange.session.is_some() => {
            Earlier::of(api.conversation(), drafts)
        }
        _ => None,
    }
}

/// Looks the parts of the history up, for each event.
pub(crate) fn recognise(exchange: &Exchange<'_>, earlier: Option<&Earlier>, events: &[Arc<Event>]) -> Vec<Recognised> {
    let of_event = |event: &Arc<Event>| earlier.and_then(|earlier| of_event(exchange, earlier, event));
    events.iter().map(|event| of_event(event).unwrap_or_default()).collect()
}

fn of_event(exchange: &Exchange<'_>, earlier: &Earlier, event: &Event) -> Option<Recognised> {
    let known_parts = &exchange.app.known_parts;
    let history: Vec<_> = event.parts.iter().enumerate().filter(|(_, part)| earlier.has(part)).collect();
    if history.is_empty() {
        return None;
    }
    let keys = known_parts.keys(&exchange.set, event)?;
    let keyed = history.into_iter().filter_map(|(place, part)| Some((place, keys.of(part)?)));
    let (places, keys): (Vec<usize>, Vec<PartKey>) = keyed.unzip();
    let mut recognised = Recognised::default();
    for ((place, key), found) in places.into_iter().zip(&keys).zip(known_parts.find(&keys, Instant::now())) {
        match found {
            Some(decision) => drop(recognised.before.insert(place, decision)),
            None => recognised.fresh.push((place, *key)),
        }
    }
    Some(recognised)
}

impl Recognised {
    /// The places of the parts that are known to be allowed.
    pub(crate) fn places(&self) -> BTreeSet<usize> {
        self.before.keys().copied().collect()
    }

    /// The parts that all guards see, and the others with the decisions that allowed them.
    pub(crate) fn coverage(&self, event: &Event) -> (Vec<String>, Vec<JudgedBefore>) {
        let (mut inspected, mut judged_before) = (Vec::new(), Vec::new());
        for (place, part) in event.parts.iter().enumerate() {
            let pointer = part.pointer.clone();
            match self.before.get(&place) {
                Some(decision) => judged_before.push(JudgedBefore { pointer, decision: *decision }),
                None => inspected.push(pointer),
            }
        }
        (inspected, judged_before)
    }
}

/// Parts of the history that nothing was said against, for each decision of a body.
pub(crate) struct Allowed(Vec<Vec<PartKey>>);

/// What may be recognised from now on, once its decision is recorded and the body is released.
pub(crate) fn allowed(decided: &[Decided]) -> Allowed {
    Allowed(decided.iter().map(allowed_parts).collect())
}

/// Nothing of an event that a guard has failed on, refused or asked about, whoever let it pass then; and no part that a guard has
/// edited, as it comes again without the edit. Guards in shadow mode count: what they say has to be recorded each time.
fn allowed_parts(decided: &Decided) -> Vec<PartKey> {
    if decided.ruling.refusal.is_some() || decided.approval.is_some() || !decided.runs.iter().all(passes) {
        return Vec::new();
    }
    let edited: BTreeSet<usize> = decided.runs.iter().flat_map(edited_places).collect();
    decided.recognised.fresh.iter().filter(|(place, _)| !edited.contains(place)).map(|(_, key)| *key).collect()
}

fn passes(run: &GuardRun) -> bool {
    matches!(&run.outcome, Outcome::Verdict(verdict) if verdict.decision <= Decision::Redact)
}

fn edited_places(run: &GuardRun) -> Vec<usize> {
    match &run.outcome {
        Outcome::Verdict(verdict) => verdict.edits.iter().map(|edit| edit.part).collect(),
        Outcome::Failure(_) => Vec::new(),
    }
}

impl Allowed {
    /// The parts by the decisions that are on record now.
    pub(crate) fn by(self, recorded: &[Receipted]) -> Vec<(Uuid, Vec<PartKey>)> {
        recorded.iter().map(|receipted| receipted.id).zip(self.0).collect()
    }
}

/// Remembers what was released.
pub(crate) fn keep(exchange: &Exchange<'_>, allowed: Vec<(Uuid, Vec<PartKey>)>) {
    let now = Instant::now();
    for (decision, keys) in allowed.into_iter().filter(|(_, keys)| !keys.is_empty()) {
        exchange.app.known_parts.add(keys, decision, now);
    }
}
