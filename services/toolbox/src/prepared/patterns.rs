//! A named set of regular expressions, each compiled under a size limit.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use regex_syntax::hir::Hir;

use super::alphabet::Alphabet;
use super::weaker::weaken;
use super::{PrepareError, check_name};

/// Most patterns in one set.
const MAX_PATTERNS: usize = 64;
/// Longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 2_000;
/// Largest compiled program, in bytes: bounds the cost per byte of text in the worst case.
const MAX_PROGRAM_BYTES: usize = 512 << 10;

/// A set as `find_regex` uses it.
#[derive(Debug)]
pub(crate) struct PatternSet {
    patterns: Vec<Pattern>,
    /// The patterns in a weaker form, to rule most of them out in one fast pass; none when that would be too large.
    weaker: Option<RegexSet>,
}

/// One compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) name: String,
    pub(crate) regex: Regex,
    /// Longest possible match in bytes, where there is such a bound.
    pub(crate) longest: Option<usize>,
    pub(crate) alphabet: Alphabet,
    /// Whether non-ASCII text takes a slow engine.
    pub(crate) has_unicode_boundary: bool,
    weaker: String,
}

impl PatternSet {
    pub(super) fn new(set: &str, patterns: &BTreeMap<String, String>) -> Result<Self, PrepareError> {
        let place = format!("patterns.{set}");
        if patterns.is_empty() || patterns.len() > MAX_PATTERNS {
            return Err(PrepareError::new(
                place,
                format!("{} patterns; a set has 1 to {MAX_PATTERNS}", patterns.len()),
            ));
        }
        let compiled = patterns.iter().map(|(name, pattern)| {
            check_name(&place, name)?;
            Pattern::new(name, pattern).map_err(|message| PrepareError::new(format!("{place}.{name}"), message))
        });
        let patterns = compiled.collect::<Result<Vec<_>, _>>()?;
        let weaker = RegexSetBuilder::new(patterns.iter().map(|pattern| &pattern.weaker))
            .size_limit(MAX_PROGRAM_BYTES)
            .build()
            .ok();
        Ok(Self { patterns, weaker })
    }

    /// The patterns that may match `text`, at least.
    pub(crate) fn candidates<'s>(&'s self, text: &str) -> impl Iterator<Item = &'s Pattern> {
        let possible = self.weaker.as_ref().map(|set| set.matches(text));
        let patterns = self.patterns.iter().enumerate();
        patterns.filter(move |(at, _)| possible.as_ref().is_none_or(|set| set.matched(*at))).map(|(_, pattern)| pattern)
    }
}

impl Pattern {
    fn new(name: &str, pattern: &str) -> Result<Self, String> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(format!("pattern is longer than {MAX_PATTERN_BYTES} bytes"));
        }
        let hir = parse(pattern)?;
        if hir.properties().minimum_len().is_none_or(|shortest| shortest == 0) {
            return Err(format!(
                "`{pattern}` can match nothing at all, so it would match everywhere; require a character"
            ));
        }
        let regex = RegexBuilder::new(pattern).size_limit(MAX_PROGRAM_BYTES).build().map_err(|_| {
            format!("`{pattern}` compiles to more than {MAX_PROGRAM_BYTES} bytes; use smaller repetitions or ASCII classes such as [0-9]")
        })?;
        Ok(Self {
            name: name.to_owned(),
            regex,
            longest: hir.properties().maximum_len(),
            alphabet: Alphabet::of(&hir),
            has_unicode_boundary: hir.properties().look_set().contains_word_unicode(),
            weaker: weaken(hir).to_string(),
        })
    }
}

fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::parse(pattern).map_err(|error| match &error {
        regex_syntax::Error::Parse(e) => complaint(pattern, e.span().start.offset, &e.kind().to_string()),
        regex_syntax::Error::Translate(e) => complaint(pattern, e.span().start.offset, &e.kind().to_string()),
        _ => format!("`{pattern}` is no regular expression"),
    })
}

fn complaint(pattern: &str, byte: usize, reason: &str) -> String {
    let column = pattern.get(..byte).unwrap_or(pattern).chars().count() + 1;
    format!("`{pattern}` is no regular expression: {reason}, at character {column}")
}
