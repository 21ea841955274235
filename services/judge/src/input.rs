//! An event as the guards get it: all of it, or for guards that judge each part by itself the parts that are not known yet.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use parapet_domain::session::Past;
use parapet_domain::{Event, Failure, FailureKind, Outcome};

use crate::judge::trapped;
use crate::set::SetEntry;
use crate::{Manifest, Parts, each, history};

/// What a part's fields besides its text come to in JSON, in bytes, roughly.
const PART_BYTES: usize = 200;

/// An event for all guards that judge it. What none of them needs is not written.
pub(crate) struct Input {
    event: Arc<Event>,
    past: Option<Arc<Past>>,
    /// Parts that guards which judge each part by itself are known to allow.
    known: BTreeSet<usize>,
    together: OnceLock<Result<Shown, String>>,
    each: OnceLock<Result<Shown, String>>,
}

/// What one kind of guard sees.
pub(crate) struct Shown {
    /// The event without its history.
    pub(crate) json: Vec<u8>,
    /// Length of each part's text, in characters.
    pub(crate) part_chars: Vec<usize>,
    /// Where each of the parts stands in the whole event.
    places: Vec<usize>,
}

impl Input {
    pub(crate) fn new(event: &Arc<Event>, past: Option<&Arc<Past>>, known: BTreeSet<usize>) -> Self {
        let (together, each) = (OnceLock::new(), OnceLock::new());
        Self { event: Arc::clone(event), past: past.cloned(), known, together, each }
    }

    /// How much JSON the guard gets, roughly.
    pub(crate) fn bytes_for(&self, entry: &SetEntry) -> usize {
        let all = entry.guard.source.manifest.parts == Parts::Together;
        let seen = self.event.parts.iter().enumerate().filter(|(place, _)| all || !self.known.contains(place));
        seen.map(|(_, part)| PART_BYTES + part.text.len() * if part.json.is_some() { 2 } else { 1 }).sum()
    }

    /// What a guard of this manifest sees.
    pub(crate) fn shown_to(&self, manifest: &Manifest) -> Result<&Shown, String> {
        let shown = match manifest.parts {
            Parts::Together => self.together.get_or_init(|| self.all()),
            Parts::Each => self.each.get_or_init(|| self.rest()),
        };
        shown.as_ref().map_err(Clone::clone)
    }

    fn all(&self) -> Result<Shown, String> {
        let places = (0..self.event.parts.len()).collect();
        match &self.event.history {
            None => Shown::of(&self.event, places),
            Some(_) => Shown::of(&Event { history: None, ..Event::clone(&self.event) }, places),
        }
    }

    fn rest(&self) -> Result<Shown, String> {
        let places: Vec<usize> = (0..self.event.parts.len()).filter(|place| !self.known.contains(place)).collect();
        Shown::of(&each::unplaced(&self.event, &places), places)
    }

    /// `json` with the history that the guard reads, put in behind its last field.
    pub(crate) fn with_history<'j>(&self, json: &'j [u8], manifest: &Manifest) -> Result<Cow<'j, [u8]>, Failure> {
        if manifest.session.is_empty() {
            return Ok(Cow::Borrowed(json));
        }
        let history = match (history::stated(manifest, self.event.history.clone()), &self.past) {
            (Some(history), _) => history,
            (None, Some(past)) => past.history(&self.event, &manifest.session, &manifest.words),
            (None, None) => return Err(no_past()),
        };
        let history = serde_json::to_vec(&history)
            .map_err(|error| trapped(&format!("history cannot be written as JSON: {error}")))?;
        let fields = json.strip_suffix(b"}").unwrap_or(json);
        Ok(Cow::Owned([fields, b",\"history\":", &history, b"}"].concat()))
    }
}

impl Shown {
    fn of(event: &Event, places: Vec<usize>) -> Result<Self, String> {
        let json = serde_json::to_vec(event).map_err(|error| format!("event cannot be written as JSON: {error}"))?;
        let part_chars = event.parts.iter().map(|part| part.text.chars().count()).collect();
        Ok(Self { json, part_chars, places })
    }

    /// Makes the edits of a verdict on what was shown those of the whole event.
    pub(crate) fn put_back(&self, outcome: &mut Outcome) {
        let Outcome::Verdict(verdict) = outcome else { return };
        for edit in &mut verdict.edits {
            match self.places.get(edit.part) {
                Some(place) => edit.part = *place,
                None => {
                    // The sandbox has refused edits of parts that were not shown.
                    *outcome = Outcome::Failure(trapped("an edit of a part that the guard was not shown"));
                    return;
                }
            }
        }
    }
}

fn no_past() -> Failure {
    let message = "what came before the event could not be had from the store of sessions".to_owned();
    Failure { kind: FailureKind::SessionUnavailable, message }
}
