//! What a run is worth: overall, for each class of lengths, type and language, with means and deviations over the samples.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::folder::RunFile;
use crate::judge::Judgements;
use crate::score::{Quality, Scored};

mod line;
mod markdown;
mod published;
mod table;

pub use line::{Line, Spread};
pub use published::{PUBLISHED, Published};
pub use table::Table;

/// The report on a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was run.
    pub run: RunFile,
    /// The judge, when there was one.
    pub judge: Option<JudgeReport>,
    /// Samples by outcome.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Samples that the run was to have and that do not stand yet. They count in no mean.
    pub missing: usize,
    /// All rows.
    pub overall: Line,
    /// By class of required length.
    pub buckets: Vec<Line>,
    /// By type of text.
    pub types: Vec<Line>,
    /// By language of the prompt.
    pub languages: Vec<Line>,
    /// By required length, where few lengths are asked for, as in LongWrite-Ruler.
    pub lengths: Vec<Line>,
    /// The longest text.
    pub longest: Option<Longest>,
    /// Figures from the literature.
    pub published: &'static [Published],
    /// Each sample.
    pub samples: Vec<Scored>,
}

/// What the judge did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeReport {
    /// Name of the judge model.
    pub model: String,
    /// Samples with ratings.
    pub rated: usize,
    /// Samples whose judgement could not be read. They count in no mean of the quality.
    pub unparsed: usize,
    /// Samples without a text, which count as rated lowest.
    pub no_text: usize,
    /// Samples that are not judged yet.
    pub not_judged: usize,
    /// Mean of each rating as a score, 0 to 100.
    pub dimensions: BTreeMap<&'static str, Spread>,
}

/// The longest text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Longest {
    /// Its words.
    pub words: u32,
    /// Words that were asked for.
    pub required: u32,
    /// Its row, from 0.
    pub row: usize,
    /// What came of it.
    pub outcome: &'static str,
}

/// Most different required lengths that are shown one by one.
const MOST_LENGTHS: usize = 12;

impl Report {
    /// The report on scored samples; `rows` is the number of rows that the run is of.
    #[must_use]
    pub fn new(run: RunFile, rows: usize, judgements: Option<&Judgements>, samples: Vec<Scored>) -> Self {
        let mut outcomes = BTreeMap::new();
        for sample in &samples {
            *outcomes.entry(sample.outcome).or_default() += 1;
        }
        let expected = rows.saturating_mul(usize::try_from(run.samples).unwrap_or(usize::MAX));
        let lengths: BTreeSet<u32> = samples.iter().map(|sample| sample.required).collect();
        let lengths = if lengths.len() <= MOST_LENGTHS {
            grouped(&samples, |s| s.required, |n| n.to_string())
        } else {
            Vec::new()
        };
        Self {
            missing: expected.saturating_sub(samples.len()),
            run,
            judge: judgements.map(|all| JudgeReport::new(&all.model, &samples)),
            outcomes,
            overall: Line::of("all", samples.iter()),
            buckets: grouped(&samples, Scored::bucket, |bucket| bucket.name().to_owned()),
            types: grouped(&samples, |s| s.kind.clone(), Clone::clone),
            languages: grouped(&samples, language, |name| (*name).to_owned()),
            lengths,
            longest: longest(&samples),
            published: PUBLISHED,
            samples,
        }
    }

    /// The tables of the report, the first one overall.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        table::all(self)
    }

    /// What has to be said beside the tables.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        table::notes(self)
    }

    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// Model and method.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}, {}", self.run.run.model, self.run.run.settings.method.name())
    }
}

impl JudgeReport {
    fn new(model: &str, samples: &[Scored]) -> Self {
        let count = |is: fn(&Quality) -> bool| samples.iter().filter(|sample| is(&sample.quality)).count();
        let mut values: BTreeMap<&'static str, Vec<(u32, f64)>> = BTreeMap::new();
        for (sample, ratings) in samples.iter().filter_map(|sample| Some((sample, sample.quality.ratings()?))) {
            for (name, rating) in ratings.all() {
                values.entry(name).or_default().push((sample.key.sample, crate::judge::Ratings::score_of(rating)));
            }
        }
        Self {
            model: model.to_owned(),
            rated: count(|quality| matches!(quality, Quality::Rated { .. })),
            unparsed: count(|quality| matches!(quality, Quality::Unparsed)),
            no_text: count(|quality| matches!(quality, Quality::NoText)),
            not_judged: count(|quality| matches!(quality, Quality::NotJudged)),
            dimensions: values.into_iter().filter_map(|(name, all)| Some((name, Spread::of(all)?))).collect(),
        }
    }
}

fn grouped<K: Ord>(samples: &[Scored], key: impl Fn(&Scored) -> K, name: impl Fn(&K) -> String) -> Vec<Line> {
    let mut groups: BTreeMap<K, Vec<&Scored>> = BTreeMap::new();
    for sample in samples {
        groups.entry(key(sample)).or_default().push(sample);
    }
    groups.into_iter().map(|(key, all)| Line::of(&name(&key), all.into_iter())).collect()
}

const fn language(sample: &Scored) -> &'static str {
    match sample.language {
        parapet_agentwrite::Language::English => "English",
        parapet_agentwrite::Language::Chinese => "Chinese",
    }
}

fn longest(samples: &[Scored]) -> Option<Longest> {
    // Of several of the same length, the first.
    let longest = samples.iter().rev().max_by_key(|sample| sample.produced)?;
    Some(Longest {
        words: longest.produced,
        required: longest.required,
        row: longest.key.row,
        outcome: longest.outcome,
    })
}

#[cfg(test)]
mod tests;
