//! Questions about one sentence: the first, one about what its answer leaves out, and further ones when the whole is wrong.

use parapet_models::{ModelError, Prompt};

use super::notation::{Asking, Notation, Said, Spoken};
use super::{Answer, Asked, Given, Wrong, rules};
use crate::GuardRequest;
use crate::generate::by_model::Work;
use crate::generate::{GenerateError, Progress, Round, off_workers, prompt};
use crate::rules::compile;

/// How freely the model chooses when it is asked again: the same question at temperature 0 has the same answer.
const TEMPERATURES: [f64; 4] = [0.3, 0.6, 0.8, 1.0];

impl Work<'_, '_> {
    /// One sentence with what it is said to mean. What an answer leaves out is asked about once more.
    pub(super) async fn first_answers(
        &mut self,
        notation: &Notation,
        text: String,
        before: Option<&Spoken>,
    ) -> Result<Given, GenerateError> {
        let stands = |sentences| Answer { text: String::new(), said: Said::Sentences(sentences), missing: 0 };
        let (schema, spoken) = match notation.asking(self.request, &text, before) {
            Asking::Model(schema, spoken) => (schema, spoken),
            Asking::Stands(sentences) => return Ok(Given { text, asked: None, said: vec![stands(sentences)] }),
        };
        let question = prompt::restate(self.request, notation, &spoken.shown(&text), schema);
        let asked = Asked { question: question.clone(), spoken: spoken.clone() };
        let mut given = Given { text, asked: Some(asked), said: Vec::new() };
        if !matches!(notation, Notation::Grants(_)) && self.is_understood(&given.text).await? {
            given.said.push(stands(vec![given.text.clone()]));
            return Ok(given);
        }
        if !self.answer(notation, &mut given, &question, 0.0).await? {
            return Ok(given);
        }
        let missing = given.missing();
        if let (false, Some(first)) = (missing.is_empty(), given.said.first()) {
            let complaint = format!("It also speaks of {}.", missing.join(", "));
            let again = prompt::restate_again(&question, &spoken.shown(&given.text), &first.text, &complaint);
            self.answer(notation, &mut given, &again, 0.0).await?;
        }
        self.add_missing(notation, &mut given).await?;
        Ok(given)
    }

    /// Asks about what all answers leave out, and nothing else.
    async fn add_missing(&mut self, notation: &Notation, given: &mut Given) -> Result<(), GenerateError> {
        let (missing, Some(asked), Some(Said::Rules(known))) =
            (given.missing(), given.asked.clone(), given.said.first().map(|answer| answer.said.clone()))
        else {
            return Ok(());
        };
        let schema = if missing.is_empty() { None } else { notation.narrowed(&given.text, &asked.spoken, &missing) };
        let Some(schema) = schema else { return Ok(()) };
        let question = prompt::restate(self.request, notation, &asked.spoken.shown(&given.text), schema);
        if let Some((_, Said::Rules(more))) = self.ask_for(notation, &given.text, &question, 0.0).await? {
            let (rules, text) = rules::joined(&known, &more);
            given.add(text, Said::Rules(rules));
        }
        Ok(())
    }

    /// Whether the rules understand a sentence by itself. Then nobody has to say it in other words.
    async fn is_understood(&mut self, sentence: &str) -> Result<bool, GenerateError> {
        let request = GuardRequest { request: sentence.to_owned(), ..self.request.clone() };
        off_workers(move || compile(&request).is_ok()).await
    }

    /// Asks about one sentence again. Whether there is an answer that was not there before.
    pub(super) async fn answer_again(
        &mut self,
        notation: &Notation,
        given: &mut [Given],
        place: usize,
        wrong: Option<&Wrong>,
        further: u32,
    ) -> Result<bool, GenerateError> {
        let Some(one) = given.get_mut(place) else { return Ok(false) };
        let Some(asked) = one.asked.clone() else { return Ok(false) };
        let chosen =
            wrong.and_then(|wrong| one.said.get(*wrong.choice.get(place)?)).filter(|answer| !answer.text.is_empty());
        // Every other time the question is put afresh: a small model easily repeats what it has just said.
        let mut question = match (chosen, wrong) {
            (Some(chosen), Some(wrong)) if further.is_multiple_of(2) => {
                prompt::restate_again(&asked.question, &asked.spoken.shown(&one.text), &chosen.text, &wrong.complaint)
            }
            _ => asked.question.clone(),
        };
        question.seed = Some(u64::from(further) + 1);
        let temperature = TEMPERATURES.get(further as usize % TEMPERATURES.len()).copied().unwrap_or(0.8);
        self.answer(notation, one, &question, temperature).await
    }

    /// Asks and adds the answer to those about the sentence. Whether it is new.
    async fn answer(
        &mut self,
        notation: &Notation,
        given: &mut Given,
        question: &Prompt,
        temperature: f64,
    ) -> Result<bool, GenerateError> {
        let answer = self.ask_for(notation, &given.text, question, temperature).await?;
        Ok(answer.is_some_and(|(text, said)| given.add(text, said)))
    }

    /// Asks and notes. `None` when the answer is not of the form that was asked for.
    async fn ask_for(
        &mut self,
        notation: &Notation,
        text: &str,
        question: &Prompt,
        temperature: f64,
    ) -> Result<Option<(String, Said)>, GenerateError> {
        let question = Prompt { temperature: Some(temperature), ..question.clone() };
        let answer = match self.ask(&question).await {
            Ok(answer) => answer,
            Err(ModelError::Malformed { .. } | ModelError::CutOff { .. } | ModelError::Empty) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.provenance.restated.push(Round {
            round: self.provenance.restated.len() as u32 + 1,
            temperature,
            input_tokens: answer.usage.input_tokens,
            output_tokens: answer.usage.output_tokens,
            seconds: answer.seconds,
            ..Round::default()
        });
        let Some(said) = answer.json.as_ref().and_then(|json| notation.read(json)) else { return Ok(None) };
        (self.watch)(Progress::Restated { given: text.to_owned(), restated: said.sentences(notation, &[]) });
        Ok(Some((answer.text, said)))
    }
}
