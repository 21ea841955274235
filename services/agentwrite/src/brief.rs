//! What is to be written: the instruction, the length, the language.

use serde::{Deserialize, Serialize};

use crate::words::is_han;

/// Longest instruction, in bytes.
const MOST_BYTES: usize = 64 << 10;
/// Most words that can be asked for.
const MOST_WORDS: u32 = 200_000;

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brief {
    /// The user's instruction, given to the model as it is: nothing in it is expanded.
    pub instruction: String,
    /// How long the document is to be.
    pub target: Target,
    /// What it is written in.
    pub language: Language,
}

/// How long a document is to be, in words as [`crate::words::count`] counts them, headings included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// As near to this as can be.
    Equal(u32),
    /// This or more.
    AtLeast(u32),
    /// This or less.
    AtMost(u32),
    /// From the first to the second.
    Range(u32, u32),
}

/// Language of the prompts, and so of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    English,
    /// Chinese.
    Chinese,
}

/// Why a brief cannot be written to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BriefError {
    /// There is no instruction.
    #[error("the instruction is empty; say what to write")]
    Empty,
    /// The instruction is too long.
    #[error(
        "the instruction has {bytes} bytes; at most {MOST_BYTES} are taken, put the rest into documents of its own"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The length cannot be kept.
    #[error("`{words}` words cannot be asked for; ask for 1 to {MOST_WORDS}")]
    Words {
        /// The number.
        words: u32,
    },
    /// A range that ends before it begins.
    #[error("the range from {from} to {to} words is empty; give the smaller number first")]
    Range {
        /// Its beginning.
        from: u32,
        /// Its end.
        to: u32,
    },
}

impl Brief {
    /// A brief in the language of its instruction.
    ///
    /// # Errors
    /// The instruction is empty or too long, or the length cannot be kept.
    pub fn new(instruction: impl Into<String>, target: Target) -> Result<Self, BriefError> {
        let instruction = instruction.into();
        let brief = Self { language: Language::of(&instruction), instruction, target };
        brief.check()?;
        Ok(brief)
    }

    /// The same in another language.
    #[must_use]
    pub fn with_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Checks what was read from elsewhere.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn check(&self) -> Result<(), BriefError> {
        if self.instruction.trim().is_empty() {
            return Err(BriefError::Empty);
        }
        if self.instruction.len() > MOST_BYTES {
            return Err(BriefError::TooLong { bytes: self.instruction.len() });
        }
        let (from, to) = match self.target {
            Target::Equal(words) | Target::AtLeast(words) | Target::AtMost(words) => (words, words),
            Target::Range(from, to) => (from, to),
        };
        if from > to {
            return Err(BriefError::Range { from, to });
        }
        match [from, to].into_iter().find(|words| !(1..=MOST_WORDS).contains(words)) {
            Some(words) => Err(BriefError::Words { words }),
            None => Ok(()),
        }
    }
}

impl Target {
    /// The length that is aimed at. Beside a limit, the aim keeps a twentieth away from it, as no model hits a number.
    #[must_use]
    pub fn aim(&self) -> u32 {
        let room = |words: u32| (words / 20).max(1);
        match *self {
            Self::Equal(words) => words,
            Self::AtLeast(words) => words.saturating_add(room(words)),
            Self::AtMost(words) => words.saturating_sub(room(words)).max(1),
            Self::Range(from, to) => from + to.saturating_sub(from) / 2,
        }
    }

    /// The lengths that will do, both included. For [`Target::Equal`] that is three in a hundred more or less, of a
    /// short text up to five words; at most a quarter away from a limit that is open to one side.
    #[must_use]
    pub fn band(&self) -> (u32, u32) {
        match *self {
            Self::Equal(words) => {
                let room = (words / 33).max((words / 10).clamp(1, 5));
                (words.saturating_sub(room).max(1), words.saturating_add(room))
            }
            Self::AtLeast(words) => (words, words.saturating_add((words / 4).max(2))),
            Self::AtMost(words) => (words.saturating_sub((words / 4).max(1)).max(1), words),
            Self::Range(from, to) => (from, to),
        }
    }
}

impl Language {
    /// The language of a text: Chinese when at least a third of its letters are Han characters.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let han = text.chars().filter(|c| is_han(*c)).count();
        if han > 0 && han * 3 >= letters { Self::Chinese } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_knows_its_language() {
        for (text, language) in [
            ("Write about AI", Language::English),
            ("写一篇关于 AI 的文章", Language::Chinese),
            ("Explain the sign 人 and its history to beginners", Language::English),
            ("1234", Language::English),
        ] {
            assert_eq!(Brief::new(text, Target::Equal(500)).unwrap().language, language, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let told = |text: &str, target| Brief::new(text, target).unwrap_err().to_string();
        assert_eq!(told(" \n", Target::Equal(5)), "the instruction is empty; say what to write");
        assert_eq!(told("x", Target::AtLeast(0)), "`0` words cannot be asked for; ask for 1 to 200000");
        assert_eq!(told("x", Target::Range(5, 200_001)), "`200001` words cannot be asked for; ask for 1 to 200000");
        assert_eq!(
            told("x", Target::Range(9, 5)),
            "the range from 9 to 5 words is empty; give the smaller number first"
        );
        assert_eq!(
            told(&"x".repeat(70_000), Target::Equal(5)),
            "the instruction has 70000 bytes; at most 65536 are taken, put the rest into documents of its own"
        );
    }

    #[test]
    fn every_aim_is_within_its_band() {
        for words in [1, 2, 19, 20, 100, 10_000, 200_000] {
            let targets =
                [Target::Equal(words), Target::AtLeast(words), Target::AtMost(words), Target::Range(words, words)];
            for target in targets {
                let (from, to) = target.band();
                assert!((from..=to).contains(&target.aim()) && from > 0, "{target:?}");
            }
        }
        assert_eq!(Target::Equal(1_000).band(), (970, 1_030));
        assert_eq!(Target::AtLeast(1_000).aim(), 1_050);
        assert_eq!((Target::AtMost(1_000).aim(), Target::AtMost(1_000).band().1), (950, 1_000));
    }
}
