//! Writes one sample. Whatever goes wrong becomes an outcome of the sample, never its text.

use parapet_models::{Finish, Meter, ModelClient, Prompt, Usage};
use tokio::time::Instant;

use crate::row::Row;
use crate::sample::{Key, Outcome, Sample};
use crate::settings::{Method, Settings};

/// Who writes the texts of a run.
#[derive(Debug, Clone)]
pub struct Author {
    client: ModelClient,
    settings: Settings,
    /// What the whole run may use.
    meter: Meter,
}

/// What one sample took.
#[derive(Debug, Clone, Copy, Default)]
struct Effort {
    calls: u64,
    usage: Usage,
}

impl Author {
    /// An author that asks `client`, within the budget of `meter`.
    #[must_use]
    pub const fn new(client: ModelClient, settings: Settings, meter: Meter) -> Self {
        Self { client, settings, meter }
    }

    /// Most samples that are worth writing at the same time.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.client.config().concurrency.max(1)
    }

    /// Writes a sample.
    pub(crate) async fn write(&self, row: &Row, key: Key) -> Sample {
        let began = Instant::now();
        let (outcome, effort) = match self.settings.method {
            Method::OneCall => self.ask_once(row, key).await,
        };
        let Effort { calls, usage } = effort;
        Sample { key, outcome, calls, usage, seconds: began.elapsed().as_secs_f64() }
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
}

fn of_answer(text: &str, finish: Finish) -> Outcome {
    let text = without_thoughts(text).trim().to_owned();
    match finish {
        _ if text.is_empty() => Outcome::Empty,
        Finish::Length => Outcome::CutOff { text },
        Finish::Stop | Finish::Other => Outcome::Answered { text },
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
