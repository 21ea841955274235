//! The guard set in force and the audit queue, as the overview tells of them.

use parapet_domain::{Mode, Timestamp};

use crate::display::{When, count, short_hash, visible};
use crate::guard_view::{GuardView, InForce};
use crate::state::QueueState;

/// The guard set, for people.
pub(in crate::pages) struct SetCard {
    pub(in crate::pages) hash: String,
    pub(in crate::pages) short: String,
    pub(in crate::pages) since: When,
    pub(in crate::pages) last_error: Option<String>,
    pub(in crate::pages) summary: String,
}

/// Something that an operator has to see to.
pub(super) struct Complaint {
    pub(super) title: &'static str,
    pub(super) advice: String,
}

impl SetCard {
    pub(in crate::pages) fn new(set: &InForce, now: Timestamp) -> Self {
        Self {
            hash: set.hash.clone(),
            short: short_hash(&set.hash),
            since: When::new(set.since, now),
            last_error: set.last_error.as_deref().map(visible),
            summary: summary(&set.guards),
        }
    }
}

/// Such as `6 guards: 5 enforce, 1 shadow`.
fn summary(guards: &[GuardView]) -> String {
    let modes = [Mode::Enforce, Mode::Shadow, Mode::Off]
        .map(|mode| (mode.as_str(), guards.iter().filter(|guard| guard.summary.mode == mode).count()));
    let parts: Vec<String> = modes.iter().filter(|(_, n)| *n > 0).map(|(mode, n)| format!("{n} {mode}")).collect();
    match guards.len() {
        0 => "no guards".to_owned(),
        1 => format!("1 guard: {}", parts.join(", ")),
        n => format!("{n} guards: {}", parts.join(", ")),
    }
}

/// What is wrong at the moment.
pub(super) fn complaints(guards: &[GuardView], queue: QueueState) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if !guards.iter().any(|guard| guard.summary.mode == Mode::Enforce) {
        complaints.push(Complaint {
            title: "No guard enforces",
            advice: "Traffic is refused unless its route says `no_guard = \"allow\"`. Put guard folders where `[guards] dir` points.".to_owned(),
        });
    }
    if !queue.healthy {
        complaints.push(Complaint {
            title: "Decisions cannot be written",
            advice: "Routes with `audit = \"required\"` refuse all traffic until the store takes them again. See the log for the cause.".to_owned(),
        });
    }
    if queue.dropped > 0 {
        complaints.push(Complaint {
            title: "Decisions were lost",
            advice: format!("{} decisions of best-effort routes could not be written since the start. See the log, and give the store room.", count(queue.dropped)),
        });
    }
    complaints
}

/// How the audit queue stands, in words.
pub(super) fn waiting(queue: QueueState) -> String {
    match (queue.depth, queue.dropped) {
        (0, 0) => "empty, nothing lost".to_owned(),
        (depth, 0) => format!("{} waiting, nothing lost", count(depth)),
        (depth, lost) => format!("{} waiting, {} lost since the start", count(depth), count(lost)),
    }
}
