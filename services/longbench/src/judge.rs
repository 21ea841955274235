//! Quality by a judge model: six ratings from 1 to 5 as strict JSON, the length left out. What cannot be read as ratings is
//! counted as such. Each judgement is on disk before the next, so that judging resumes as a run does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use parapet_domain::digest;
use parapet_models::{Meter, ModelClient, ModelError, Prompt};
use serde::{Deserialize, Serialize};

use crate::folder::{FolderError, lock};
use crate::journal::Journal;
use crate::row::Row;
use crate::sample::{Key, Sample, brief};

mod prompt;
mod ratings;

pub use ratings::Ratings;

/// Longest answer of the judge, in tokens: room for a model that thinks first.
const MAX_TOKENS: u32 = 2_048;

/// A judge model.
#[derive(Debug, Clone)]
pub struct Judge {
    client: ModelClient,
    meter: Meter,
}

/// What became of the question for ratings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// There are ratings.
    Rated {
        /// The ratings.
        ratings: Ratings,
    },
    /// The judge answered, or refused to, but not with ratings.
    Unparsed {
        /// A word for why not.
        code: String,
        /// Why not.
        reason: String,
    },
}

/// A line of the file of judgements.
#[derive(Debug, Serialize, Deserialize)]
struct Judgement {
    #[serde(flatten)]
    key: Key,
    /// Digest of what was judged: a sample that was written again is judged again.
    text: String,
    #[serde(flatten)]
    verdict: Verdict,
}

/// All judgements of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgements {
    /// Name of the judge model.
    pub model: String,
    /// The verdict on each sample with a text, as far as there is one.
    pub verdicts: BTreeMap<Key, Verdict>,
    /// Why judging ended before all samples were judged.
    pub stopped: Option<String>,
}

impl Judge {
    /// A judge that asks `client`, within the budget of `meter`.
    #[must_use]
    pub const fn new(client: ModelClient, meter: Meter) -> Self {
        Self { client, meter }
    }

    /// Judges the samples that have a text and no judgement yet. `folder` is that of the run; `watch` is told how many are
    /// judged, of how many.
    ///
    /// # Errors
    /// The judgements cannot be read or written, or another process judges in this folder.
    pub async fn judge(
        &self,
        folder: &std::path::Path,
        rows: &BTreeMap<usize, Row>,
        samples: &BTreeMap<Key, Sample>,
        watch: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<Judgements, FolderError> {
        let _lock = lock(folder, "score.lock")?;
        let texts = samples.values().filter_map(|sample| {
            let (row, text) = (rows.get(&sample.key.row)?, sample.outcome.text()?);
            let question = prompt::question(&row.prompt, text);
            Some((sample.key, (digest::of_bytes("text", text.as_bytes()), question)))
        });
        let questions: BTreeMap<Key, (String, Prompt)> = texts.collect();
        let mut all = Judgements { model: self.client.config().model.clone(), ..Judgements::default() };
        let mut journal = Journal::open(&folder.join(self.file()), |there: Judgement| {
            if questions.get(&there.key).is_some_and(|(text, _)| *text == there.text) {
                all.verdicts.insert(there.key, there.verdict);
            }
        })?;
        let todo: Vec<_> = questions.iter().filter(|(key, _)| !all.verdicts.contains_key(key)).collect();
        watch(all.verdicts.len(), questions.len());
        let stopping = AtomicBool::new(false);
        let to_begin = stream::iter(todo).take_while(|_| std::future::ready(!stopping.load(Ordering::Relaxed)));
        let asked = to_begin.map(|(key, (text, question))| async { (*key, text.clone(), self.ask(question).await) });
        let mut asked = asked.buffer_unordered(self.client.config().concurrency.max(1));
        while let Some((key, text, asked)) = asked.next().await {
            match asked {
                Ok(verdict) => {
                    journal.append(&Judgement { key, text, verdict: verdict.clone() }).await?;
                    all.verdicts.insert(key, verdict);
                    watch(all.verdicts.len(), questions.len());
                }
                Err(reason) => {
                    stopping.store(true, Ordering::Relaxed);
                    all.stopped.get_or_insert(reason);
                }
            }
        }
        Ok(all)
    }

    /// The verdict, or why the judge cannot be asked now.
    async fn ask(&self, question: &Prompt) -> Result<Verdict, String> {
        let error = match self.client.complete(question, &self.meter).await {
            Ok(answer) => match answer.json.map(serde_json::from_value::<Ratings>) {
                Some(Ok(ratings)) => return Ok(Verdict::Rated { ratings }),
                Some(Err(error)) => return Ok(unparsed("malformed", &error)),
                None => return Ok(unparsed("malformed", &ModelError::Empty)),
            },
            Err(error) => error,
        };
        let may_pass = error.is_retryable()
            || matches!(
                error,
                ModelError::BudgetSpent { .. } | ModelError::Unauthorized { .. } | ModelError::Config(_)
            );
        if may_pass { Err(brief(&error)) } else { Ok(unparsed(error.code(), &error)) }
    }

    /// One file for each judge: another model, or other instructions, do not mix with it.
    fn file(&self) -> String {
        let config = self.client.config();
        let kind = format!("{:?}", config.kind);
        let instructions = prompt::question("", "").digest();
        let parts = [config.model.as_bytes(), kind.as_bytes(), instructions.as_bytes()];
        let digest = digest::of_list("judge", parts);
        let short: String = digest.chars().skip("judge:".len()).take(12).collect();
        format!("judged-{short}.jsonl")
    }
}

fn unparsed(code: &str, error: &dyn std::error::Error) -> Verdict {
    Verdict::Unparsed { code: code.to_owned(), reason: brief(error) }
}
