//! Writes one sample: by one call, or by AgentWrite. Whatever goes wrong becomes an outcome of the sample, never its text.

use std::path::PathBuf;
use std::sync::Arc;

use parapet_agentwrite::{
    Brief, Document, DocumentId, Fate, NoGate, Progress as Step, Run, Target, WriteError, Writer,
};
use parapet_models::{Finish, Meter, ModelClient, Prompt, Usage};
use tokio::time::Instant;

use crate::drafts::Drafts;
use crate::row::Row;
use crate::sample::{Key, Outcome, Sample, brief};
use crate::settings::{Method, Settings};

/// Told each step of AgentWrite, with the sample that it is for.
pub type WatchSteps = dyn Fn(Key, &Step) + Send + Sync;

/// Who writes the texts of a run.
#[derive(Clone)]
pub struct Author {
    client: ModelClient,
    settings: Settings,
    /// What the whole run may use.
    meter: Meter,
    drafts: Arc<Drafts>,
    watch: Option<Arc<WatchSteps>>,
}

/// What one sample took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effort {
    calls: u64,
    usage: Usage,
}

/// A text to write.
#[derive(Debug, Clone)]
pub struct Task {
    /// Place of the row in its file, from 0.
    pub line: usize,
    /// The row.
    pub row: Row,
    /// The length that AgentWrite keeps to.
    pub target: Target,
}

impl Author {
    /// An author that asks `client`, within the budget of `meter`. `drafts` is a folder for what AgentWrite has of
    /// unfinished documents.
    #[must_use]
    pub fn new(client: ModelClient, settings: Settings, meter: Meter, drafts: PathBuf) -> Self {
        Self { client, settings, meter, drafts: Arc::new(Drafts::new(drafts)), watch: None }
    }

    /// The same, watched.
    #[must_use]
    pub fn watched(self, watch: Arc<WatchSteps>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Most samples that are worth writing at the same time.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.client.config().concurrency.max(1)
    }

    /// Writes a sample.
    pub(crate) async fn write(&self, task: &Task, key: Key) -> Sample {
        let began = Instant::now();
        let (outcome, effort) = match self.settings.method {
            Method::OneCall => self.ask_once(&task.row, key).await,
            Method::AgentWrite => self.write_document(task, key).await,
        };
        let Effort { calls, usage } = effort;
        Sample { key, outcome, calls, usage, seconds: began.elapsed().as_secs_f64() }
    }

    /// What is kept of an unfinished document is not needed any more when its sample stands.
    pub(crate) async fn forget(&self, key: Key) -> Result<(), crate::FolderError> {
        match document_id(key) {
            Ok(id) => self.drafts.discard(&id).await,
            Err(_) => Ok(()),
        }
    }

    async fn ask_once(&self, row: &Row, key: Key) -> (Outcome, Effort) {
        let prompt = Prompt {
            max_tokens: Some(self.settings.max_tokens),
            temperature: self.settings.temperature,
            seed: self.settings.seed_of(key.sample),
            ..Prompt::user(&row.prompt)
        };
        match self.client.complete(&prompt, &self.meter).await {
            Ok(answer) => {
                let effort = Effort { calls: answer.attempts.into(), usage: answer.usage };
                (of_answer(&answer.text, answer.finish), effort)
            }
            Err(error) => (Outcome::of_error(&error), Effort::default()),
        }
    }

    async fn write_document(&self, task: &Task, key: Key) -> (Outcome, Effort) {
        let written = self.document(task, key).await;
        let effort = match document_id(key) {
            Ok(id) => self.drafts.effort(&id).await,
            Err(_) => Effort::default(),
        };
        (written.map_or_else(|error| of_failure(&error), of_document), effort)
    }

    async fn document(&self, task: &Task, key: Key) -> Result<Document, WriteError> {
        let settings = parapet_agentwrite::Settings {
            temperature: self.settings.temperature,
            seed: self.settings.seed_of(key.sample),
            max_tokens: self.settings.max_tokens,
            ..self.settings.writer.clone().unwrap_or_default()
        };
        let brief = Brief::new(&task.row.prompt, task.target)?;
        let writer = Writer::new(self.client.clone(), settings, Arc::new(NoGate), self.drafts.clone())?;
        let told = |step: Step| {
            if let Some(watch) = &self.watch {
                watch(key, &step);
            }
        };
        let run = Run { watch: &told, meter: Some(self.meter.clone()), ..Run::default() };
        writer.write(&document_id(key)?, &brief, &run).await
    }
}

impl Effort {
    pub(crate) const fn and(self, calls: u64, usage: Usage) -> Self {
        Self {
            calls: self.calls.saturating_add(calls),
            usage: Usage {
                input_tokens: self.usage.input_tokens.saturating_add(usage.input_tokens),
                output_tokens: self.usage.output_tokens.saturating_add(usage.output_tokens),
                estimated: self.usage.estimated || usage.estimated,
            },
        }
    }
}

impl std::fmt::Debug for Author {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Author").field("client", &self.client).field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn document_id(key: Key) -> Result<DocumentId, WriteError> {
    Ok(DocumentId::parse(&format!("row-{}-sample-{}", key.row, key.sample))?)
}

fn of_answer(text: &str, finish: Finish) -> Outcome {
    let text = without_thoughts(text).trim().to_owned();
    match finish {
        _ if text.is_empty() => Outcome::Empty,
        Finish::Length => Outcome::CutOff { text },
        Finish::Stop | Finish::Other => Outcome::Answered { text },
    }
}

fn of_document(document: Document) -> Outcome {
    let is_missing = |fate: Fate| matches!(fate, Fate::Denied | Fate::Unwritten);
    let left_out = document.sections.iter().filter(|section| is_missing(section.fate)).count();
    match document.text {
        text if text.trim().is_empty() => Outcome::Empty,
        text if left_out > 0 => Outcome::Incomplete { text, left_out },
        text => Outcome::Answered { text },
    }
}

fn of_failure(error: &WriteError) -> Outcome {
    match error {
        WriteError::Model(cause) => Outcome::of_error(cause),
        // Nothing is wrong with the model: the disk is full, or the run was stopped.
        WriteError::State(_) | WriteError::Gate { .. } | WriteError::Stopped => {
            Outcome::Refused { code: error.code().to_owned(), message: brief(error), passing: true }
        }
        _ => Outcome::Unusable { code: error.code().to_owned(), message: brief(error) },
    }
}

/// What follows the thoughts that some models write before their text; nothing when they never came to it.
fn without_thoughts(text: &str) -> &str {
    match text.trim_start().strip_prefix("<think>") {
        Some(rest) => rest.split_once("</think>").map_or("", |(_, text)| text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_no_text() {
        assert_eq!(
            of_answer("<think>2000 words, then</think>\n\nOnce", Finish::Stop),
            Outcome::Answered { text: "Once".to_owned() }
        );
        assert_eq!(of_answer("<think>and on and on", Finish::Length), Outcome::Empty);
        assert_eq!(of_answer("Once upon", Finish::Length), Outcome::CutOff { text: "Once upon".to_owned() });
    }
}
