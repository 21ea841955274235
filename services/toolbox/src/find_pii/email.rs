//! E-mail addresses, found from their `@` outwards.

use memchr::memchr_iter;

use super::{CERTAIN, Found, Source};
use crate::finding::Finding;

/// Longest side of an address that is looked at, in bytes (RFC 5321 allows 64 and 255).
const MAX_SIDE: usize = 255;

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    let text = source.text;
    for at in memchr_iter(b'@', text.as_bytes()) {
        let (Some(start), Some(end)) = (local_start(text, at), domain_end(text, at + 1)) else { continue };
        found.push(Finding::scored("email", start..end, CERTAIN));
    }
}

fn local_start(text: &str, at: usize) -> Option<usize> {
    let head = text.get(text.floor_char_boundary(at.saturating_sub(MAX_SIDE))..at)?;
    if head.ends_with('.') {
        return None;
    }
    let in_local = |c: &char| is_letter(*c) || c.is_ascii_digit() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let run: usize = head.chars().rev().take_while(in_local).map(char::len_utf8).sum();
    let local = head.get(head.len() - run..)?.trim_start_matches(['.', '-']);
    (!local.is_empty()).then(|| at - local.len())
}

/// The domain ends with its last label that can be a top-level domain.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let rest = crate::borders::ahead(text, start, MAX_SIDE);
    let run: usize = rest
        .chars()
        .take_while(|c| is_letter(*c) || c.is_ascii_digit() || matches!(c, '.' | '-'))
        .map(char::len_utf8)
        .sum();
    let mut domain = rest.get(..run)?;
    while let Some((name, top)) = domain.rsplit_once('.') {
        let top = top.trim_end_matches('-');
        if is_top_level(top) && name.chars().next_back().is_some_and(|c| c != '.') && !name.starts_with(['.', '-']) {
            return Some(start + name.len() + 1 + top.len());
        }
        domain = name;
    }
    None
}

fn is_top_level(label: &str) -> bool {
    label.starts_with("xn--") || (label.chars().all(is_letter) && label.chars().nth(1).is_some())
}

/// Letters of alphabets. In scripts written without spaces an address would swallow the words around it.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (('\u{c0}'..'\u{e00}').contains(&c) && c.is_alphabetic())
}
