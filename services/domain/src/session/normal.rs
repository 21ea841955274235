//! Text to words as they are compared: escapes decoded once, compatibility forms and case folded, nothing invisible,
//! punctuation off the ends. One pass, in linear time.

use unicode_normalization::UnicodeNormalization as _;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As it stands, with its escapes decoded.
    pub(super) raw: String,
    /// As it is compared.
    pub(super) folded: String,
    /// The byte of the text at which it begins, with what punctuation stands before it.
    pub(super) at: usize,
    /// Whether a sentence, paragraph or list item ends here.
    pub(super) ends: bool,
}

/// Longest word, in bytes; the rest of a longer one counts as the next.
const MAX_WORD: usize = 4096;

/// The words of `text`.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut out = Splitter::default();
    let mut chars = Unescaped { rest: text };
    loop {
        out.at = text.len() - chars.rest.len();
        let Some(c) = chars.next_char() else { break };
        out.push(c);
    }
    out.flush(true);
    out.words
}

#[derive(Default)]
struct Splitter {
    words: Vec<Word>,
    current: String,
    /// Where the character that comes next begins, and where `current` does.
    at: usize,
    begin: usize,
    /// Line breaks since the last word.
    breaks: u32,
}

impl Splitter {
    fn push(&mut self, c: char) {
        if is_invisible(c) {
            return;
        }
        let stop = matches!(c, '。' | '！' | '？');
        if c.is_whitespace() || c.is_control() || is_separator(c) || stop {
            self.flush(stop);
            if c == '\n' {
                self.breaks += 1;
                if self.breaks == 2 {
                    self.end();
                }
            }
        } else if is_ideograph(c) {
            // Scripts without spaces: each character is a word.
            self.flush(false);
            self.append(c);
            self.flush(false);
        } else {
            self.append(c);
            if self.current.len() >= MAX_WORD {
                self.flush(false);
            }
        }
    }

    fn append(&mut self, c: char) {
        if self.current.is_empty() {
            self.begin = self.at;
        }
        self.current.push(c);
    }

    fn end(&mut self) {
        if let Some(last) = self.words.last_mut() {
            last.ends = true;
        }
    }

    fn flush(&mut self, mut ends: bool) {
        let current = std::mem::take(&mut self.current);
        let raw = trimmed(&current);
        if raw.is_empty() {
            // A dash at the start of a line begins an item of a list.
            if (self.breaks > 0 && matches!(current.as_str(), "-" | "*" | "•"))
                || matches!(current.as_str(), "." | "!" | "?")
            {
                self.end();
            }
            if ends {
                self.end();
            }
            return;
        }
        ends |= current.ends_with(['.', '!', '?', ';']);
        self.breaks = 0;
        self.words.push(Word { folded: fold(raw), raw: raw.to_owned(), at: self.begin, ends });
    }
}

/// Without punctuation at its ends.
fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn fold(word: &str) -> String {
    let folded: String =
        if word.is_ascii() { word.to_ascii_lowercase() } else { word.nfkc().flat_map(char::to_lowercase).collect() };
    let bare = ["https://", "http://", "mailto:"].iter().find_map(|scheme| folded.strip_prefix(scheme));
    without_zeros(trimmed(bare.unwrap_or(&folded)))
}

/// `98.70` is `98.7`, and `100.0` is `100`.
fn without_zeros(word: &str) -> String {
    let number = word.contains('.')
        && word.bytes().filter(|b| *b == b'.').count() == 1
        && word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if number { word.trim_end_matches('0').trim_end_matches('.').to_owned() } else { word.to_owned() }
}

/// The pieces of a word that is put together: of `https://example.org/a` also `example.org` and `a`.
pub(super) fn pieces(folded: &str) -> impl Iterator<Item = &str> {
    let several = folded.contains(is_joint);
    folded.split(is_joint).map(trimmed).filter(move |piece| several && !piece.is_empty()).take(32)
}

const fn is_joint(c: char) -> bool {
    matches!(c, '/' | ':' | '@' | '=' | '&' | '?' | '#' | '+' | '~' | '%')
}

const fn is_separator(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '`'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‘'
            | '’'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | ','
            | ';'
            | '|'
            | '\\'
    )
}

const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Soft hyphen, zero-width and direction marks, variation selectors, tags.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The characters of a text with the escapes of JSON and Python, of URLs and of HTML decoded, each once.
struct Unescaped<'t> {
    rest: &'t str,
}

impl Unescaped<'_> {
    fn next_char(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        let (c, bytes) = match first {
            '\\' => backslash(self.rest),
            '%' => hex(self.rest, 1, 2).filter(char::is_ascii_graphic).map(|c| (c, 3)),
            '&' => entity(self.rest),
            _ => None,
        }
        .unwrap_or((first, first.len_utf8()));
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        Some(c)
    }
}

fn backslash(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().get(1)? {
        b'n' => Some(('\n', 2)),
        b't' | b'r' => Some((' ', 2)),
        b'u' => hex(text, 2, 4).map(|c| (c, 6)),
        b'x' => hex(text, 2, 2).map(|c| (c, 4)),
        _ => None,
    }
}

/// The character whose code is written as `digits` hexadecimal digits from byte `from` on.
fn hex(text: &str, from: usize, digits: usize) -> Option<char> {
    let code = text.get(from..from + digits).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))?;
    char::from_u32(u32::from_str_radix(code, 16).ok()?)
}

fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "commat" => '@',
        "period" => '.',
        "colon" => ':',
        "sol" => '/',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end + 1))
}
