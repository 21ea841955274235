//! Questions to the model and to the gate, each once: what was answered under the same key is taken from the state.

use std::sync::atomic::Ordering;

use parapet_domain::digest;
use parapet_models::{Budget, Completion, Finish, ModelError, ModelKind, Prompt, Spent, Usage};
use serde_json::json;
use tokio::time::Instant;

use super::Desk;
use crate::{Answer, CallKey, Kept, Passage, PassageKind, Ruling, Settings, StateError, WriteError};

/// Longest answer that is kept, in bytes. A longer one is no text of any section, and counts as none.
const MOST_BYTES: usize = 256 << 10;
/// Seeds stay below this: not every server reads larger ones.
const SEEDS: u64 = 1 << 31;

/// Digest of the settings that the texts depend on: not what may be used, nor how much at once.
pub(super) fn settings_digest(settings: &Settings) -> String {
    let that_count = Settings { budget: Budget::default(), concurrency: 1, ..settings.clone() };
    digest_of("settings", &that_count)
}

/// Digest of a value that is always JSON.
pub(super) fn digest_of<T: serde::Serialize + std::fmt::Debug>(kind: &str, value: &T) -> String {
    let bytes = digest::canonical_json(value).unwrap_or_else(|_| format!("{value:?}").into_bytes());
    digest::of_bytes(kind, &bytes)
}

impl Desk<'_> {
    /// The answer to a question. `purpose` says what it is for; no two questions of a document have the same, so that one that
    /// is asked again, as for a better version, is another question.
    pub(super) async fn ask(&self, purpose: &str, prompt: Prompt) -> Result<Answer, WriteError> {
        if self.run.stop.is_cancelled() {
            return Err(WriteError::Stopped);
        }
        let prompt = self.with_settings(purpose, prompt);
        let key = self.call_key(purpose, &prompt);
        match self.writer.state.find(self.id, &key).await? {
            Some(Kept::Answer(answer)) => {
                self.tally.kept.fetch_add(1, Ordering::Relaxed);
                self.meter.add(Spent { calls: 1, usage: answer.usage, cost: answer.cost });
                return Ok(answer);
            }
            Some(Kept::Ruling(_)) => return Err(not_this(&key).into()),
            None => {}
        }
        let began = Instant::now();
        self.tally.asked.fetch_add(1, Ordering::Relaxed);
        let completed = tokio::select! {
            biased;
            () = self.run.stop.cancelled() => return Err(WriteError::Stopped),
            completed = self.writer.client.complete(&prompt, &self.meter) => completed,
        };
        let answer = self.answer(completed, &prompt, began.elapsed().as_secs_f64())?;
        match self.writer.state.keep(self.id, &key, Kept::Answer(answer)).await? {
            Kept::Answer(answer) => Ok(answer),
            Kept::Ruling(_) => Err(not_this(&key).into()),
        }
    }

    /// What the gate says of a passage.
    pub(super) async fn judge(
        &self,
        kind: PassageKind,
        section: &str,
        attempt: u32,
        text: &str,
    ) -> Result<Ruling, WriteError> {
        if self.run.stop.is_cancelled() {
            return Err(WriteError::Stopped);
        }
        let fingerprint = self.writer.gate.fingerprint();
        let parts: [&str; 5] =
            ["ruling/1", &fingerprint, if kind == PassageKind::Plan { "plan" } else { "section" }, section, text];
        let key = CallKey(digest::of_list("ruling", parts.map(str::as_bytes)));
        match self.writer.state.find(self.id, &key).await? {
            Some(Kept::Ruling(ruling)) => return Ok(ruling),
            Some(Kept::Answer(_)) => return Err(not_this(&key).into()),
            None => {}
        }
        // Not cancelled half way: what is judged is recorded.
        let passage = Passage { document: self.id, kind, section, attempt, text };
        let ruled = self.writer.gate.judge(&passage).await;
        let ruling = ruled.map_err(|source| WriteError::Gate { section: section.to_owned(), source })?;
        match self.writer.state.keep(self.id, &key, Kept::Ruling(ruling)).await? {
            Kept::Ruling(ruling) => Ok(ruling),
            Kept::Answer(_) => Err(not_this(&key).into()),
        }
    }

    /// A question with what the settings say. Each has a seed of its own: the same again would get the same answer.
    fn with_settings(&self, purpose: &str, prompt: Prompt) -> Prompt {
        let seed = self.settings().seed.map(|seed| (seed.wrapping_add(number_of(purpose))) % SEEDS);
        Prompt {
            seed: prompt.seed.or(seed),
            temperature: prompt.temperature.or(self.settings().temperature),
            max_tokens: prompt.max_tokens.map(|tokens| tokens.min(self.settings().max_tokens)),
            ..prompt
        }
    }

    fn call_key(&self, purpose: &str, prompt: &Prompt) -> CallKey {
        let config = self.writer.client.config();
        let kind = match config.kind {
            ModelKind::Openai => "openai",
            ModelKind::Anthropic => "anthropic",
        };
        // The address is left out: a server that comes back elsewhere has the same model.
        let defaults = json!([config.max_tokens, config.temperature, config.seed]).to_string();
        let digest = prompt.digest();
        let parts: [&str; 9] = [
            "call/1",
            self.writer.material.name(),
            purpose,
            kind,
            &config.model,
            &defaults,
            &self.settings_digest,
            &self.plan_digest,
            &digest,
        ];
        CallKey(digest::of_list("call", parts.map(str::as_bytes)))
    }

    /// What became of a question, `Err` when it is to be asked again later. The text of a failure is never an answer.
    fn answer(
        &self,
        completed: Result<Completion, ModelError>,
        prompt: &Prompt,
        seconds: f64,
    ) -> Result<Answer, WriteError> {
        let failed = |text: String, cut_off, too_long| {
            let usage = if too_long { Usage::default() } else { guess(prompt, &text) };
            (text, cut_off, too_long, usage)
        };
        let (text, cut_off, too_long, usage) = match completed {
            Ok(Completion { text, finish, usage, .. }) => (text, finish == Finish::Length, false, usage),
            Err(ModelError::Empty | ModelError::Filtered { .. } | ModelError::TooLarge { .. }) => {
                failed(String::new(), false, false)
            }
            Err(ModelError::CutOff { text, .. }) => failed(text, true, false),
            Err(ModelError::Malformed { text, .. }) => failed(text, false, false),
            Err(ModelError::TooLong { .. }) => failed(String::new(), false, true),
            Err(error) => return Err(error.into()),
        };
        let text = if text.len() > MOST_BYTES { String::new() } else { text };
        let cost = self.writer.client.config().cost(&usage).unwrap_or_default();
        Ok(Answer { text, cut_off, too_long, usage, cost, seconds })
    }
}

/// Tokens of a question whose answer was an error: the server's numbers are not told with it.
fn guess(prompt: &Prompt, answer: &str) -> Usage {
    let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(3)).unwrap_or(u64::MAX);
    let asked = prompt.system.len() + prompt.messages.iter().map(|message| message.text.len()).sum::<usize>();
    Usage { input_tokens: tokens(asked), output_tokens: tokens(answer.len()), estimated: true }
}

fn number_of(purpose: &str) -> u64 {
    let hex = digest::of_bytes("seed", purpose.as_bytes());
    hex.get("seed:".len()..).and_then(|hex| u64::from_str_radix(hex.get(..15)?, 16).ok()).unwrap_or_default()
}

fn not_this(key: &CallKey) -> StateError {
    StateError::Unusable(format!("what is kept under `{}` is of another kind", key.as_str()))
}
