//! IBANs: country, length and check digits must agree.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::checksum::mod97;
use super::{CERTAIN, Found, Source};
use crate::borders::{after, before, is_word};
use crate::constant_regex::ascii;
use crate::finding::Finding;

static HEAD: LazyLock<Regex> = LazyLock::new(|| ascii("[A-Za-z]{2}[0-9]{2}"));

/// Length by country (ISO 13616 registry).
const LENGTHS: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FO GL NL SD FK"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH CR HR LI LV"),
    (22, "BG BH DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    let text = source.text;
    for head in HEAD.find_iter(text.as_bytes()) {
        if before(text, head.start()).is_some_and(is_word) {
            continue;
        }
        if let Some(end) = iban_end(text, head.start()) {
            found.push(Finding::scored("iban", head.start()..end, CERTAIN));
        }
    }
}

/// Reads as many letters and digits as the country has, with single spaces or hyphens between them.
fn iban_end(text: &str, start: usize) -> Option<usize> {
    let length = length_for(text.get(start..start + 2)?)?;
    let (mut iban, mut end, mut gap) = (Vec::with_capacity(length), start, false);
    for byte in text.as_bytes().get(start..)? {
        match byte {
            b if b.is_ascii_alphanumeric() => {
                iban.push(*b);
                gap = false;
            }
            b' ' | b'-' if !gap => gap = true,
            _ => break,
        }
        end += 1;
        if iban.len() == length {
            break;
        }
    }
    let whole = iban.len() == length && !after(text, end).is_some_and(is_word);
    (whole && mod97(&iban)).then_some(end)
}

fn length_for(country: &str) -> Option<usize> {
    let country = country.to_ascii_uppercase();
    LENGTHS.iter().find(|(_, countries)| countries.split(' ').any(|c| c == country)).map(|(length, _)| *length)
}
