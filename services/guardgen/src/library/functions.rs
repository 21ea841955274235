//! The functions of a script: where each stands, with the comment above it, and which others it calls. Read from the
//! interpreter's own tokens, so that nothing in a string or a comment is taken for code.

use std::collections::BTreeSet;
use std::ops::Range;

use parapet_sandbox::{ScriptToken, TokenKind};

/// A script and its tokens.
#[derive(Clone, Copy)]
pub(super) struct Script<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [ScriptToken],
}

/// One function of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) params: Vec<String>,
    /// Its tokens, `fn` and its braces included.
    pub(super) tokens: Range<usize>,
    /// Its bytes, from the comment above it to its last brace.
    pub(super) bytes: Range<usize>,
    /// The comment above it, without its marks.
    pub(super) comment: String,
}

impl<'a> Script<'a> {
    pub(super) fn word(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| self.slice(token.start as usize..token.end as usize))
    }

    fn slice(&self, bytes: Range<usize>) -> &'a str {
        self.text.get(bytes).unwrap_or_default()
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// All functions, in their order.
    pub(super) fn functions(&self) -> Vec<Function> {
        let starts =
            (0..self.tokens.len()).filter(|at| self.kind(*at) == Some(TokenKind::Keyword) && self.word(*at) == "fn");
        starts.filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, keyword: usize) -> Option<Function> {
        let first = match keyword.checked_sub(1) {
            Some(before) if self.word(before) == "private" => before,
            _ => keyword,
        };
        let open = (keyword..self.tokens.len()).find(|at| self.word(*at) == "{")?;
        let params = (keyword + 2..open).filter(|at| self.kind(*at) == Some(TokenKind::Name));
        let last = self.closing(open)?;
        let start = self.tokens.get(first)?.start as usize;
        let (from, comment) = self.comment_above(start);
        Some(Function {
            name: self.word(keyword + 1).to_owned(),
            params: params.map(|at| self.word(at).to_owned()).collect(),
            tokens: first..last + 1,
            bytes: from..self.tokens.get(last)?.end as usize,
            comment,
        })
    }

    /// The brace that closes the one at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..self.tokens.len()).find(|at| {
            match self.word(*at) {
                "{" | "#{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    }

    /// Where the comment begins whose lines stand right above what begins at byte `start`, and its text.
    fn comment_above(&self, start: usize) -> (usize, String) {
        let before = self.slice(0..start);
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        if !self.slice(line..start).trim().is_empty() {
            return (start, String::new());
        }
        let (mut from, mut lines) = (line, Vec::new());
        while let Some(above) = self.slice(0..from).strip_suffix('\n') {
            let begin = above.rfind('\n').map_or(0, |end| end + 1);
            let Some(text) = above.get(begin..).unwrap_or_default().trim().strip_prefix("//") else { break };
            lines.push(text.trim_start_matches(['/', '!']).trim());
            from = begin;
        }
        lines.reverse();
        (from, lines.join(" ").trim().to_owned())
    }

    /// Names in `tokens` that stand for a function: called, or as the text of a function pointer. A field or a key of a map
    /// is none.
    pub(super) fn names_in(&self, tokens: &Range<usize>) -> BTreeSet<&'a str> {
        tokens.clone().filter_map(|at| self.name_at(at)).collect()
    }

    fn name_at(&self, at: usize) -> Option<&'a str> {
        let before = at.checked_sub(1).map_or("", |at| self.word(at));
        match self.kind(at)? {
            TokenKind::Name if before != "fn" && self.opens_arguments(at + 1) => Some(self.word(at)),
            TokenKind::String if before == "(" && at.checked_sub(2).is_some_and(|at| self.word(at) == "Fn") => {
                Some(self.word(at).trim_matches('"'))
            }
            _ => None,
        }
    }

    /// Whether a list of arguments begins at `at`; an empty one is a token of its own.
    fn opens_arguments(&self, at: usize) -> bool {
        matches!(self.word(at), "(" | "()")
    }

    /// Tokens that call `name` or define it.
    pub(super) fn uses_of(&self, name: &str) -> Vec<usize> {
        let is_use = |at: &usize| {
            self.kind(*at) == Some(TokenKind::Name) && self.word(*at) == name && self.opens_arguments(at + 1)
        };
        (0..self.tokens.len()).filter(is_use).collect()
    }

    /// Whether `name` stands for a function in the text of a function pointer.
    pub(super) fn is_pointed_at(&self, name: &str) -> bool {
        (0..self.tokens.len()).any(|at| self.kind(at) == Some(TokenKind::String) && self.name_at(at) == Some(name))
    }

    /// Whether a word of the language or a variable of that name stands in `tokens`.
    pub(super) fn has_word(&self, tokens: &Range<usize>, word: &str) -> bool {
        tokens.clone().any(|at| {
            matches!(self.kind(at), Some(TokenKind::Name | TokenKind::Keyword))
                && self.word(at) == word
                && at.checked_sub(1).is_none_or(|before| !matches!(self.word(before), "." | "?."))
                && self.word(at + 1) != ":"
        })
    }
}

/// Every function of `all` that `roots` come to, themselves included.
pub(super) fn reached<'a>(script: &Script<'_>, all: &'a [Function], roots: &[&'a Function]) -> Vec<&'a Function> {
    let mut found: Vec<&Function> = Vec::new();
    let mut open: Vec<&Function> = roots.to_vec();
    while let Some(function) = open.pop() {
        if found.contains(&function) {
            continue;
        }
        found.push(function);
        let names = script.names_in(&function.tokens);
        open.extend(all.iter().filter(|other| names.contains(other.name.as_str())));
    }
    found.sort_by_key(|function| function.tokens.start);
    found
}
