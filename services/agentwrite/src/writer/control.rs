//! Brings a section to its length: continued while it is too short, condensed while it is too long. Both are asked for the
//! difference alone, so that an answer of another length than asked is off by a share of the difference, and each round comes
//! nearer.

use std::collections::HashSet;

use parapet_models::Prompt;

use super::Desk;
use super::carry::Wanted;
use crate::prose::without_loops;
use crate::text::{first_words, sentences, up_to_whole_sentence};
use crate::wording::fenced;
use crate::{Answer, Progress, Section, WriteError};

/// Answers in a row that bring nothing, after which the model is left alone.
const BARREN: u32 = 2;
/// Least words that are asked for, and least words of a passage that is condensed.
const LEAST: (u32, u32) = (8, 40);
/// A continuation from so many words on is a paragraph of its own.
const PARAGRAPH: u32 = 60;

/// The text of a section on its way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) text: String,
    /// The same before sentences that turn in a circle were taken out.
    pub(super) raw: String,
    /// Whether it was cut at a sentence, as the model did not make it shorter.
    pub(super) trimmed: bool,
}

/// What a section is brought to its length with.
pub(super) struct Control<'c> {
    pub(super) section: &'c Section,
    pub(super) purpose: &'c str,
    /// The question that the section was asked for with.
    pub(super) question: &'c Prompt,
    pub(super) wanted: Wanted,
    /// Sentences that stand in the document.
    pub(super) earlier: &'c HashSet<u64>,
}

impl Desk<'_> {
    pub(super) async fn brought_to_length(&self, control: &Control<'_>, draft: Draft) -> Result<Draft, WriteError> {
        let (mut draft, mut barren) = (draft, 0);
        for round in 1..=self.settings().control_rounds {
            let words = self.material().measure(&draft.text);
            let wanted = control.wanted;
            if (wanted.least..=wanted.most).contains(&words) || barren >= BARREN {
                break;
            }
            let next = if words < wanted.least {
                self.continued(control, &draft, words, round).await?
            } else {
                self.condensed(control, &draft, words, round).await?
            };
            barren = if next.is_some() { 0 } else { barren + 1 };
            draft = next.unwrap_or(draft);
        }
        Ok(self.trimmed(draft, control.wanted.most))
    }

    /// The draft with what comes next; `None` when nothing new came.
    async fn continued(
        &self,
        control: &Control<'_>,
        draft: &Draft,
        words: u32,
        round: u32,
    ) -> Result<Option<Draft>, WriteError> {
        let section = control.section.id.clone();
        self.tell(Progress::Continuing { section, words, wanted: control.wanted.aim });
        let missing = control.wanted.aim.saturating_sub(words).max(LEAST.0);
        let next = format!("{}\n{}", self.wording.continue_it, (self.wording.length)(missing));
        let mut prompt = control.question.clone().with_reply(&draft.text, next);
        prompt.max_tokens = Some(self.tokens(missing));
        let answer = self.ask(&format!("{}/continue/{round}", control.purpose), prompt).await?;
        let addition = self.cleaned(&answer, control.section);
        let raw = joined(&draft.raw, &addition, missing, self.wording.space);
        let text = without_loops(&joined(&draft.text, &addition, missing, self.wording.space), control.earlier);
        let grew = self.material().measure(&text) > words;
        Ok(grew.then(|| Draft { text, raw, ..draft.clone() }))
    }

    /// The draft with its end condensed; `None` when it became no shorter.
    async fn condensed(
        &self,
        control: &Control<'_>,
        draft: &Draft,
        words: u32,
        round: u32,
    ) -> Result<Option<Draft>, WriteError> {
        let section = control.section.id.clone();
        self.tell(Progress::Condensing { section, words, wanted: control.wanted.aim });
        let excess = words.saturating_sub(control.wanted.aim);
        let passage = self.passage(&draft.text, excess.saturating_mul(2).max(LEAST.1));
        let passage_words = self.material().measure(passage);
        let left = passage_words.saturating_sub(excess).max(LEAST.0);
        let wording = self.wording;
        let parts = [
            wording.passage.to_owned(),
            fenced("text", passage),
            format!("{}\n{}", wording.condense_it, (wording.length)(left)),
        ];
        let mut prompt = Prompt::user(parts.join("\n\n")).with_system(wording.condense_system);
        prompt.max_tokens = Some(self.tokens(left));
        let answer = self.ask(&format!("{}/condense/{round}", control.purpose), prompt).await?;
        let shorter = self.cleaned(&answer, control.section);
        let head = draft.text.get(..draft.text.len() - passage.len()).unwrap_or_default();
        let text = without_loops(&format!("{head}{shorter}"), control.earlier);
        let after = self.material().measure(&text);
        // A model that makes nothing of it has not condensed it.
        let is_shorter = after < words && self.material().measure(&shorter) * 4 >= left;
        Ok(is_shorter.then(|| Draft { raw: text.clone(), text, trimmed: draft.trimmed }))
    }

    /// The end of a text, from a sentence on, with at least so many words.
    fn passage<'t>(&self, text: &'t str, words: u32) -> &'t str {
        let (mut bytes, mut seen) = (0, 0_u32);
        for sentence in sentences(text).collect::<Vec<_>>().into_iter().rev() {
            if seen >= words {
                break;
            }
            seen = seen.saturating_add(self.material().measure(sentence));
            bytes += sentence.len();
        }
        text.get(text.len() - bytes..).unwrap_or(text)
    }

    /// The draft without its last sentences, as long as it is too long.
    fn trimmed(&self, draft: Draft, most: u32) -> Draft {
        if self.material().measure(&draft.text) <= most {
            return draft;
        }
        let (mut kept, mut words) = (0, 0_u32);
        for sentence in sentences(&draft.text) {
            words = words.saturating_add(self.material().measure(sentence));
            if words > most {
                break;
            }
            kept += sentence.len();
        }
        let whole = draft.text.get(..kept).unwrap_or_default().trim_end();
        // One sentence without an end has no better place to be cut at.
        let text = if whole.is_empty() { first_words(&draft.text, most) } else { whole };
        // What was cut off here was no repetition.
        Draft { text: text.to_owned(), raw: text.to_owned(), trimmed: true }
    }

    /// The section in an answer, without the sentence that the token limit cut off.
    pub(super) fn cleaned(&self, answer: &Answer, section: &Section) -> String {
        let text = self.material().clean(&answer.text, section);
        if answer.cut_off { up_to_whole_sentence(&text).to_owned() } else { text }
    }

    /// Limit of an answer of so many words: half as long again, as a limit that is met cuts a sentence.
    pub(super) fn tokens(&self, words: u32) -> u32 {
        let each = self.settings().tokens_per_word.unwrap_or(self.wording.tokens_per_word);
        (f64::from(words) * each * 1.5 + 60.0).min(f64::from(self.settings().max_tokens)) as u32
    }
}

fn joined(text: &str, addition: &str, asked: u32, space: &str) -> String {
    if text.is_empty() || addition.is_empty() {
        return format!("{text}{addition}");
    }
    let between = if asked >= PARAGRAPH { "\n\n" } else { space };
    format!("{}{between}{addition}", text.trim_end())
}
