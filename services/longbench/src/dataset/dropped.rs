//! Why something is no training data.

use serde::Serialize;

/// Why an instruction or a text was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Instruction: it is there already.
    DuplicatePrompt,
    /// Instruction: it names no length.
    NoExplicitLength,
    /// Instruction: it names the length of parts, and not of the whole.
    LengthOfPartsOnly,
    /// Text: there is none.
    NoText,
    /// Text: the token limit cut it off.
    CutOff,
    /// Text: sections are missing.
    Incomplete,
    /// Text: it is a refusal, or has one in it.
    Refusal,
    /// Text: words about the task are left in it.
    Markers,
    /// Text: prompt and text together have too many tokens.
    TooManyTokens,
    /// Text: its length score is too low.
    LengthScore,
    /// Text: it is as good as the others, but another one is taken.
    NotTheBest,
    /// Pair: no text of this instruction can be chosen.
    NothingToChoose,
    /// Pair: no text of this instruction is worse than the chosen one.
    NothingToReject,
}

impl Reason {
    /// Its word in files and tables.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DuplicatePrompt => "duplicate_prompt",
            Self::NoExplicitLength => "no_explicit_length",
            Self::LengthOfPartsOnly => "length_of_parts_only",
            Self::NoText => "no_text",
            Self::CutOff => "cut_off",
            Self::Incomplete => "incomplete",
            Self::Refusal => "refusal",
            Self::Markers => "markers",
            Self::TooManyTokens => "too_many_tokens",
            Self::LengthScore => "length_score",
            Self::NotTheBest => "not_the_best",
            Self::NothingToChoose => "nothing_to_choose",
            Self::NothingToReject => "nothing_to_reject",
        }
    }
}
