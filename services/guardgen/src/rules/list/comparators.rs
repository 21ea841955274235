//! The phrases that compare: "at least", "no more than", "one of", "ends with".

use super::policy::Op;
use super::words::Token;

/// A comparison as it is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparator {
    /// An operator, and whether its opposite is meant.
    Op(Op, bool),
    /// Two bounds, both included.
    Between,
    /// Whether there is a value at all.
    Given(bool),
}

use Comparator::{Between, Given, Op as With};

/// Longer phrases before those that they start with.
const PHRASES: &[(&str, Comparator)] = &[
    ("no less than", With(Op::AtLeast, false)),
    ("not less than", With(Op::AtLeast, false)),
    ("no fewer than", With(Op::AtLeast, false)),
    ("a minimum of", With(Op::AtLeast, false)),
    ("minimum of", With(Op::AtLeast, false)),
    ("minimum", With(Op::AtLeast, false)),
    ("at least", With(Op::AtLeast, false)),
    ("from", With(Op::AtLeast, false)),
    ("no more than", With(Op::AtMost, false)),
    ("no greater than", With(Op::AtMost, false)),
    ("no higher than", With(Op::AtMost, false)),
    ("a maximum of", With(Op::AtMost, false)),
    ("maximum of", With(Op::AtMost, false)),
    ("maximum", With(Op::AtMost, false)),
    ("at most", With(Op::AtMost, false)),
    ("up to", With(Op::AtMost, false)),
    ("more than", With(Op::More, false)),
    ("greater than", With(Op::More, false)),
    ("larger than", With(Op::More, false)),
    ("bigger than", With(Op::More, false)),
    ("higher than", With(Op::More, false)),
    ("longer than", With(Op::More, false)),
    ("older than", With(Op::More, false)),
    ("in excess of", With(Op::More, false)),
    ("exceeding", With(Op::More, false)),
    ("exceeds", With(Op::More, false)),
    ("exceed", With(Op::More, false)),
    ("beyond", With(Op::More, false)),
    ("above", With(Op::More, false)),
    ("over", With(Op::More, false)),
    ("less than", With(Op::Less, false)),
    ("fewer than", With(Op::Less, false)),
    ("lower than", With(Op::Less, false)),
    ("smaller than", With(Op::Less, false)),
    ("shorter than", With(Op::Less, false)),
    ("younger than", With(Op::Less, false)),
    ("below", With(Op::Less, false)),
    ("under", With(Op::Less, false)),
    ("between", Between),
    ("any one of", With(Op::In, false)),
    ("one of", With(Op::In, false)),
    ("any of", With(Op::In, false)),
    ("either of", With(Op::In, false)),
    ("among", With(Op::In, false)),
    ("none of", With(Op::In, true)),
    ("not in", With(Op::In, true)),
    ("in", With(Op::In, false)),
    ("contains", With(Op::Contains, false)),
    ("contain", With(Op::Contains, false)),
    ("containing", With(Op::Contains, false)),
    ("includes", With(Op::Contains, false)),
    ("include", With(Op::Contains, false)),
    ("starts with", With(Op::StartsWith, false)),
    ("start with", With(Op::StartsWith, false)),
    ("starting with", With(Op::StartsWith, false)),
    ("begins with", With(Op::StartsWith, false)),
    ("begin with", With(Op::StartsWith, false)),
    ("beginning with", With(Op::StartsWith, false)),
    ("ends with", With(Op::EndsWith, false)),
    ("end with", With(Op::EndsWith, false)),
    ("ending with", With(Op::EndsWith, false)),
    ("ends in", With(Op::EndsWith, false)),
    ("ending in", With(Op::EndsWith, false)),
    ("the same as", With(Op::Equal, false)),
    ("equal to", With(Op::Equal, false)),
    ("equals", With(Op::Equal, false)),
    ("equal", With(Op::Equal, false)),
    ("exactly", With(Op::Equal, false)),
    ("other than", With(Op::Equal, true)),
    ("different from", With(Op::Equal, true)),
    ("not given", Given(false)),
    ("filled in", Given(true)),
    ("given", Given(true)),
    ("set", Given(true)),
    ("present", Given(true)),
    ("provided", Given(true)),
    ("specified", Given(true)),
    ("stated", Given(true)),
    ("known", Given(true)),
    ("exists", Given(true)),
    ("exist", Given(true)),
    ("missing", Given(false)),
    ("absent", Given(false)),
    ("empty", Given(false)),
    ("blank", Given(false)),
    ("unset", Given(false)),
    ("unknown", Given(false)),
];

/// The comparator that starts the tokens, and how many of them it takes.
pub(super) fn comparator(tokens: &[Token]) -> Option<(Comparator, usize)> {
    PHRASES.iter().find_map(|(phrase, comparator)| Some((*comparator, starts_with(tokens, phrase)?)))
}

/// How many tokens the phrase takes, if it starts them.
pub(super) fn starts_with(tokens: &[Token], phrase: &str) -> Option<usize> {
    let words: Vec<&str> = phrase.split(' ').collect();
    let fits = words.iter().enumerate().all(|(n, word)| tokens.get(n).is_some_and(|token| token.word() == *word));
    fits.then_some(words.len())
}

/// "or older", "and above": turns the number before it into a bound.
pub(super) fn bound_after(tokens: &[Token]) -> Option<(Op, usize)> {
    if tokens.first().is_some_and(|token| token.is_mark('+')) {
        return Some((Op::AtLeast, 1));
    }
    if !tokens.first().is_some_and(|token| matches!(token.word(), "or" | "and")) {
        return None;
    }
    match tokens.get(1).map_or("", Token::word) {
        "older" | "over" | "above" | "more" | "higher" | "greater" | "up" | "longer" | "later" => {
            Some((Op::AtLeast, 2))
        }
        "younger" | "under" | "below" | "less" | "lower" | "fewer" | "shorter" | "earlier" => Some((Op::AtMost, 2)),
        _ => None,
    }
}

/// The number that a word says: "eighteen".
pub(super) fn spelled(word: &str) -> Option<i64> {
    const WORDS: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    WORDS.iter().position(|known| *known == word).and_then(|at| i64::try_from(at).ok())
}

/// How much the word multiplies a number before it.
pub(super) fn multiplier(word: &str) -> Option<i64> {
    match word {
        "hundred" => Some(100),
        "thousand" | "k" => Some(1_000),
        "million" => Some(1_000_000),
        _ => None,
    }
}
