//! Splits a text into words, numbers and breaks, with spans in Unicode scalar values. Linear in the text.

/// One token. Hyphenated words are split; the vocabulary joins them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Lower case, apostrophes straightened, a possessive `'s` removed.
    pub text: String,
    /// Half-open span in Unicode scalar values.
    pub start: usize,
    /// End of the span.
    pub end: usize,
    /// What it is.
    pub kind: TokenKind,
    /// Whether it stands between quotation marks: a value, rather than the request itself.
    pub quoted: bool,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word that starts with a small letter.
    Word,
    /// A word that starts with a capital.
    Capitalised,
    /// Starts with a digit and is no known word.
    Number,
    /// A comma or the like.
    Comma,
    /// The end of a sentence, a line, a bracket.
    Break,
}

/// The tokens of `text`, in order.
pub(super) fn tokenise(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().map(straighten).collect();
    let at = |i: usize| chars.get(i).copied();
    let mut tokens = Vec::new();
    let (mut i, mut quoted) = (0, false);
    while let Some(c) = at(i) {
        let start = i;
        i += 1;
        if c.is_alphanumeric() {
            while at(i).is_some_and(|c| c.is_alphanumeric() || joins(c) && at(i + 1).is_some_and(char::is_alphanumeric))
            {
                i += 1;
            }
            tokens.push(word(chars.get(start..i).unwrap_or_default(), start, quoted));
            continue;
        }
        if c == '"' {
            quoted = !quoted;
        }
        if let Some(kind) = mark(c, at(i)) {
            tokens.push(Token { text: String::new(), start, end: i, kind, quoted: false });
        }
    }
    tokens
}

fn straighten(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2010}' | '\u{2011}' => '-',
        other => other,
    }
}

/// Marks inside a word: `b&b`, `driver's`, `u.s.`; a hyphen is not one.
const fn joins(c: char) -> bool {
    matches!(c, '\'' | '&' | '.')
}

fn mark(c: char, next: Option<char>) -> Option<TokenKind> {
    match c {
        ',' | '/' | '|' | '"' => Some(TokenKind::Comma),
        '&' => None,
        '.' | ':' if !next.is_none_or(char::is_whitespace) => None,
        '.' | '!' | '?' | ';' | ':' | '\n' | '(' | ')' | '[' | ']' | '{' | '}' | '>' | '<' => Some(TokenKind::Break),
        _ => None,
    }
}

fn word(chars: &[char], start: usize, quoted: bool) -> Token {
    let lower: String = chars.iter().flat_map(|c| c.to_lowercase()).collect();
    let kind = match chars.first() {
        Some(c) if c.is_numeric() => TokenKind::Number,
        Some(c) if c.is_uppercase() => TokenKind::Capitalised,
        _ => TokenKind::Word,
    };
    let text = lower.strip_suffix("'s").unwrap_or(&lower).to_owned();
    Token { text, start, end: start + chars.len(), kind, quoted }
}
