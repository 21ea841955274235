//! Bitcoin addresses with their checksums, and Ethereum addresses by their form. All begin with a digit or with `bc1`.

use std::ops::Range;

use super::checksum::{base58check, bech32};
use super::{CERTAIN, Found, STRONG, Source};
use crate::borders::{before, is_word};
use crate::finding::Finding;

/// Longest address (BIP 173), in bytes.
const MAX_ADDRESS: usize = 90;

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    for run in source.digit_runs() {
        let Some(span) = token_at(source.text, run.start) else { continue };
        if let Some(score) = source.text.as_bytes().get(span.clone()).and_then(score) {
            found.push(Finding::scored("crypto_address", span, score));
        }
    }
}

/// The whole word that begins with this digit, or with `bc` before it.
fn token_at(text: &str, digit: usize) -> Option<Range<usize>> {
    let head = text.as_bytes().get(..digit)?;
    let start = if head.ends_with(b"bc") || head.ends_with(b"BC") { digit - 2 } else { digit };
    if before(text, start).is_some_and(is_word) {
        return None;
    }
    let rest = text.as_bytes().get(start..)?;
    let length = rest.iter().take(MAX_ADDRESS + 1).take_while(|b| is_word(**b)).count();
    (26..=MAX_ADDRESS).contains(&length).then_some(start..start + length)
}

fn score(address: &[u8]) -> Option<f64> {
    match address {
        [b'0', b'x', hex @ ..] => (hex.len() == 40 && hex.iter().all(u8::is_ascii_hexdigit)).then_some(STRONG),
        [b'b' | b'B', b'c' | b'C', b'1', data @ ..] => bech32(&data.to_ascii_lowercase()).then_some(CERTAIN),
        [b'1' | b'3', ..] if address.len() <= 35 => base58check(address).then_some(CERTAIN),
        _ => None,
    }
}
