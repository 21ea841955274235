//! Patterns and words that are part of the code, built on first use. One that does not build is a mistake in the code, which
//! the tests find; to go on without it would silently find nothing.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

/// Builds an ASCII pattern. Matching bytes keeps Unicode tables out, and its spans are character borders as long as a
/// pattern matches only ASCII.
#[expect(clippy::expect_used, reason = "every pattern is a constant, and the tests build all of them")]
pub(crate) fn ascii(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("a constant pattern compiles")
}

/// Builds an automaton that finds the longest of `words` at each place, whatever their ASCII case.
#[expect(clippy::expect_used, reason = "every list is a constant, and the tests build all of them")]
pub(crate) fn words<'a>(words: impl Iterator<Item = &'a str>) -> AhoCorasick {
    AhoCorasickBuilder::new()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .build(words)
        .expect("a constant list compiles")
}
