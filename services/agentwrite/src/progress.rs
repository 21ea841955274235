//! What happens while a document is written, for a progress display or a stream of events. No text that the gate has not
//! passed is in it.

use serde::{Deserialize, Serialize};

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Progress {
    /// The document is planned; of a long one, several parts at a time.
    Planning {
        /// Words to plan for.
        words: u32,
    },
    /// The plan is there.
    Planned {
        /// Number of sections.
        sections: usize,
        /// Words of all together.
        words: u32,
    },
    /// A section is begun.
    Writing {
        /// Id of the section.
        section: String,
        /// Its place, from 1.
        number: usize,
        /// Number of sections.
        of: usize,
        /// Words that it is to have now.
        words: u32,
    },
    /// A section is continued, because it is too short or was cut off.
    Continuing {
        /// Id of the section.
        section: String,
        /// Words that it has.
        words: u32,
        /// Words that it is to have.
        wanted: u32,
    },
    /// A section is condensed, because it is too long.
    Condensing {
        /// Id of the section.
        section: String,
        /// Words that it has.
        words: u32,
        /// Words that it is to have.
        wanted: u32,
    },
    /// A weak section is written anew.
    Revising {
        /// Id of the section.
        section: String,
        /// What is weak.
        weaknesses: Vec<crate::Weakness>,
    },
    /// The guards refused a section, or the plan.
    Denied {
        /// Id of the section; of the plan, `plan`.
        section: String,
        /// The version that was refused, from 1.
        attempt: u32,
        /// Reason code.
        code: String,
        /// Id of the decision.
        decision: String,
    },
    /// A section counts, or was left out for good.
    Done {
        /// Id of the section.
        section: String,
        /// Its place, from 1.
        number: usize,
        /// Number of sections.
        of: usize,
        /// What became of it.
        fate: crate::Fate,
        /// Its words.
        words: u32,
        /// Words of the document so far.
        words_so_far: u32,
        /// Words that are aimed at.
        words_wanted: u32,
        /// Time for the rest as far as the calls of this run let one guess, in seconds.
        seconds_left: Option<f64>,
        /// Questions that the model was asked in this run.
        calls: u64,
        /// Answers that were there from an earlier run.
        kept_calls: u64,
    },
}
