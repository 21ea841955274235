//! English lengths: a number before "words", or after "word count" and its like.

use std::sync::LazyLock;

use regex::Regex;

use super::context::{Context, pattern};
use super::numerals::{self, Number, english, is_number_word};
use super::{Bound, Mention};

pattern!(TOKEN, r"\d+(?:,\d{3})*(?:\.\d+)?|[a-z]+|[^\sa-z0-9]");

/// Tokens between two numbers that make a range of them.
const JOINTS: [&str; 8] = ["to", "-", "–", "—", "~", "～", "or", "and"];
/// Tokens that may stand between the number and "words".
const BETWEEN: [&str; 10] = ["-", "–", "+", "plus", "english", "or", "more", "less", "fewer", "so"];
/// What is counted by "word …".
const COUNTS: [&str; 6] = ["count", "limit", "length", "target", "requirement", "budget"];
/// Most tokens of a number or a range.
const LONGEST: usize = 16;
/// Tokens after "word count" within which its number stands.
const NEAR: usize = 8;
/// Units that make a number after "word count" something else.
const OTHER_UNITS: [&str; 7] = ["page", "pages", "chapter", "chapters", "minutes", "percent", "%"];

struct Token<'t> {
    start: usize,
    text: &'t str,
}

impl Token<'_> {
    const fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// All lengths in a normalised text.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let Some(pattern) = TOKEN.as_ref() else { return Vec::new() };
    let tokens: Vec<Token<'_>> =
        pattern.find_iter(text).map(|found| Token { start: found.start(), text: found.as_str() }).collect();
    let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut found: Vec<Mention> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let spans = match *word {
            "word" | "words" => {
                [before_unit(&words, at).map(|span| (span, at)), after_count(&words, at).map(|span| (span, span.1 - 1))]
            }
            _ => continue,
        };
        for ((from, to), last) in spans.into_iter().flatten() {
            if let Some(mention) = mention(text, &tokens, &words, (from, to), last)
                && !found.iter().any(|there| there.span.0 == mention.span.0)
            {
                found.push(mention);
            }
        }
    }
    found
}

/// The tokens of the number that stands before the unit at `unit`.
fn before_unit(words: &[&str], unit: usize) -> Option<(usize, usize)> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let mut to = unit;
    while to > 0 && BETWEEN.contains(&word(to - 1)) {
        to -= 1;
    }
    let mut from = to;
    while from > 0 && to - from < LONGEST && could_be_number(word(from - 1)) {
        from -= 1;
    }
    // The latest beginning from which all of it can be read is not enough: `two to three thousand` begins at `two`.
    (from..to).find(|start| read(words.get(*start..to).unwrap_or_default()).is_some()).map(|start| (start, to))
}

/// The tokens of the number that follows "word count" and its like at `at`.
fn after_count(words: &[&str], at: usize) -> Option<(usize, usize)> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let names_count = COUNTS.contains(&word(at + 1)) || (word(at) == "words" && word(at + 1) == ":");
    if !names_count {
        return None;
    }
    let start = (at + 2..at + 2 + NEAR)
        .find(|at| word(*at).starts_with(|c: char| c.is_ascii_digit()) || is_number_word(word(*at)))?;
    if words.get(at + 1..start)?.iter().any(|word| matches!(*word, "." | ";" | "!" | "?")) {
        return None;
    }
    let mut to = start;
    while to - start < LONGEST && could_be_number(word(to)) {
        to += 1;
    }
    let to = (start + 1..=to).rev().find(|to| read(words.get(start..*to).unwrap_or_default()).is_some())?;
    (!OTHER_UNITS.contains(&word(to))).then_some((start, to))
}

fn could_be_number(word: &str) -> bool {
    is_number_word(word) || JOINTS.contains(&word) || matches!(word, "a" | "an" | "half")
}

/// The number, or the range, that takes up all of `words`.
fn read(words: &[&str]) -> Option<(Number, Option<Number>)> {
    let (first, taken) = english(words)?;
    let rest = words.get(taken..)?;
    let Some(joint) = rest.first() else { return Some((first, None)) };
    let (second, more) = english(rest.get(1..)?)?;
    (JOINTS.contains(joint) && taken + 1 + more == words.len()).then_some((first, Some(second)))
}

fn mention(text: &str, tokens: &[Token<'_>], words: &[&str], span: (usize, usize), last: usize) -> Option<Mention> {
    let (from, to) = span;
    let (first, second) = read(words.get(from..to)?)?;
    let (start, end) = (tokens.get(from)?.start, tokens.get(last)?.end());
    let context = Context::around(text, start, end);
    if context.is_of_another_text() {
        return None;
    }
    let between = words.get(to..last).unwrap_or_default();
    let bound = match between {
        _ if between.iter().any(|word| matches!(*word, "+" | "plus" | "more")) => Bound::AtLeast,
        _ if between.iter().any(|word| matches!(*word, "less" | "fewer")) => Bound::AtMost,
        _ => context.bound(),
    };
    Some(Mention {
        span: (start, end),
        from: second.map_or(first.value, |second| numerals::range_start(first, second)),
        to: second.map(|second| second.value),
        bound,
        part: context.is_of_part(),
        total: context.is_total(),
    })
}
