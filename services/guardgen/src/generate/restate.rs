//! With a model, but without its code: the model says what each sentence of free prose means, in a form that holds it to
//! what the sentence speaks of, and the rules compile that. What an answer leaves out, the compiler's complaints and the
//! examples correct it. A small model can say what a rule means long before it can program.

mod asking;
mod bounds;
mod choice;
mod grants;
mod notation;
mod rules;
mod sentences;
mod tables;
mod trying;
mod words;

use std::collections::BTreeSet;

use parapet_models::{ModelError, Prompt};

use super::by_model::Work;
use super::{GenerateError, Progress};
use crate::Draft;

pub(super) use notation::Notation;
use notation::{Said, Spoken};

/// Further answers in all; after these the model writes a program.
const FURTHER: u32 = 12;

/// One sentence of the request and what became of it.
#[derive(Debug, Clone)]
struct Given {
    text: String,
    /// `None` for one that the model is not asked about.
    asked: Option<Asked>,
    /// What it was said to mean, the best first.
    said: Vec<Answer>,
}

#[derive(Debug, Clone)]
struct Asked {
    question: Prompt,
    spoken: Spoken,
}

#[derive(Debug, Clone)]
struct Answer {
    /// As the model gave it.
    text: String,
    said: Said,
    /// How much the sentence speaks of that the answer leaves out.
    missing: usize,
}

impl Given {
    /// What the sentence speaks of and its best answer leaves out.
    fn missing(&self) -> Vec<String> {
        let (Some(asked), Some(answer)) = (&self.asked, self.said.first()) else { return Vec::new() };
        asked.spoken.missing(&answer.said)
    }

    /// Adds an answer; those that leave least out stand first. Whether it is new.
    fn add(&mut self, text: String, said: Said) -> bool {
        if self.said.iter().any(|known| known.said == said) {
            return false;
        }
        let missing = self.asked.as_ref().map_or(0, |asked| asked.spoken.missing(&said).len());
        self.said.push(Answer { text, said, missing });
        self.said.sort_by_key(|answer| answer.missing);
        true
    }
}

/// What is wrong with a choice of answers.
#[derive(Debug, Clone)]
struct Wrong {
    /// The sentence of the request that it is about, by its place, where that can be told.
    place: Option<usize>,
    /// For the model.
    complaint: String,
    /// The guard, when one could be compiled.
    draft: Option<Box<Draft>>,
    /// Examples that are decided rightly.
    passed: usize,
    choice: Vec<usize>,
}

impl Wrong {
    /// Higher for what is nearer to being right: compiled, more examples, or understood further on.
    fn score(&self) -> (bool, usize, usize) {
        (self.draft.is_some(), self.passed, self.place.unwrap_or(usize::MAX))
    }
}

impl Work<'_, '_> {
    /// A guard compiled from what the model said that passes all examples; else `None`, or the nearest when the budget ends.
    pub(super) async fn restated(&mut self) -> Result<Option<Draft>, GenerateError> {
        let texts = sentences::split(&self.request.request);
        if texts.is_empty() || texts.len() > sentences::MOST {
            return Ok(None);
        }
        (self.watch)(Progress::Restating { sentences: texts.len() });
        let notation = Notation::of(self.request, &texts);
        let texts = notation.clauses(texts);
        let mut given = Vec::new();
        for text in texts {
            let before = given.iter().rev().find_map(|one: &Given| Some(&one.asked.as_ref()?.spoken)).cloned();
            let one = self.first_answers(&notation, text, before.as_ref()).await?;
            given.push(one);
        }
        let mut tried = BTreeSet::new();
        let mut best = match self.choose(&notation, &given, &mut tried, None).await? {
            Ok(draft) => return Ok(Some(draft)),
            Err(wrong) => wrong,
        };
        for further in 0..FURTHER {
            let Some(place) = best.as_ref().and_then(|wrong| place_to_ask(&given, wrong, further)) else { break };
            match self.answer_again(&notation, &mut given, place, best.as_ref(), further).await {
                Ok(true) => {}
                Ok(false) => continue,
                Err(GenerateError::Model(error)) => return self.nearest(best, error),
                Err(other) => return Err(other),
            }
            best = match self.choose(&notation, &given, &mut tried, best).await? {
                Ok(draft) => return Ok(Some(draft)),
                Err(wrong) => wrong,
            };
        }
        Ok(None)
    }

    /// What there is when no further question can be asked.
    fn nearest(&mut self, best: Option<Wrong>, error: ModelError) -> Result<Option<Draft>, GenerateError> {
        let draft = best.and_then(|wrong| wrong.draft);
        match draft {
            Some(draft) => {
                self.note_stop(&error);
                Ok(Some(*draft))
            }
            None => Err(error.into()),
        }
    }
}

/// Which sentence to ask about: the one that the compiler complains of, else those in turn that can have to do with the events
/// that are decided wrongly. One that the rules understood as it is was not the model's.
fn place_to_ask(given: &[Given], wrong: &Wrong, further: u32) -> Option<usize> {
    let asked = |place: &usize| given.get(*place).is_some_and(|one| one.asked.is_some());
    if let Some(place) = wrong.place.filter(asked) {
        return Some(place);
    }
    let all: Vec<usize> = (0..given.len()).filter(asked).collect();
    let concerns = |place: &&usize| {
        given.get(**place).is_some_and(|one| one.said.iter().any(|answer| answer.said.concerns(&wrong.complaint)))
    };
    let concerned: Vec<usize> = all.iter().filter(concerns).copied().collect();
    let turn = if concerned.is_empty() { all } else { concerned };
    turn.get(further as usize / 2 % turn.len().max(1)).copied()
}
