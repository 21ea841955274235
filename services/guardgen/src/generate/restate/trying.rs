//! Tries what the answers say: written as sentences, compiled, and run on the examples.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::notation::Notation;
use super::{Given, Wrong, choice, rules};
use crate::generate::by_model::Work;
use crate::generate::trial::Trial;
use crate::generate::{GenerateError, off_workers};
use crate::plan::{Action, Step};
use crate::rules::compile;
use crate::{Draft, GuardRequest};

/// Choices among the answers that are tried before the next question.
const CHOICES: usize = 16;

impl Work<'_, '_> {
    /// Tries choices among the answers until one passes all examples; else the nearest so far.
    pub(super) async fn choose(
        &mut self,
        notation: &Notation,
        given: &[Given],
        tried: &mut BTreeSet<Vec<usize>>,
        best: Option<Wrong>,
    ) -> Result<Result<Draft, Option<Wrong>>, GenerateError> {
        let mut best = best;
        for choice in choice::untried(given, tried, CHOICES) {
            let outcome = self.compiled(notation, given, &choice).await?;
            tried.insert(choice);
            match outcome {
                Ok(draft) => {
                    self.note_choice(true, self.request.examples.len(), "");
                    return Ok(Ok(draft));
                }
                Err(wrong) => {
                    self.note_choice(wrong.draft.is_some(), wrong.passed, &wrong.complaint);
                    if best.as_ref().is_none_or(|best| wrong.score() > best.score()) {
                        best = Some(wrong);
                    }
                }
            }
        }
        Ok(Err(best))
    }

    /// Notes how the first choice after an answer went, and the best after it.
    fn note_choice(&mut self, built: bool, passed: usize, complaint: &str) {
        let tests = self.request.examples.len();
        let Some(noted) = self.provenance.restated.last_mut() else { return };
        if noted.tests == 0 || (built, passed) > (noted.built, noted.passed) {
            (noted.built, noted.passed, noted.tests) = (built, passed, tests);
            noted.complaint = complaint.to_owned();
        }
    }

    /// Compiles what was chosen and runs the examples.
    async fn compiled(
        &mut self,
        notation: &Notation,
        given: &[Given],
        choice: &[usize],
    ) -> Result<Result<Draft, Wrong>, GenerateError> {
        let all = written(notation, given, choice);
        let (given, choice) = (given.to_vec(), choice.to_vec());
        let (request, library) = (self.request.clone(), Arc::clone(&self.options.library));
        let sandbox = Arc::clone(&self.generator.sandbox);
        off_workers(move || {
            let list: String = all.iter().map(|(_, sentence)| format!("- {sentence}\n")).collect();
            let mut draft = match compile(&GuardRequest { request: list, ..request.clone() }) {
                Ok(draft) => draft,
                Err(why) => {
                    let place = place_of(&all, &why.sentence);
                    return Err(Wrong { place, complaint: why.to_string(), draft: None, passed: 0, choice });
                }
            };
            // The guard is for what was asked; how it was understood stands in the plan.
            draft.manifest.request.clone_from(&request.request);
            draft.plan.steps.insert(0, restatement(&given, &all));
            let examples = Draft { tests: request.examples.clone(), ..draft.clone() };
            let trial = Trial::of(&sandbox, &library, examples, String::new());
            draft.add_tests(request.examples);
            if trial.passes() {
                return Ok(draft);
            }
            let complaint =
                format!("With all sentences together, these events are decided wrongly:\n{}", trial.complaint);
            Err(Wrong { place: None, complaint, draft: Some(Box::new(draft)), passed: trial.passed, choice })
        })
        .await
    }
}

/// What was chosen, as sentences, each with the place of the sentence of the request that it comes from.
fn written(notation: &Notation, given: &[Given], choice: &[usize]) -> Vec<(Option<usize>, String)> {
    let chosen = |place: usize| given.get(place)?.said.get(choice.get(place).copied().unwrap_or_default());
    let exemptions = rules::exemptions((0..given.len()).filter_map(chosen).flat_map(|answer| answer.said.rules()));
    let mut all: Vec<(Option<usize>, String)> =
        notation.declarations().into_iter().map(|sentence| (None, sentence)).collect();
    for (place, one) in given.iter().enumerate() {
        let sentences = match chosen(place) {
            Some(answer) => answer.said.sentences(notation, &exemptions),
            // Then the sentence stands for itself, and the compiler says what it lacks.
            None => vec![one.text.clone()],
        };
        for sentence in sentences {
            if !all.iter().any(|(_, known)| *known == sentence) {
                all.push((Some(place), sentence));
            }
        }
    }
    all
}

/// Which sentence of the request a complaint of the compiler is about.
fn place_of(all: &[(Option<usize>, String)], sentence: &str) -> Option<usize> {
    let sentence = sentence.trim().trim_start_matches("- ");
    all.iter().find(|(_, restated)| restated.contains(sentence) || sentence.contains(restated.as_str()))?.0
}

fn restatement(given: &[Given], all: &[(Option<usize>, String)]) -> Step {
    let sentences: Vec<&str> = all.iter().map(|(_, sentence)| sentence.as_str()).collect();
    let silent = given.iter().enumerate().filter(|(place, _)| !all.iter().any(|(of, _)| *of == Some(*place)));
    let silent: Vec<&str> = silent.map(|(_, one)| one.text.as_str()).collect();
    let silent =
        if silent.is_empty() { String::new() } else { format!(" Taken for descriptions: {}", silent.join(" ")) };
    Step {
        action: Action::Select,
        what: format!("The request, restated: {}{silent}", sentences.join(" ")),
        reads: Vec::new(),
        tool: None,
        facts: Vec::new(),
        reason_codes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_led_back_to_the_sentence_of_the_request() {
        let all = [
            (Some(3), "Only `a` may call `b`.".to_owned()),
            (Some(7), "Be nice.".to_owned()),
            (None, "a has b.".to_owned()),
        ];
        assert_eq!(place_of(&all, "Be nice."), Some(7));
        assert_eq!(place_of(&all, "- Only `a` may call `b`. Be nice."), Some(3));
        assert_eq!(place_of(&all, "something else"), None);
        assert_eq!(place_of(&all, "a has b."), None);
    }
}
