//! Questions for JSON: down the ladder until the server takes the question, then the value out of the answer.

use serde_json::Value;

use super::{Effort, ModelClient};
use crate::ladder::{Refusal, refusal};
use crate::wire::Question;
use crate::{Completion, Finish, Meter, ModelError, Prompt, Rung, json_answer, schema};

impl ModelClient {
    pub(super) async fn ask_for_json(
        &self,
        prompt: &Prompt,
        schema: &Value,
        meter: &Meter,
        effort: &mut Effort,
    ) -> Result<Completion, ModelError> {
        let ladder = &self.0.ladder;
        let mut position = ladder.start();
        loop {
            let rung = ladder.rung(position).unwrap_or(Rung::Text);
            let is_last = ladder.rung(position + 1).is_none();
            let question = Question { config: &self.0.config, prompt, rung: Some(rung) };
            let reply = match self.ask(&question, meter, effort).await {
                Ok(reply) => reply,
                Err(error) => {
                    position += 1;
                    match refusal(rung, &error) {
                        Some(refusal) if !is_last => self.step_down(rung, position, &refusal),
                        _ => return Err(error),
                    }
                    continue;
                }
            };
            let completion = effort.completion(reply, Some(rung));
            match read(&completion.text, schema) {
                Ok(json) => return Ok(Completion { json: Some(json), ..completion }),
                // The server took the field and ignored it: what it holds to a format is JSON when it is whole.
                Err(Unread::NoJson) if completion.finish == Finish::Stop && !is_last => {
                    position += 1;
                    self.step_down(rung, position, &Refusal::Always);
                }
                Err(unread) => return Err(unread.error(completion, question.max_tokens())),
            }
        }
    }

    fn step_down(&self, from: Rung, to: usize, refusal: &Refusal) {
        tracing::info!(
            model.name = self.0.config.model,
            model.rung = ?from,
            "the model server does not take this way of asking for JSON; the next one is tried"
        );
        if matches!(refusal, Refusal::Always) {
            self.0.ladder.begin_at(to);
        }
    }
}

/// Why an answer holds no value.
enum Unread {
    NoJson,
    /// It does not fit the schema.
    Unfit(String),
}

fn read(text: &str, schema: &Value) -> Result<Value, Unread> {
    let fits = |value: &Value| schema::check(schema, value).is_ok();
    let value = json_answer::find(text, fits).ok_or(Unread::NoJson)?;
    schema::check(schema, &value).map_err(Unread::Unfit)?;
    Ok(value)
}

impl Unread {
    fn error(self, completion: Completion, max_tokens: u32) -> ModelError {
        let text = completion.text;
        match self {
            _ if completion.finish == Finish::Length => ModelError::CutOff { max_tokens, text },
            Self::NoJson => ModelError::Malformed { reason: "there is no whole JSON value in it".to_owned(), text },
            Self::Unfit(reason) => ModelError::Malformed { reason, text },
        }
    }
}
