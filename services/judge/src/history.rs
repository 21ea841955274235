//! The history that one guard gets with an event: only what its manifest declares.

use parapet_domain::session::Past;
use parapet_domain::{Event, History, Reading};

use crate::Manifest;

/// The history worked out from what came before; nothing for a guard that reads none.
pub(crate) fn worked_out(manifest: &Manifest, event: &Event, past: &Past) -> Option<History> {
    (!manifest.session.is_empty()).then(|| past.history(event, &manifest.session, &manifest.words))
}

/// A history that the author of an event wrote down, without what the guard does not read.
pub(crate) fn stated(manifest: &Manifest, history: Option<Box<History>>) -> Option<History> {
    let mut history = *history.filter(|_| !manifest.session.is_empty())?;
    if !manifest.session.contains(&Reading::Calls) {
        history.calls.clear();
    }
    if !manifest.session.contains(&Reading::Origins) {
        history.origins.clear();
        history.words.clear();
    }
    if !manifest.session.contains(&Reading::Counters) {
        history.counters = parapet_domain::history::Counters::default();
    }
    Some(history)
}
