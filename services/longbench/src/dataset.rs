//! Training data, made as LongWriter-6k was: texts of instructions that name their length, filtered, as rows for supervised
//! tuning and as preference pairs. What is too long is dropped and never cut. Pure: the texts are those of a run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::author::Task;
use crate::bucket::Bucket;
use crate::judge::Judgements;
use crate::sample::{Key, Sample};

mod asked;
mod candidate;
mod choose;
mod dropped;
mod export;
mod instruction;
mod markers;
mod refusals;
mod tokens;

pub use asked::{Asked, asked_length, required_words};
pub use dropped::Reason;
pub use export::{Pairs, write_dataset};
pub use instruction::{Instruction, read_instructions};

use candidate::{Candidate, Unfit};

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Filters {
    /// Lowest length score of a text to learn from. Published: 80.
    pub least_length_score: f64,
    /// Most tokens of prompt and text together, as guessed.
    pub max_tokens: u32,
    /// Seed of the choice of rejected texts.
    pub seed: u64,
}

/// A chosen text, and a rejected one where there is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Example {
    prompt: String,
    chosen: Candidate,
    rejected: Option<Candidate>,
}

/// Something that was dropped: a line of `dropped.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Dropped {
    /// Line of the instruction, from 1.
    line: usize,
    /// The sample, from 0; absent for the instruction as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<u32>,
    reason: Reason,
    /// What shows it.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    prompt: String,
}

/// A data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    examples: Vec<Example>,
    dropped: Vec<Dropped>,
    statistics: Statistics,
}

/// What became of the instructions and the texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// Instructions of the file.
    pub instructions: usize,
    /// Those that name their length, each once.
    pub with_length: usize,
    /// Texts of these.
    pub texts: usize,
    /// Texts that are still to be written: the data set is not finished while there are any.
    pub missing: usize,
    /// Rows for supervised tuning.
    pub sft: usize,
    /// Preference pairs.
    pub pairs: usize,
    /// What was dropped, by reason.
    pub dropped: BTreeMap<&'static str, usize>,
    /// Rows for supervised tuning by language of the prompt.
    pub languages: BTreeMap<&'static str, usize>,
    /// Rows for supervised tuning by class of required length.
    pub lengths: BTreeMap<&'static str, usize>,
    /// Mean length score of these rows.
    pub mean_length_score: Option<f64>,
    /// What was kept.
    pub filters: Filters,
}

/// The instructions of a file: those to write by, and those to drop.
#[derive(Debug, Clone)]
pub struct Tasks {
    instructions: Vec<Instruction>,
    tasks: Vec<Task>,
    dropped: Vec<(usize, Reason)>,
}

impl Tasks {
    /// Sorts the instructions of a file.
    #[must_use]
    pub fn new(instructions: Vec<Instruction>) -> Self {
        let (tasks, dropped) = instruction::sort(&instructions);
        Self { instructions, tasks, dropped }
    }

    /// Those to write by.
    #[must_use]
    pub fn to_write(&self) -> &[Task] {
        &self.tasks
    }

    /// The data set that the samples of these tasks make; `samples` is how many each task was to have.
    #[must_use]
    pub fn dataset(
        &self,
        samples: &BTreeMap<Key, Sample>,
        of_each: u32,
        judgements: Option<&Judgements>,
        filters: Filters,
    ) -> Dataset {
        let mut made = Made { tasks: self, filters, examples: Vec::new(), dropped: Vec::new(), kept: Vec::new() };
        for (line, reason) in &self.dropped {
            made.drop(*line, None, *reason, String::new());
        }
        let mut texts = 0;
        for task in &self.tasks {
            let keys = (0..of_each).map(|sample| Key { row: task.line, sample });
            let all: Vec<&Sample> =
                keys.filter_map(|key| samples.get(&key)).filter(|sample| sample.outcome.is_final()).collect();
            texts += all.len();
            made.add(task, &all, judgements, of_each);
        }
        let expected = self.tasks.len().saturating_mul(usize::try_from(of_each).unwrap_or(usize::MAX));
        made.finish(texts, expected.saturating_sub(texts))
    }
}

/// A data set in the making.
struct Made<'t> {
    tasks: &'t Tasks,
    filters: Filters,
    examples: Vec<Example>,
    dropped: Vec<Dropped>,
    kept: Vec<&'t Task>,
}

impl<'t> Made<'t> {
    fn add(&mut self, task: &'t Task, samples: &[&Sample], judgements: Option<&Judgements>, of_each: u32) {
        let mut candidates = Vec::new();
        for sample in samples {
            match Candidate::of(task, sample, judgements, &self.filters) {
                Ok(candidate) => candidates.push(candidate),
                Err(Unfit { reason, detail }) => self.drop(task.line, Some(sample.key.sample), reason, detail),
            }
        }
        let Some(best) = choose::best(&candidates, &self.filters) else {
            for candidate in &candidates {
                self.drop_short(task, candidate);
            }
            if of_each > 1 && !samples.is_empty() {
                self.drop(task.line, None, Reason::NothingToChoose, String::new());
            }
            return;
        };
        let rejected = choose::rejected(&candidates, best, task, self.filters.seed);
        let used: BTreeSet<u32> = rejected.iter().chain([&best]).map(|candidate| candidate.sample).collect();
        for candidate in candidates.iter().filter(|candidate| !used.contains(&candidate.sample)) {
            self.drop_short(task, candidate);
        }
        if of_each > 1 && rejected.is_none() {
            self.drop(task.line, None, Reason::NothingToReject, String::new());
        }
        let example = Example { prompt: task.row.prompt.clone(), chosen: best.clone(), rejected: rejected.cloned() };
        self.examples.push(example);
        self.kept.push(task);
    }

    /// A text that could be used, but is not.
    fn drop_short(&mut self, task: &Task, candidate: &Candidate) {
        let reason = if candidate.is_good(&self.filters) { Reason::NotTheBest } else { Reason::LengthScore };
        let detail = format!("{:.1}: {} words of {}", candidate.length, candidate.words, task.row.length);
        self.drop(task.line, Some(candidate.sample), reason, detail);
    }

    fn drop(&mut self, line: usize, sample: Option<u32>, reason: Reason, detail: String) {
        let prompt = self.tasks.instructions.get(line).map(|there| there.prompt.clone()).unwrap_or_default();
        self.dropped.push(Dropped { line: line + 1, sample, reason, detail, prompt });
    }

    fn finish(self, texts: usize, missing: usize) -> Dataset {
        let mut statistics = Statistics {
            instructions: self.tasks.instructions.len(),
            with_length: self.tasks.tasks.len(),
            texts,
            missing,
            sft: self.examples.len(),
            pairs: self.examples.iter().filter(|example| example.rejected.is_some()).count(),
            dropped: BTreeMap::new(),
            languages: BTreeMap::new(),
            lengths: BTreeMap::new(),
            mean_length_score: mean(self.examples.iter().map(|example| example.chosen.length)),
            filters: self.filters,
        };
        for dropped in &self.dropped {
            *statistics.dropped.entry(dropped.reason.code()).or_default() += 1;
        }
        for task in &self.kept {
            *statistics.languages.entry(language(task)).or_default() += 1;
            *statistics.lengths.entry(Bucket::of(task.row.length).name()).or_default() += 1;
        }
        Dataset { examples: self.examples, dropped: self.dropped, statistics }
    }
}

impl Dataset {
    /// What became of the instructions and the texts.
    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Rows for supervised tuning.
    pub fn sft(&self) -> impl Iterator<Item = Value> {
        self.examples.iter().map(
            |example| json!({"messages": [turn("user", &example.prompt), turn("assistant", &example.chosen.text)]}),
        )
    }

    /// Preference pairs, with both scores.
    pub fn pairs(&self, form: Pairs) -> impl Iterator<Item = Value> {
        self.examples.iter().filter_map(move |example| Some(pair(example, example.rejected.as_ref()?, form)))
    }
}

fn pair(example: &Example, rejected: &Candidate, form: Pairs) -> Value {
    let chosen = &example.chosen;
    let side = |role: &str, text: &str| match form {
        Pairs::Chat => json!([turn(role, text)]),
        Pairs::Text => json!(text),
    };
    json!({
        "prompt": side("user", &example.prompt),
        "chosen": side("assistant", &chosen.text),
        "rejected": side("assistant", &rejected.text),
        "score_chosen": chosen.score(),
        "score_rejected": rejected.score(),
    })
}

fn turn(role: &str, text: &str) -> Value {
    json!({"role": role, "content": text})
}

fn language(task: &Task) -> &'static str {
    match task.row.language() {
        parapet_agentwrite::Language::English => "English",
        parapet_agentwrite::Language::Chinese => "Chinese",
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests;
