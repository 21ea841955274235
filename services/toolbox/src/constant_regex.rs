//! Regular expressions that are part of the code, built on first use.

use regex::bytes::{Regex, RegexBuilder};

/// Builds an ASCII pattern. Matching bytes keeps Unicode tables out, and its spans are character borders as long as a
/// pattern matches only ASCII.
#[expect(clippy::expect_used, reason = "every pattern is a constant, and the tests build all of them")]
pub(crate) fn ascii(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("a constant pattern compiles")
}
