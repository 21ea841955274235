//! A guard's script with its tokens and probes: what the checks that read code work on.

use parapet_sandbox::{Probe, ScriptToken, TokenKind, TracedGuard};

/// Longest excerpt of the code in a complaint, in characters.
const MAX_EXCERPT_CHARS: usize = 80;

/// A script and what is known of its text.
pub(super) struct Script<'a> {
    pub(super) text: &'a str,
    pub(super) traced: &'a TracedGuard,
}

impl<'a> Script<'a> {
    pub(super) fn tokens(&self) -> &'a [ScriptToken] {
        self.traced.tokens()
    }

    pub(super) fn probes(&self) -> &'a [Probe] {
        self.traced.probes()
    }

    /// The text of a token.
    pub(super) fn word(&self, token: &ScriptToken) -> &'a str {
        self.slice(token.start, token.end)
    }

    /// The text from byte `start` to byte `end`.
    pub(super) fn slice(&self, start: u32, end: u32) -> &'a str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// What a probe is about, on one line and not too long to quote.
    pub(super) fn excerpt(&self, probe: &Probe) -> String {
        excerpt(self.slice(probe.start, probe.end))
    }

    /// The token before number `index`, with its text.
    pub(super) fn before(&self, index: usize) -> Option<(&'a ScriptToken, &'a str)> {
        let token = self.tokens().get(index.checked_sub(1)?)?;
        Some((token, self.word(token)))
    }

    /// Whether an operand ends right before token number `index`, so that it is an operator or an index, if it can be one.
    pub(super) fn follows_operand(&self, index: usize) -> bool {
        self.before(index).is_some_and(|(token, word)| match token.kind {
            TokenKind::Integer | TokenKind::Float | TokenKind::String | TokenKind::Character | TokenKind::Name => true,
            TokenKind::Keyword => matches!(word, "true" | "false"),
            TokenKind::Symbol => matches!(word, ")" | "]" | "}" | "()"),
            TokenKind::StringPiece => false,
        })
    }
}

/// `text` on one line, without control characters, cut where it gets too long to quote.
pub(super) fn excerpt(text: &str) -> String {
    let words: Vec<&str> = text.trim_end_matches(';').split_whitespace().collect();
    let line: String = words.join(" ").chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    match line.char_indices().nth(MAX_EXCERPT_CHARS) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}
