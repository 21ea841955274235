//! With a model, but without its code: the model restates free prose in sentences that the rules compile, and the
//! compiler's complaints and the examples correct it. A small model can say what a rule means long before it can program.

use std::sync::Arc;

use parapet_judge::{Guard, GuardTest, run_tests};
use parapet_models::ModelError;
use serde_json::Value;

use super::by_model::Work;
use super::{GenerateError, Progress, Round, prompt};
use crate::plan::{Action, Step};
use crate::{Draft, GuardRequest, rules};

/// Most attempts at the sentences: after these the model writes a program.
const ROUNDS: u32 = 4;
const TEMPERATURES: [f64; 4] = [0.0, 0.3, 0.6, 0.8];
/// Failing examples that one complaint shows.
const SHOWN: usize = 2;

impl Work<'_, '_> {
    /// A guard compiled from the model's sentences that passes all examples, or `None`.
    pub(super) async fn restated(&mut self) -> Result<Option<Draft>, GenerateError> {
        let first = prompt::restate(self.request);
        let mut question = first.clone();
        for round in 1..=ROUNDS.min(self.options.rounds) {
            (self.watch)(Progress::Restating { round });
            question.temperature = TEMPERATURES.get(round as usize - 1).copied();
            question.seed = Some(u64::from(round));
            let answer = match self.ask(&question).await {
                Ok(answer) => answer,
                Err(ModelError::Malformed { .. } | ModelError::CutOff { .. } | ModelError::Empty) => continue,
                Err(error) => return Err(error.into()),
            };
            let sentences = sentences_of(answer.json.as_ref());
            let tried = self.compiled(&sentences).await?;
            let complaint = tried.as_ref().err().cloned().unwrap_or_default();
            let passed = tried.as_ref().map_or(0, |_| self.request.examples.len());
            self.provenance.restated.push(Round {
                round,
                temperature: question.temperature.unwrap_or_default(),
                built: tried.is_ok() || complaint.starts_with(WRONG),
                passed,
                tests: self.request.examples.len(),
                input_tokens: answer.usage.input_tokens,
                output_tokens: answer.usage.output_tokens,
                seconds: answer.seconds,
                complaint: complaint.clone(),
            });
            (self.watch)(Progress::Restated { round, sentences: sentences.len(), understood: tried.is_ok() });
            match tried {
                Ok(draft) => return Ok(Some(draft)),
                Err(complaint) => question = first.clone().with_reply(answer.text, prompt::restate_again(&complaint)),
            }
        }
        Ok(None)
    }

    /// Compiles the sentences and runs the examples. The inner error is for the model.
    async fn compiled(&mut self, sentences: &[String]) -> Result<Result<Draft, String>, GenerateError> {
        if sentences.is_empty() {
            return Ok(Err("There is no sentence in the answer.".to_owned()));
        }
        let list: String = sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
        let request = GuardRequest { request: list, ..self.request.clone() };
        let mut draft = match rules::compile(&request) {
            Ok(draft) => draft,
            Err(why) => return Ok(Err(why.to_string())),
        };
        // The guard is for what was asked; how it was understood stands in the plan.
        draft.manifest.request.clone_from(&self.request.request);
        draft.plan.steps.insert(0, restatement(sentences));
        let examples = self.request.examples.clone();
        let sandbox = Arc::clone(&self.generator.sandbox);
        let work = move || {
            let complaint = wrong_examples(&sandbox, &draft, examples.clone());
            draft
                .tests
                .extend(examples.into_iter().filter(|example| !draft.tests.contains(example)).collect::<Vec<_>>());
            complaint.map_or_else(|| Ok(draft), Err)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| GenerateError::Stopped)
    }
}

fn restatement(sentences: &[String]) -> Step {
    Step {
        action: Action::Select,
        what: format!("The request, restated: {}", sentences.join(" ")),
        reads: Vec::new(),
        tool: None,
        facts: Vec::new(),
        reason_codes: Vec::new(),
    }
}

/// How a complaint about an example begins.
const WRONG: &str = "The sentences are understood, but";

/// The examples that the compiled guard decides otherwise.
fn wrong_examples(sandbox: &parapet_sandbox::Sandbox, draft: &Draft, examples: Vec<GuardTest>) -> Option<String> {
    let draft = Draft { tests: examples, ..draft.clone() };
    let guard = draft.source().map_err(|error| error.to_string());
    let guard = guard.and_then(|source| Guard::build(sandbox, source).map_err(|error| error.to_string()));
    let guard = match guard {
        Ok(guard) => guard,
        Err(error) => return Some(error),
    };
    let reports = run_tests(sandbox, &guard);
    let wrong = reports.iter().zip(&draft.tests).filter_map(|(report, test)| {
        let difference = report.difference.as_deref()?;
        Some(format!("\"{}\": {difference}. The event is {}\n", test.description, test.event))
    });
    let wrong: String = wrong.take(SHOWN).collect();
    (!wrong.is_empty()).then(|| format!("{WRONG} these events are decided wrongly:\n{wrong}"))
}

/// The sentences of an answer, each on one line, without the dash of a list.
fn sentences_of(answer: Option<&Value>) -> Vec<String> {
    let rows = answer.and_then(|answer| answer.get("sentences")?.as_array()).into_iter().flatten();
    let texts = rows.filter_map(Value::as_str).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut sentences: Vec<String> = Vec::new();
    for text in texts.map(|text| text.trim_start_matches("- ").to_owned()).filter(|text| !text.is_empty()) {
        if !sentences.contains(&text) {
            sentences.push(text);
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sentences_are_one_line_each_and_stand_once() {
        let answer = json!({"sentences": ["- Only `a` may\ncall `b`.", "Anything else is free.", "", 7, "Anything else is free."]});
        assert_eq!(sentences_of(Some(&answer)), ["Only `a` may call `b`.", "Anything else is free."]);
        assert_eq!(sentences_of(Some(&json!([]))), Vec::<String>::new());
    }
}
