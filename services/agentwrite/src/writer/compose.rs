//! One version of a section that the gate may see: asked for, brought to its length, checked, and written anew while it is weak.
//! The better version is kept.

use std::sync::atomic::Ordering;

use parapet_models::{ModelError, Prompt};

use super::Desk;
use super::carry::Wanted;
use super::control::{Control, Draft};
use super::memory::{Memory, Note};
use crate::material::DraftOf;
use crate::prose::without_loops;
use crate::text::last_words;
use crate::wording::fenced;
use crate::{Answer, Plan, Progress, Section, Weakness, WriteError};

/// Questions for a text until there is one.
const TRIES: u32 = 3;
/// Steps by which less is shown to a model whose context is small.
const SMALLEST: u32 = 16;
/// Words of the text before it that a section is checked against.
const CHECKED: u32 = 3_000;

/// A section whose turn it is.
pub(super) struct Turn<'t> {
    pub(super) plan: &'t Plan,
    pub(super) at: usize,
    pub(super) section: &'t Section,
    /// Length of the text below its headings.
    pub(super) wanted: Wanted,
    pub(super) memory: &'t Memory,
}

/// A version with what was found about it.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) text: String,
    pub(super) weaknesses: Vec<Weakness>,
    pub(super) note: Option<Note>,
}

impl Desk<'_> {
    /// The best of the versions; `None` when the model wrote nothing that is a text.
    pub(super) async fn composed(
        &self,
        turn: &Turn<'_>,
        attempt: u32,
        refusal: Option<&str>,
    ) -> Result<Option<Composed>, WriteError> {
        let mut best: Option<Composed> = None;
        for version in 0..=self.settings().revise_rounds {
            let faults = best.as_ref().map(|best| best.weaknesses.clone()).unwrap_or_default();
            if version > 0 {
                let section = turn.section.id.clone();
                self.tell(Progress::Revising { section, weaknesses: faults.clone() });
            }
            let purpose = format!("section/{}/{attempt}/{version}", turn.section.id);
            if let Some(composed) = self.version(turn, &purpose, &faults, refusal).await? {
                let off = |composed: &Composed| {
                    (badness(composed), self.material().measure(&composed.text).abs_diff(turn.wanted.aim))
                };
                if best.as_ref().is_none_or(|best| off(&composed) < off(best)) {
                    best = Some(composed);
                }
            }
            if best.as_ref().is_some_and(|best| badness(best) <= weight(Weakness::Trimmed)) {
                break;
            }
        }
        Ok(best.filter(|best| !best.weaknesses.contains(&Weakness::Refusal)))
    }

    async fn version(
        &self,
        turn: &Turn<'_>,
        purpose: &str,
        faults: &[Weakness],
        refusal: Option<&str>,
    ) -> Result<Option<Composed>, WriteError> {
        let Some((question, answer)) = self.first_answer(turn, purpose, faults, refusal).await? else {
            return Ok(None);
        };
        let raw = self.cleaned(&answer, turn.section);
        let earlier = &turn.memory.sentences;
        let draft = Draft { text: without_loops(&raw, earlier), raw, trimmed: false };
        let control = Control { section: turn.section, purpose, question: &question, wanted: turn.wanted, earlier };
        // A refusal is not made longer.
        let draft = if self.weaknesses(turn, &draft).contains(&Weakness::Refusal) {
            draft
        } else {
            self.brought_to_length(&control, draft).await?
        };
        let mut weaknesses = self.weaknesses(turn, &draft);
        let mut note = None;
        if self.takes_notes() && !weaknesses.contains(&Weakness::Refusal) {
            let taken = self.note(&format!("{purpose}/notes"), turn.memory, &draft.text).await?;
            if !taken.contradicted.is_empty() {
                weaknesses.push(Weakness::Contradiction);
            }
            note = Some(taken);
        }
        Ok(Some(Composed { text: draft.text, weaknesses, note }))
    }

    /// The first text that the model gives, with the question that it answers.
    async fn first_answer(
        &self,
        turn: &Turn<'_>,
        purpose: &str,
        faults: &[Weakness],
        refusal: Option<&str>,
    ) -> Result<Option<(Prompt, Answer)>, WriteError> {
        let mut attempt = 1;
        while attempt <= TRIES {
            let shrink = self.shrink.load(Ordering::Relaxed);
            let question = self.question(turn, faults, refusal, shrink);
            let answer = self.ask(&format!("{purpose}/write/{attempt}/{shrink}"), question.clone()).await?;
            if answer.too_long {
                if shrink >= SMALLEST {
                    let message = "even the end of the text and the instruction are too much".to_owned();
                    return Err(ModelError::TooLong { message }.into());
                }
                self.shrink.store(shrink * 2, Ordering::Relaxed);
                continue;
            }
            if self.material().measure(&self.cleaned(&answer, turn.section)) > 0 {
                return Ok(Some((question, answer)));
            }
            attempt += 1;
        }
        Ok(None)
    }

    /// The question for a section. What stays the same for all sections comes first: a server that keeps what it read does not
    /// read it again.
    fn question(&self, turn: &Turn<'_>, faults: &[Weakness], refusal: Option<&str>, shrink: u32) -> Prompt {
        let wording = self.wording;
        let mut parts = vec![wording.instruction.to_owned(), fenced("instruction", &self.brief.instruction)];
        let is_whole = turn.plan.sections.len() == 1 && turn.section.main_point.is_empty();
        if !is_whole {
            let plan = wording.shown_plan(turn.plan, turn.at, self.settings().plan_words / shrink);
            parts.extend([wording.plan.to_owned(), plan]);
            parts.extend(self.shown(turn.memory, shrink));
        }
        if let Some(reason) = refusal {
            parts.push(format!("{} {reason}", wording.refused));
        }
        if !faults.is_empty() {
            let list: String = faults.iter().map(|fault| format!("\n- {}", (wording.weakness)(*fault))).collect();
            parts.push(format!("{}{list}", wording.weak));
        }
        let mut task = if is_whole { wording.whole_document.to_owned() } else { (wording.write_it)(turn.section) };
        if !is_whole && turn.at + 1 == turn.plan.sections.len() {
            task = format!("{task}{}{}", wording.space, wording.is_last);
        }
        parts.push(format!("{task}\n{}", (wording.length)(turn.wanted.aim)));
        let mut prompt = Prompt::user(parts.join("\n\n")).with_system(self.material().system(self.brief.language));
        prompt.max_tokens = Some(self.tokens(turn.wanted.aim));
        prompt
    }

    fn weaknesses(&self, turn: &Turn<'_>, draft: &Draft) -> Vec<Weakness> {
        let mut found = self.material().weaknesses(&DraftOf {
            text: &draft.text,
            raw: &draft.raw,
            section: turn.section,
            language: self.brief.language,
            before: last_words(&turn.memory.text, CHECKED),
        });
        if draft.trimmed {
            found.push(Weakness::Trimmed);
        }
        found
    }
}

fn badness(composed: &Composed) -> u32 {
    composed.weaknesses.iter().map(|weakness| weight(*weakness)).sum()
}

/// How much worse a text is for a weakness.
const fn weight(weakness: Weakness) -> u32 {
    match weakness {
        Weakness::Refusal => 100,
        Weakness::OtherLanguage => 20,
        Weakness::Repetition => 10,
        Weakness::Contradiction | Weakness::MainPointMissing => 5,
        Weakness::Markers => 3,
        Weakness::Trimmed => 1,
    }
}
