//! A run: every sample of every row that is not there yet. Each is on disk before the run goes on, so that one which is
//! killed goes on where it stopped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use parapet_agentwrite::words;
use serde::Serialize;

use crate::author::{Author, Task};
use crate::folder::{FolderError, RunFolder};
use crate::sample::{Key, Outcome, Sample};

/// Failures of the server in a row after which it is taken to be away.
const AWAY_AFTER: u32 = 3;

/// How far a run is, after each sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Samples that stand, those of earlier runs included.
    pub done: usize,
    /// All samples.
    pub total: usize,
    /// Samples of this run without a text.
    pub failed: usize,
    /// Words of the texts of this run.
    pub words: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// Samples that stand, those of earlier runs included.
    pub done: usize,
    /// All samples.
    pub total: usize,
    /// Outcomes of this run, by their word.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Words of the texts of this run.
    pub words: u64,
    /// Questions that the samples of this run took.
    pub calls: u64,
    /// Why it ended before all samples were written.
    pub stopped: Option<String>,
}

/// Writes what is missing.
///
/// # Errors
/// The folder cannot be written any more.
pub async fn run(
    folder: &mut RunFolder,
    author: &Author,
    tasks: &[Task],
    watch: &mut (dyn FnMut(&Progress) + Send),
) -> Result<RunSummary, FolderError> {
    let samples = folder.file().samples;
    let all = (0..samples).flat_map(|sample| tasks.iter().map(move |task| (Key { row: task.line, sample }, task)));
    let (done, todo): (Vec<_>, Vec<_>) = all.partition(|(key, _)| folder.has(*key));
    // Drafts are given up only when no text is under way: one that waits in the stream may hold what they are kept in.
    let mut finished: Vec<Key> = done.iter().map(|(key, _)| *key).collect();
    let mut tally = Tally::new(done.len(), done.len() + todo.len());
    watch(&tally.progress());
    let stopping = AtomicBool::new(false);
    // What is under way when the run has to stop is finished and kept; nothing new is begun.
    let to_begin = stream::iter(todo).take_while(|_| std::future::ready(!stopping.load(Ordering::Relaxed)));
    let mut written = to_begin.map(|(key, task)| author.write(task, key)).buffer_unordered(author.concurrency());
    while let Some(sample) = written.next().await {
        folder.add(&sample).await?;
        finished.extend(sample.outcome.is_final().then_some(sample.key));
        tally.count(&sample);
        stopping.store(tally.summary.stopped.is_some(), Ordering::Relaxed);
        watch(&tally.progress());
    }
    for key in finished {
        author.forget(key).await?;
    }
    Ok(tally.summary)
}

struct Tally {
    summary: RunSummary,
    failed: usize,
    /// Failures of the server since its last answer.
    away: u32,
}

impl Tally {
    const fn new(done: usize, total: usize) -> Self {
        let summary = RunSummary { done, total, outcomes: BTreeMap::new(), words: 0, calls: 0, stopped: None };
        Self { summary, failed: 0, away: 0 }
    }

    fn progress(&self) -> Progress {
        let RunSummary { done, total, words, .. } = self.summary;
        Progress { done, total, failed: self.failed, words }
    }

    fn count(&mut self, sample: &Sample) {
        let summary = &mut self.summary;
        *summary.outcomes.entry(sample.outcome.code()).or_default() += 1;
        summary.calls += sample.calls;
        summary.done += usize::from(sample.outcome.is_final());
        match sample.outcome.text() {
            Some(text) => summary.words += u64::from(words::count(text)),
            None => self.failed += 1,
        }
        self.away = if matches!(sample.outcome, Outcome::Refused { passing: true, .. }) { self.away + 1 } else { 0 };
        let stop = match &sample.outcome {
            Outcome::Budget { message } => Some(message),
            Outcome::Refused { message, code, .. } if code == "unauthorized" || code == "config" => Some(message),
            Outcome::Refused { message, .. } if self.away >= AWAY_AFTER => Some(message),
            _ => None,
        };
        if summary.stopped.is_none() {
            summary.stopped = stop.cloned();
        }
    }
}
