//! Tokens in what a model says. Only the exact token counts: one in other letters, cut short or of another exchange is a text like any other.

use std::ops::Range;

use crate::Tokens;

/// A token in a text.
#[derive(Clone, Copy)]
pub struct Found<'t> {
    /// First byte.
    pub start: usize,
    /// The token.
    pub token: &'t str,
    /// The value that it stands for.
    pub value: &'t str,
}

impl Found<'_> {
    /// The bytes of the token.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.token.len()
    }
}

impl Tokens {
    /// The tokens in `text`, in order; they do not overlap. Takes time in the length of the text.
    pub fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Found<'t>> {
        let endings = (!self.is_empty()).then(|| text.match_indices(self.ending.as_str()));
        endings.into_iter().flatten().filter_map(|(at, ending)| {
            let end = at + ending.len();
            let longest = self.longest();
            let from = text.get(..at)?.char_indices().rev().take(longest).find(|(_, c)| *c == '[')?.0;
            let entry = self.entries.get(*self.by_token.get(text.get(from..end)?)?)?;
            Some(Found { start: from, token: &entry.token, value: &entry.value })
        })
    }

    /// Where the end of `text` begins that more text may make a token; the length of `text` when there is no such end.
    #[must_use]
    pub fn unfinished(&self, text: &str) -> usize {
        let tail = text.char_indices().rev().take(self.longest()).find(|(_, c)| *c == '[').map(|(at, _)| at);
        let may_go_on =
            |tail: &str| self.entries.iter().any(|entry| entry.token.starts_with(tail) && entry.token != tail);
        tail.filter(|at| text.get(*at..).is_some_and(may_go_on)).unwrap_or(text.len())
    }

    /// Length of the longest token, all of whose characters are one byte long.
    fn longest(&self) -> usize {
        super::MAX_KIND_CHARS + self.ending.len() + super::MAX_TOKENS.to_string().len() + 2
    }
}
