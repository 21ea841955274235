//! One decision as a row of a table.

use parapet_domain::{DecisionRecord, Outcome, Timestamp};

use super::GuardLink;
use crate::display::{When, clip, micros, said};

/// Most characters of a message in a table.
const MESSAGE_CHARS: usize = 240;
/// Most characters of a name in a table.
const NAME_CHARS: usize = 60;

pub(crate) struct DecisionRow {
    /// The day, in the first row of it.
    pub(super) day: Option<String>,
    pub(super) id: String,
    pub(super) when: When,
    pub(super) enforced: &'static str,
    /// What it would have been had shadow guards counted, where that differs.
    pub(super) shadow: Option<&'static str>,
    /// Guards that failed.
    pub(super) failures: usize,
    pub(super) reason_code: String,
    pub(super) guard: Option<GuardLink>,
    pub(super) message: Vec<(bool, String)>,
    pub(super) agent: String,
    pub(super) stage: &'static str,
    pub(super) principal: String,
    pub(super) took: String,
}

impl DecisionRow {
    /// The rows of a table, with a heading where a day begins.
    pub(super) fn table(records: &[DecisionRecord], now: Timestamp) -> Vec<Self> {
        let mut rows: Vec<Self> = records.iter().map(|record| Self::new(record, now)).collect();
        let mut last = String::new();
        for row in &mut rows {
            if row.when.day != last {
                last.clone_from(&row.when.day);
                row.day = Some(last.clone());
            }
        }
        rows
    }

    pub(super) fn new(record: &DecisionRecord, now: Timestamp) -> Self {
        Self {
            day: None,
            id: record.id.to_string(),
            when: When::new(record.at, now),
            enforced: record.enforced.as_str(),
            // What a person has approved is no shadow: the guard that asked does count.
            shadow: (record.folded != record.enforced && record.uses_approval().is_none())
                .then_some(record.folded.as_str()),
            failures: record.runs.iter().filter(|run| matches!(run.outcome, Outcome::Failure(_))).count(),
            reason_code: clip(&record.reason_code, NAME_CHARS),
            guard: record.decided_by.as_deref().map(GuardLink::new),
            message: said(&clip(&record.message, MESSAGE_CHARS)),
            agent: clip(&record.agent, NAME_CHARS),
            stage: record.stage.as_str(),
            principal: clip(record.principal.as_deref().unwrap_or_default(), NAME_CHARS),
            took: micros(record.duration_us),
        }
    }
}
