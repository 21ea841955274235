//! Bitcoin addresses with their checksums, and Ethereum addresses by their form.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::checksum::{base58check, bech32};
use super::{CERTAIN, Found, STRONG, Source};
use crate::borders::stands_alone;
use crate::constant_regex::ascii;
use crate::finding::Finding;

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| ascii("[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc1|BC1)[0-9A-Za-z]{11,71}|0x[0-9A-Fa-f]{40}"));

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    for hit in ADDRESS.find_iter(source.text.as_bytes()) {
        if !stands_alone(source.text, &hit.range()) {
            continue;
        }
        if let Some(score) = score(hit.as_bytes()) {
            found.push(Finding::scored("crypto_address", hit.range(), score));
        }
    }
}

fn score(address: &[u8]) -> Option<f64> {
    match address {
        [b'0', b'x', ..] => Some(STRONG),
        [b'b' | b'B', b'c' | b'C', b'1', data @ ..] => bech32(&data.to_ascii_lowercase()).then_some(CERTAIN),
        base58 => base58check(base58).then_some(CERTAIN),
    }
}
