//! A written document, with an account of each section.

use parapet_models::Spent;
use serde::{Deserialize, Serialize};

use crate::{DocumentId, Plan};

/// A written document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// What it is found by.
    pub id: DocumentId,
    /// The text, as Markdown.
    pub text: String,
    /// Words of the text.
    pub words: u32,
    /// Whether it has the length that was asked for.
    pub length: Length,
    /// The plan, as the gate passed it.
    pub plan: Plan,
    /// Each section, in the order of the plan.
    pub sections: Vec<SectionReport>,
    /// Questions that the model was asked in this run.
    pub calls: u64,
    /// Answers that were there from earlier runs, and were not asked for again.
    pub kept_calls: u64,
    /// What it took in all, earlier runs included.
    pub spent: Spent,
    /// Time of this run. Seconds.
    pub seconds: f64,
}

/// Whether a document has the length that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// It has.
    Held,
    /// It is shorter.
    Short,
    /// It is longer.
    Long,
}

/// What became of one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionReport {
    /// Its id in the plan.
    pub id: String,
    /// Words that were planned.
    pub planned: u32,
    /// Words that it was to have when its turn came, after the sections before it were counted.
    pub wanted: u32,
    /// Words that it has, its heading included.
    pub words: u32,
    /// What became of it.
    pub fate: Fate,
    /// Questions to the model for it, those of earlier runs included.
    pub calls: u32,
    /// Versions that the gate saw.
    pub attempts: u32,
    /// Ids of the decisions on it, in order; none where nothing is recorded.
    pub decisions: Vec<String>,
    /// Reason codes of the refusals, in order.
    pub refusals: Vec<String>,
    /// What is still weak.
    pub weaknesses: Vec<Weakness>,
}

/// What became of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It stands in the document as it was written.
    Written,
    /// It stands in the document with the edits of the guards.
    Redacted,
    /// The guards refused every version; a note stands in its place.
    Denied,
    /// The model wrote nothing for it, or refused to; a note stands in its place.
    Unwritten,
}

/// What can be weak in a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// It says the same again, of itself or of what stands before it.
    Repetition,
    /// It contradicts what was said before.
    Contradiction,
    /// It does not speak of its main point.
    MainPointMissing,
    /// It begins or ends with words about the task, such as `Paragraph 3` or `Word Count: 200`.
    Markers,
    /// It is a refusal in place of a text.
    Refusal,
    /// It was cut at the end of a sentence, as the model would not make it shorter.
    Trimmed,
    /// It is in another language than the document.
    OtherLanguage,
}
