//! A sentence as tokens: words, names in backticks, quoted texts, numbers and signs, each with its place in the text.

use serde_json::Number;

/// One token with its half-open range of bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A word, in lower case.
    Word(String),
    /// The text between backticks.
    Code(String),
    /// The text between quotation marks.
    Quote(String),
    /// A number, and whether a currency sign stands with it.
    Number(Number, bool),
    /// A comparison, as one of `== != < <= > >=`.
    Sign(&'static str),
    /// An arrow.
    Arrow,
    /// Any other mark.
    Mark(char),
}

impl Token {
    /// The word in lower case; empty for anything else.
    pub(super) fn word(&self) -> &str {
        if let Kind::Word(word) = &self.kind { word } else { "" }
    }

    /// Whether it is the mark.
    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// Comparison signs as they are written, longest first.
const SIGNS: [(&str, &str); 12] = [
    ("<=", "<="),
    (">=", ">="),
    ("=<", "<="),
    ("==", "=="),
    ("!=", "!="),
    ("<>", "!="),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{2260}", "!="),
    ("<", "<"),
    (">", ">"),
    ("=", "=="),
];
const ARROWS: [&str; 5] = ["->", "=>", "-->", "\u{2192}", "\u{21d2}"];
const QUOTES: [(char, char); 5] =
    [('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{201e}', '\u{201c}'), ('\u{ab}', '\u{bb}'), ('\u{2018}', '\u{2019}')];
const CURRENCIES: [char; 4] = ['$', '\u{20ac}', '\u{a3}', '\u{a5}'];

/// The tokens of `text`. Never fails: what is no word is a mark.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let free_before =
            text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_alphanumeric());
        let (kind, length) = if c.is_whitespace() || c == '*' {
            (None, c.len_utf8())
        } else {
            let (kind, length) = read(rest, c, free_before);
            (Some(kind), length)
        };
        let length = length.max(c.len_utf8());
        out.extend(kind.map(|kind| Token { kind, start: at, end: at + length }));
        at += length;
    }
    out
}

fn read(rest: &str, c: char, free_before: bool) -> (Kind, usize) {
    if let Some((inner, length)) = enclosed(rest, '`', '`') {
        return (Kind::Code(inner.trim().to_owned()), length);
    }
    if let Some((inner, length)) = quoted(rest, c, free_before) {
        return (Kind::Quote(inner.to_owned()), length);
    }
    if let Some(arrow) = ARROWS.iter().find(|arrow| rest.starts_with(**arrow)) {
        return (Kind::Arrow, arrow.len());
    }
    if let Some((sign, op)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return (Kind::Sign(op), sign.len());
    }
    if let Some(found) = number(rest, c) {
        return found;
    }
    let length = word_length(rest);
    if length == 0 {
        return (Kind::Mark(c), c.len_utf8());
    }
    let word = rest.get(..length).unwrap_or_default().to_lowercase().replace('\u{2019}', "'");
    (Kind::Word(word), length)
}

fn enclosed(rest: &str, open: char, close: char) -> Option<(&str, usize)> {
    let inner = rest.strip_prefix(open)?;
    let end = inner.find(close)?;
    Some((inner.get(..end)?, open.len_utf8() + end + close.len_utf8()))
}

fn quoted(rest: &str, c: char, free_before: bool) -> Option<(&str, usize)> {
    if let Some((open, close)) = QUOTES.iter().find(|(open, _)| *open == c) {
        return enclosed(rest, *open, *close);
    }
    if c != '\'' || !free_before {
        return None;
    }
    // An apostrophe inside a word does not end the quotation.
    let inner = rest.get(1..)?;
    let ends =
        |at: usize| inner.get(at + 1..).and_then(|after| after.chars().next()).is_none_or(|c| !c.is_alphanumeric());
    let end = inner.char_indices().filter(|(_, c)| *c == '\'').map(|(at, _)| at).find(|at| ends(*at))?;
    Some((inner.get(..end)?, end + 2))
}

/// `1,000.50`, `-3`, `$500`, `500€`.
fn number(rest: &str, c: char) -> Option<(Kind, usize)> {
    let before = if CURRENCIES.contains(&c) { c.len_utf8() } else { 0 };
    let body = rest.get(before..)?;
    let minus = usize::from(body.starts_with('-'));
    let mut end = minus;
    let bytes = body.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut written = String::from(body.get(..minus)?);
    while let Some(byte) = bytes.get(end) {
        let group = *byte == b',' && (1..=3).all(|n| digit(end + n)) && !digit(end + 4) && !written.contains('.');
        let point = *byte == b'.' && digit(end + 1) && digit(end.wrapping_sub(1)) && !written.contains('.');
        if byte.is_ascii_digit() || point {
            written.push(char::from(*byte));
        } else if !(group && end > minus) {
            break;
        }
        end += 1;
    }
    let next = body.get(end..).and_then(|after| after.chars().next());
    if end == minus || next.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '@')) {
        return None;
    }
    let after = next.filter(|c| CURRENCIES.contains(c)).map_or(0, char::len_utf8);
    let number = serde_json::from_str(&written).ok()?;
    Some((Kind::Number(number, before + after > 0), before + end + after))
}

/// Length in bytes of the word at the start: letters, digits, and marks that join them, as in `e-mail`, `example.com`, `/etc/hosts`.
fn word_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    let mut end = 0;
    let is_path = rest.starts_with(['/', '.', '@', '~', '#']);
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let joins = matches!(c, '-' | '\'' | '\u{2019}' | '.' | '@' | '_' | '~' | '#' | ':') || (c == '/' && is_path);
        let joined = joins && next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '/'));
        let trailing_slash = c == '/' && is_path && at > 0;
        if !(c.is_alphanumeric() || c == '_' || joined || trailing_slash) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}
