//! IPv6 and MAC addresses. IPv4 addresses are among the numbers.

use std::net::Ipv6Addr;
use std::ops::Range;

use memchr::{memchr, memchr2_iter};

use super::{CERTAIN, Found, STRONG, Source};
use crate::borders::{after, before, is_word};
use crate::finding::Finding;

/// Length of six pairs with five separators.
const MAC_BYTES: usize = 17;

pub(super) fn find_ipv6(source: &Source<'_>, found: &mut Found) {
    let text = source.text;
    let mut at = 0;
    while let Some(colon) = text.as_bytes().get(at..).and_then(|rest| memchr(b':', rest)) {
        let run = run_around(text, at + colon);
        at = run.end;
        if let Some(span) = address_in(text, run) {
            found.push(Finding::scored("ip_address", span, CERTAIN));
        }
    }
}

/// The hexadecimal digits, colons and dots around a colon.
fn run_around(text: &str, colon: usize) -> Range<usize> {
    let in_run = |b: &&u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let (head, tail) = text.as_bytes().split_at_checked(colon).unwrap_or_default();
    // Nothing before an earlier colon can belong to this run, so hexadecimal digits are counted once for each of two runs.
    let start = colon - head.iter().rev().take_while(|b| b.is_ascii_hexdigit()).count();
    start..colon + tail.iter().take_while(in_run).count()
}

fn address_in(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let run_text = text.get(run.clone())?;
    // A single colon in front or behind belongs to the sentence, as in `host:fe80::1` or `::1:`.
    let skip = usize::from(run_text.starts_with(':') && !run_text.starts_with("::"));
    let address = run_text.get(skip..)?.trim_end_matches('.');
    let address = if address.ends_with("::") { address } else { address.trim_end_matches(':') };
    let span = run.start + skip..run.start + skip + address.len();
    let glued = skip == 0 && before(text, span.start).is_some_and(|b| is_word(b) || b == b'.')
        || after(text, run.end).is_some_and(is_word);
    let plausible = !glued && address.len() <= 45 && is_distinct(address) && address.parse::<Ipv6Addr>().is_ok();
    plausible.then_some(span)
}

/// `a::b` is a path in some programming languages: an address has a digit and is not that short.
fn is_distinct(address: &str) -> bool {
    let groups = address.split(':').filter(|group| !group.is_empty());
    let longest = groups.clone().map(str::len).max().unwrap_or(0);
    address.bytes().any(|b| b.is_ascii_digit()) && (address.starts_with("::") || groups.count() > 2 || longest > 2)
}

pub(super) fn find_mac(source: &Source<'_>, found: &mut Found) {
    let text = source.text;
    for separator in memchr2_iter(b':', b'-', text.as_bytes()) {
        let Some(start) = separator.checked_sub(2) else { continue };
        let span = start..start + MAC_BYTES;
        if is_mac(text.as_bytes().get(span.clone()).unwrap_or_default()) && !goes_on(text, &span) {
            found.push(Finding::scored("mac_address", span, STRONG));
        }
    }
}

/// Six pairs of hexadecimal digits with the same separator between them.
fn is_mac(bytes: &[u8]) -> bool {
    let separator = bytes.get(2);
    let fits = |(at, byte): (usize, &u8)| if at % 3 == 2 { Some(byte) == separator } else { byte.is_ascii_hexdigit() };
    bytes.len() == MAC_BYTES && bytes.iter().enumerate().all(fits)
}

/// Whether the pairs are a part of something longer.
fn goes_on(text: &str, span: &Range<usize>) -> bool {
    let separator = |b: u8| matches!(b, b':' | b'-');
    let more = |b: u8| is_word(b) || separator(b) && after(text, span.end + 1).is_some_and(|b| b.is_ascii_hexdigit());
    before(text, span.start).is_some_and(|b| is_word(b) || separator(b)) || after(text, span.end).is_some_and(more)
}
