//! What each sample is worth: its length score, and its quality where a judge was asked. Pure.

use std::collections::BTreeMap;

use parapet_agentwrite::{Language, words};
use serde::Serialize;

use crate::bucket::Bucket;
use crate::judge::{Judgements, Ratings, Verdict};
use crate::row::Row;
use crate::sample::{Key, Outcome, Sample};

/// A sample with its scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Which it is.
    #[serde(flatten)]
    pub key: Key,
    /// Kind of the text.
    #[serde(rename = "type")]
    pub kind: String,
    /// Language of the prompt.
    pub language: Language,
    /// Words that were asked for.
    pub required: u32,
    /// Words that there are; 0 without a text.
    pub produced: u32,
    /// What came of it.
    pub outcome: &'static str,
    /// 0 to 100.
    pub length: f64,
    /// What the judge says.
    #[serde(flatten)]
    pub quality: Quality,
}

/// What is known of the quality of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "quality", rename_all = "snake_case")]
pub enum Quality {
    /// The judge has rated it.
    Rated {
        /// The ratings.
        ratings: Ratings,
    },
    /// There is no text. It counts as rated lowest in all, so that failing does not pay.
    NoText,
    /// The judge gave no ratings. It counts in no mean.
    Unparsed,
    /// No judge has seen it.
    NotJudged,
}

impl Quality {
    /// The ratings that count.
    #[must_use]
    pub const fn ratings(&self) -> Option<Ratings> {
        match self {
            Self::Rated { ratings } => Some(*ratings),
            Self::NoText => Some(Ratings::LOWEST),
            Self::Unparsed | Self::NotJudged => None,
        }
    }
}

impl Scored {
    /// The class of its required length.
    #[must_use]
    pub const fn bucket(&self) -> Bucket {
        Bucket::of(self.required)
    }
}

/// Scores all samples that stand.
#[must_use]
pub fn score(
    rows: &BTreeMap<usize, Row>,
    samples: &BTreeMap<Key, Sample>,
    judgements: Option<&Judgements>,
) -> Vec<Scored> {
    let standing = samples.values().filter(|sample| sample.outcome.is_final());
    standing.filter_map(|sample| Some(one(rows.get(&sample.key.row)?, sample, judgements))).collect()
}

fn one(row: &Row, sample: &Sample, judgements: Option<&Judgements>) -> Scored {
    let produced = sample.outcome.text().map_or(0, words::count);
    Scored {
        key: sample.key,
        kind: row.kind.clone(),
        language: row.language(),
        required: row.length,
        produced,
        outcome: sample.outcome.code(),
        length: words::length_score(row.length, produced),
        quality: judgements.map_or(Quality::NotJudged, |all| quality(&sample.outcome, all.verdicts.get(&sample.key))),
    }
}

fn quality(outcome: &Outcome, verdict: Option<&Verdict>) -> Quality {
    match (outcome.text(), verdict) {
        (None, _) => Quality::NoText,
        (Some(_), Some(Verdict::Rated { ratings })) => Quality::Rated { ratings: *ratings },
        (Some(_), Some(Verdict::Unparsed { .. })) => Quality::Unparsed,
        (Some(_), None) => Quality::NotJudged,
    }
}
