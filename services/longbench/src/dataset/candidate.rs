//! A text of a task, with its score and whether it can be learned from.

use parapet_agentwrite::words;

use super::dropped::Reason;
use super::{Filters, markers, refusals, tokens};
use crate::author::Task;
use crate::judge::{Judgements, Verdict};
use crate::sample::{Outcome, Sample};

/// A text that can be used, if it is long enough.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    /// The sample, from 0.
    pub(super) sample: u32,
    /// The text, without the numbers of its paragraphs.
    pub(super) text: String,
    /// Its words.
    pub(super) words: u32,
    /// Tokens of prompt and text, as guessed.
    pub(super) tokens: u64,
    /// Length score.
    pub(super) length: f64,
    /// Quality score, where a judge was asked and its answer could be read.
    pub(super) quality: Option<f64>,
}

/// Why a text cannot be used, and what shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unfit {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

impl Candidate {
    /// The text of a sample, unless it is unfit for either side of a pair.
    pub(super) fn of(
        task: &Task,
        sample: &Sample,
        judgements: Option<&Judgements>,
        filters: &Filters,
    ) -> Result<Self, Unfit> {
        let text = markers::without_numbers(whole_text(&sample.outcome)?);
        let tokens = tokens::estimated(&task.row.prompt) + tokens::estimated(&text);
        let words = words::count(&text);
        let unfit = |reason, detail| Err(Unfit { reason, detail });
        if let Some(found) = refusals::refusal_in(&text) {
            return unfit(Reason::Refusal, found);
        }
        if let Some(found) = markers::left_in(&text) {
            return unfit(Reason::Markers, found);
        }
        if tokens > u64::from(filters.max_tokens) {
            return unfit(Reason::TooManyTokens, format!("about {tokens}"));
        }
        let quality = match judgements.and_then(|all| all.verdicts.get(&sample.key)) {
            Some(Verdict::Rated { ratings }) => Some(ratings.score()),
            _ => None,
        };
        let length = words::length_score(task.row.length, words);
        Ok(Self { sample: sample.key.sample, text, words, tokens, length, quality })
    }

    /// What it is compared by: the length score, or the mean with the quality where that is known.
    pub(super) fn score(&self) -> f64 {
        self.quality.map_or(self.length, |quality| f64::midpoint(self.length, quality))
    }

    /// Whether it is near enough to its length to be learned from.
    pub(super) fn is_good(&self, filters: &Filters) -> bool {
        self.length >= filters.least_length_score
    }
}

fn whole_text(outcome: &Outcome) -> Result<&str, Unfit> {
    let unfit = |reason, detail: String| Err(Unfit { reason, detail });
    match outcome {
        Outcome::Answered { text } => Ok(text),
        Outcome::CutOff { .. } => unfit(Reason::CutOff, String::new()),
        Outcome::Incomplete { left_out, .. } => unfit(Reason::Incomplete, format!("{left_out} sections")),
        Outcome::Refused { code, .. } | Outcome::Unusable { code, .. } => unfit(Reason::NoText, code.clone()),
        Outcome::Empty | Outcome::Budget { .. } => unfit(Reason::NoText, outcome.code().to_owned()),
    }
}
