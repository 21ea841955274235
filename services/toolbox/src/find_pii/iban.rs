//! IBANs: country, length and check digits must agree.

use super::checksum::mod97;
use super::{CERTAIN, Found, Source};
use crate::borders::{after, before, is_word};
use crate::finding::Finding;

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
    for run in source.digit_runs() {
        // The check digits come after the two letters of the country.
        let Some(start) = run.start.checked_sub(2).filter(|start| !before(text, *start).is_some_and(is_word)) else {
            continue;
        };
        if let Some(end) = iban_end(text, start) {
            found.push(Finding::scored("iban", start..end, CERTAIN));
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
    if !country.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let registered = |countries: &str| {
        countries.as_bytes().chunks(3).any(|c| c.get(..2).is_some_and(|c| c.eq_ignore_ascii_case(country.as_bytes())))
    };
    LENGTHS.iter().find(|(_, countries)| registered(countries)).map(|(length, _)| *length)
}
