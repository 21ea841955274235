//! Private keys in PEM or PGP armour.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::CERTAIN;
use crate::borders::ahead;
use crate::constant_patterns::ascii;
use crate::finding::Finding;

/// How an armoured block begins.
pub(super) const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// Longest key that is read, in bytes; an RSA key of 16,384 bits takes 13 KB.
const MAX_KEY: usize = 16 << 10;

static HEADER: LazyLock<Regex> = LazyLock::new(|| ascii("^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"));
static FOOTER: LazyLock<Regex> = LazyLock::new(|| ascii("^-----END [A-Z0-9 ]{0,40}-----"));

pub(super) fn build_patterns() {
    LazyLock::force(&HEADER);
    LazyLock::force(&FOOTER);
}

/// The key whose header begins at `start`. One without its end is reported as far as it may go: it is a secret all the same.
pub(super) fn read(text: &str, start: usize) -> Option<Finding<'static>> {
    let header = HEADER.find(ahead(text, start, 128).as_bytes())?.end();
    let body = ahead(text, start + header, MAX_KEY);
    let end = match memmem::find(body.as_bytes(), END.as_bytes()) {
        Some(at) => at + FOOTER.find(ahead(body, at, 128).as_bytes()).map_or(0, |footer| footer.end()),
        None => body.bytes().take_while(|b| is_armour(*b)).count(),
    };
    Some(Finding::scored("private_key", start..start + header + end, CERTAIN))
}

/// Base64, line breaks (also escaped ones), and armour headers.
const fn is_armour(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\' | b' ' | b':' | b',' | b'-')
}
