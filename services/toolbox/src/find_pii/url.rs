//! URLs: with a scheme, or beginning with `www.`.

use memchr::memmem;

use super::{CERTAIN, Found, STRONG, Source};
use crate::borders::{before, is_word};
use crate::finding::Finding;

/// Longest scheme, in bytes.
const MAX_SCHEME: usize = 20;
/// What ends a sentence rather than a URL.
const TRAILING: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '"', '*', '_', '~', '>'];

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    let text = source.text;
    let mut done = 0;
    for at in memmem::find_iter(text.as_bytes(), "://") {
        if at < done {
            continue;
        }
        let end = end_of(text, at + 3);
        done = end;
        let named =
            text.get(at + 3..end).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
        if let (Some(start), true) = (scheme_start(text, at), named) {
            found.push(Finding::scored("url", start..end, CERTAIN));
        }
    }
    find_www(text, found);
}

fn find_www(text: &str, found: &mut Found) {
    let mut done = 0;
    for at in memmem::find_iter(text.as_bytes(), "www.") {
        if at < done || before(text, at).is_some_and(|b| is_word(b) || matches!(b, b'/' | b'.' | b'@' | b'-')) {
            continue;
        }
        done = end_of(text, at);
        if text.get(at + 4..done).is_some_and(|rest| rest.contains('.') && !rest.starts_with('.')) {
            found.push(Finding::scored("url", at..done, STRONG));
        }
    }
}

fn scheme_start(text: &str, at: usize) -> Option<usize> {
    let head = text.as_bytes().get(at.saturating_sub(MAX_SCHEME)..at)?;
    let run = head.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-')).count();
    let scheme = head.get(head.len() - run..)?;
    let letter = scheme.iter().position(u8::is_ascii_alphabetic)?;
    Some(at - run + letter)
}

fn end_of(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let url = rest.find(|c| !is_url_char(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
    start + trim(url).len()
}

fn is_url_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '`' | '{' | '}' | '|' | '\\' | '^')
    } else {
        c.is_alphanumeric()
    }
}

/// Takes off punctuation of the sentence, and brackets that were opened before the URL.
fn trim(mut url: &str) -> &str {
    let surplus = |open: char, close: char| url.matches(close).count().saturating_sub(url.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    loop {
        let trimmed = url.trim_end_matches(TRAILING);
        let (trimmed, left) = match trimmed.chars().next_back() {
            Some(')') if round > 0 => (trimmed.get(..trimmed.len() - 1), &mut round),
            Some(']') if square > 0 => (trimmed.get(..trimmed.len() - 1), &mut square),
            _ => return trimmed,
        };
        *left -= 1;
        url = trimmed.unwrap_or_default();
    }
}
