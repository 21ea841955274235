//! With a model, but without its code: the model restates free prose, sentence by sentence, in sentences that the rules
//! compile; the compiler's complaints and the examples correct it. A small model can say what a rule means long before
//! it can program.

mod sentences;
pub(crate) mod typed;

use std::sync::Arc;

use parapet_judge::{Guard, GuardTest, run_tests};
use parapet_models::{ModelError, Prompt};
use parapet_sandbox::Sandbox;
use serde_json::Value;

use super::by_model::Work;
use super::{GenerateError, Progress, Round, off_workers, prompt};
use crate::plan::{Action, Step};
use crate::rules::{self, Names};
use crate::{Draft, GuardRequest};

/// Further answers in all; after these the model writes a program.
const FURTHER: u32 = 12;
/// How freely the model chooses then: the same question at temperature 0 has the same answer.
const TEMPERATURES: [f64; 4] = [0.3, 0.6, 0.8, 1.0];
/// Failing examples that one complaint shows.
const SHOWN: usize = 2;

/// The form in which the model says what a sentence means.
#[derive(Debug, Clone)]
pub(super) enum Notation {
    /// Rules, held to a schema with these names.
    Rules(Names),
    /// Sentences, where the description of the agent declares no names for rules.
    Sentences,
}

impl Notation {
    fn of(agent: &str) -> Self {
        let names = rules::names_of(agent);
        let nothing = names.tools.is_empty() && names.attributes.is_empty();
        if nothing || rules::reaches_data(agent) { Self::Sentences } else { Self::Rules(names) }
    }

    /// What an answer says, in sentences that the rules compile.
    pub(super) fn sentences(&self, answer: &Value) -> Vec<String> {
        match self {
            Self::Rules(names) => typed::sentences(answer, names),
            Self::Sentences => sentences_of(answer),
        }
    }
}

/// One sentence of the request and what became of it.
#[derive(Debug, Clone)]
struct Given {
    text: String,
    /// The conversation that ends with the question about it; `None` for one that the rules understand as it is.
    question: Option<Prompt>,
    /// The model's last answer.
    answer: String,
    restated: Vec<String>,
}

/// What is wrong with the sentences as they are.
struct Wrong {
    /// The sentence of the request that it is about, by its place, where that can be told.
    given: Option<usize>,
    /// For the model.
    complaint: String,
    /// Whether all of them could be compiled.
    compiled: bool,
    /// Examples that are decided rightly.
    passed: usize,
}

impl Wrong {
    /// Higher for sentences that are nearer to being right: compiled, more examples, or understood further on.
    fn score(&self) -> (bool, usize, usize) {
        (self.compiled, self.passed, self.given.unwrap_or(usize::MAX))
    }
}

impl Work<'_, '_> {
    /// A guard compiled from the model's sentences that passes all examples, or `None`.
    pub(super) async fn restated(&mut self) -> Result<Option<Draft>, GenerateError> {
        let texts = sentences::split(&self.request.request);
        if texts.is_empty() || texts.len() > sentences::MOST {
            return Ok(None);
        }
        (self.watch)(Progress::Restating { sentences: texts.len() });
        let notation = Notation::of(&self.request.agent);
        let Some(mut given) = self.restate_all(&notation, texts).await? else { return Ok(None) };
        let mut wrong = match self.compiled(&given).await? {
            Ok(draft) => return Ok(Some(draft)),
            Err(wrong) => wrong,
        };
        let mut told = String::new();
        for further in 0..FURTHER {
            let Some(place) = place_to_ask(&given, &wrong, further) else { return Ok(None) };
            // A complaint is told once; asked for the same thing again, a model says the same again.
            let complaint = (told != wrong.complaint).then_some(wrong.complaint.as_str());
            let Some(trial) = self.ask_again(&notation, &given, place, complaint, further).await? else { continue };
            told.clone_from(&wrong.complaint);
            match self.compiled(&trial).await? {
                Ok(draft) => return Ok(Some(draft)),
                Err(other) => {
                    self.note_wrong(&other);
                    if other.score() > wrong.score() || (!other.compiled && other.score() >= wrong.score()) {
                        (given, wrong) = (trial, other);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Every sentence, restated in one conversation. `None` when the model does not answer in form.
    async fn restate_all(
        &mut self,
        notation: &Notation,
        texts: Vec<String>,
    ) -> Result<Option<Vec<Given>>, GenerateError> {
        let mut given: Vec<Given> = Vec::new();
        let mut conversation: Option<Prompt> = None;
        for text in texts {
            if self.is_understood(&text) {
                given.push(Given { restated: vec![text.clone()], text, question: None, answer: String::new() });
                continue;
            }
            let question = prompt::restate(self.request, notation, conversation.as_ref(), &text);
            let answer = self.ask_sentences(notation, &question, 0.0, &text).await?;
            let Some((answer, restated)) = answer else { return Ok(None) };
            conversation = Some(prompt::answered(&question, &answer));
            given.push(Given { text, question: Some(question), answer, restated });
        }
        Ok(Some(given))
    }

    /// Whether the rules understand a sentence by itself. Then nobody has to say it in other words.
    fn is_understood(&self, sentence: &str) -> bool {
        rules::compile(&GuardRequest { request: sentence.to_owned(), ..self.request.clone() }).is_ok()
    }

    /// The sentences with another answer about one of them. `None` when the model does not answer in form.
    async fn ask_again(
        &mut self,
        notation: &Notation,
        given: &[Given],
        place: usize,
        complaint: Option<&str>,
        further: u32,
    ) -> Result<Option<Vec<Given>>, GenerateError> {
        let mut trial = given.to_vec();
        let Some(one) = trial.get_mut(place) else { return Ok(None) };
        let Some(asked) = &one.question else { return Ok(None) };
        let mut question = match complaint {
            Some(complaint) => prompt::restate_again(asked, &one.text, &one.answer, complaint),
            None => asked.clone(),
        };
        question.seed = Some(u64::from(further) + 1);
        let temperature = TEMPERATURES.get(further as usize % TEMPERATURES.len()).copied().unwrap_or(0.8);
        let Some((answer, restated)) = self.ask_sentences(notation, &question, temperature, &one.text).await? else {
            return Ok(None);
        };
        (one.answer, one.restated) = (answer, restated);
        Ok(Some(trial))
    }

    fn note_wrong(&mut self, wrong: &Wrong) {
        let tests = self.request.examples.len();
        if let Some(noted) = self.provenance.restated.last_mut() {
            (noted.built, noted.passed, noted.tests) = (wrong.compiled, wrong.passed, tests);
            noted.complaint.clone_from(&wrong.complaint);
        }
    }

    /// Asks and notes. `None` when the answer is not of the form that was asked for.
    async fn ask_sentences(
        &mut self,
        notation: &Notation,
        question: &Prompt,
        temperature: f64,
        text: &str,
    ) -> Result<Option<(String, Vec<String>)>, GenerateError> {
        let mut question = question.clone();
        question.temperature = Some(temperature);
        let answer = match self.ask(&question).await {
            Ok(answer) => answer,
            Err(ModelError::Malformed { .. } | ModelError::CutOff { .. } | ModelError::Empty) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut restated = answer.json.as_ref().map(|json| notation.sentences(json)).unwrap_or_default();
        if restated.is_empty() {
            // Then the sentence stands for itself, and the compiler says what it lacks.
            restated.push(text.to_owned());
        }
        self.provenance.restated.push(Round {
            round: self.provenance.restated.len() as u32 + 1,
            temperature,
            input_tokens: answer.usage.input_tokens,
            output_tokens: answer.usage.output_tokens,
            seconds: answer.seconds,
            ..Round::default()
        });
        (self.watch)(Progress::Restated { given: text.to_owned(), restated: restated.clone() });
        Ok(Some((answer.text, restated)))
    }

    /// Compiles all sentences and runs the examples.
    async fn compiled(&mut self, given: &[Given]) -> Result<Result<Draft, Wrong>, GenerateError> {
        let mut all: Vec<&String> = Vec::new();
        for sentence in given.iter().flat_map(|one| &one.restated) {
            if !all.contains(&sentence) {
                all.push(sentence);
            }
        }
        let list: String = all.iter().map(|sentence| format!("- {sentence}\n")).collect();
        let mut draft = match rules::compile(&GuardRequest { request: list, ..self.request.clone() }) {
            Ok(draft) => draft,
            Err(why) => {
                let place = place_of(given, &why.sentence);
                return Ok(Err(Wrong { given: place, complaint: why.to_string(), compiled: false, passed: 0 }));
            }
        };
        // The guard is for what was asked; how it was understood stands in the plan.
        draft.manifest.request.clone_from(&self.request.request);
        draft.plan.steps.insert(0, restatement(&all));
        let (sandbox, examples) = (Arc::clone(&self.generator.sandbox), self.request.examples.clone());
        let work = move || {
            let wrong = wrong_examples(&sandbox, &draft, &examples);
            draft.add_tests(examples);
            match wrong {
                None => Ok(draft),
                Some((complaint, passed)) => Err(Wrong { given: None, complaint, compiled: true, passed }),
            }
        };
        off_workers(work).await
    }
}

/// Which sentence to ask about: the one that the compiler complains of; of an example that is decided wrongly nobody knows
/// which sentence is at fault, so each has its turn. One that the rules understood as it is was not the model's.
fn place_to_ask(given: &[Given], wrong: &Wrong, further: u32) -> Option<usize> {
    let asked = |place: &usize| given.get(*place).is_some_and(|one| one.question.is_some());
    let all: Vec<usize> = (0..given.len()).filter(asked).collect();
    wrong.given.filter(asked).or_else(|| all.get(further as usize % all.len().max(1)).copied())
}

/// Which sentence of the request a complaint of the compiler is about.
fn place_of(given: &[Given], sentence: &str) -> Option<usize> {
    let sentence = sentence.trim().trim_start_matches("- ");
    given.iter().position(|one| {
        one.restated.iter().any(|restated| restated.contains(sentence) || sentence.contains(restated.as_str()))
    })
}

fn restatement(sentences: &[&String]) -> Step {
    let all: Vec<&str> = sentences.iter().map(|sentence| sentence.as_str()).collect();
    Step {
        action: Action::Select,
        what: format!("The request, restated: {}", all.join(" ")),
        reads: Vec::new(),
        tool: None,
        facts: Vec::new(),
        reason_codes: Vec::new(),
    }
}

/// The examples that the compiled guard decides otherwise, in words for the model.
/// With how many were decided rightly.
fn wrong_examples(sandbox: &Sandbox, draft: &Draft, examples: &[GuardTest]) -> Option<(String, usize)> {
    let draft = Draft { tests: examples.to_vec(), ..draft.clone() };
    let guard = draft.source().map_err(|error| error.to_string());
    let guard = guard.and_then(|source| Guard::build(sandbox, source).map_err(|error| error.to_string()));
    let guard = match guard {
        Ok(guard) => guard,
        Err(error) => return Some((error, 0)),
    };
    let reports = run_tests(sandbox, &guard);
    let wrong = reports.iter().zip(&draft.tests).filter_map(|(report, test)| {
        let difference = report.difference.as_deref()?;
        Some(format!("\"{}\": {difference}. The event is {}\n", test.description, test.event))
    });
    let wrong: String = wrong.take(SHOWN).collect();
    let passed = reports.iter().filter(|report| report.difference.is_none()).count();
    let text = format!("With all sentences together, these events are decided wrongly:\n{wrong}");
    (!wrong.is_empty()).then_some((text, passed))
}

/// The sentences of an answer, each on one line, without the dash of a list.
fn sentences_of(answer: &Value) -> Vec<String> {
    let rows = answer.get("sentences").and_then(Value::as_array).into_iter().flatten();
    let texts = rows.filter_map(Value::as_str).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let texts = texts.map(|text| text.trim_start_matches("- ").to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sentences_are_one_line_each() {
        let answer = json!({"sentences": ["- Only `a` may\ncall `b`.", "", 7, "Anything else is free."]});
        assert_eq!(sentences_of(&answer), ["Only `a` may call `b`.", "Anything else is free."]);
        assert_eq!(sentences_of(&json!([])), Vec::<String>::new());
    }

    #[test]
    fn a_complaint_is_led_back_to_the_sentence_of_the_request() {
        let given = |restated: &str| Given {
            text: String::new(),
            question: None,
            answer: String::new(),
            restated: vec![restated.to_owned()],
        };
        let all = [given("Only `a` may call `b`."), given("Be nice.")];
        assert_eq!(place_of(&all, "Be nice."), Some(1));
        assert_eq!(place_of(&all, "- Only `a` may call `b`. Be nice."), Some(0));
        assert_eq!(place_of(&all, "something else"), None);
    }
}
