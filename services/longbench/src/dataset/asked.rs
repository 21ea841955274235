//! The length that a prompt asks for in its own words: numbers in digits or words, ranges, limits to one side, English and
//! Chinese. Lengths of parts ("400 words each", "每篇400字") and of other texts ("this 2000-word article") are told apart.

use parapet_agentwrite::Target;

mod chinese;
mod context;
mod english;
mod numerals;

pub(super) use numerals::normalised;

/// Fewest words that count as a length: below are counts of words that a text is about, as in "three words".
const LEAST: f64 = 20.0;
/// Most words.
const MOST: f64 = 200_000.0;

/// What a prompt says about the length of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// Only how long its parts are to be.
    PartsOnly,
    /// How long it is to be.
    Whole(Target),
}

/// One place that names a length.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mention {
    /// Where the number begins and the mention ends, in bytes of the normalised text.
    span: (usize, usize),
    from: f64,
    /// The end of a range.
    to: Option<f64>,
    bound: Bound,
    /// Of a part, not of the whole.
    part: bool,
    /// Named as the total.
    total: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    About,
    AtLeast,
    AtMost,
}

/// What `prompt` asks for. Of several lengths, the one that is called the total, else the largest.
#[must_use]
pub fn asked_length(prompt: &str) -> Asked {
    let text = normalised(prompt);
    let mut mentions = english::mentions(&text);
    for found in chinese::mentions(&text) {
        // `500 words` in a Chinese sentence is found by both.
        if !mentions.iter().any(|m| m.span.0 < found.span.1 && found.span.0 < m.span.1) {
            mentions.push(found);
        }
    }
    mentions.retain(|mention| (LEAST..=MOST).contains(&mention.from) && mention.upper() <= MOST);
    let has_parts = mentions.iter().any(|mention| mention.part);
    let whole = mentions.iter().filter(|mention| !mention.part);
    let largest = whole.max_by(|a, b| a.total.cmp(&b.total).then(a.upper().total_cmp(&b.upper())));
    match largest {
        Some(mention) => Asked::Whole(mention.target()),
        None if has_parts => Asked::PartsOnly,
        None => Asked::Nothing,
    }
}

/// Words that a text is measured against: of a range its end, as the rows of LongBench-Write have it.
#[must_use]
pub const fn required_words(target: Target) -> u32 {
    match target {
        Target::Equal(words) | Target::AtLeast(words) | Target::AtMost(words) | Target::Range(_, words) => words,
    }
}

impl Mention {
    fn upper(&self) -> f64 {
        self.to.unwrap_or(self.from)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    fn target(&self) -> Target {
        let words = |value: f64| value.clamp(1.0, MOST).round() as u32;
        match (self.to, self.bound) {
            (Some(to), _) if to > self.from => Target::Range(words(self.from), words(to)),
            (_, Bound::About) => Target::Equal(words(self.from)),
            (_, Bound::AtLeast) => Target::AtLeast(words(self.from)),
            (_, Bound::AtMost) => Target::AtMost(words(self.from)),
        }
    }
}

#[cfg(test)]
mod tests;
