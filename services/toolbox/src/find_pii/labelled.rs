//! Numbers that only the word before them tells apart: medical record, provider, passport, licence, date of birth.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::checksum::luhn;
use super::context::Label;
use super::{CERTAIN, CONTEXT, Found, Source};
use crate::borders::{ahead, stands_alone};
use crate::constant_patterns::ascii;
use crate::finding::Finding;

/// How far after its label a number may begin and end, in bytes.
const REACH: usize = 64;
/// What may stand between a label and its number.
const LINK: &str = r"^(?i:[\s:#=.()-]{0,4}(?:(?:numbers?|num|no|nr|id|is|was|code|of|my|the)\b[\s:#=.()-]{0,4}){0,5})";
const DATE: &str = r"(?ix)
    (?:0?[1-9]|[12][0-9]|3[01]) ([/.-]) (?:0?[1-9]|[12][0-9]|3[01]) [/.-] (?:[12][0-9]{3}|[0-9]{2})
    | [12][0-9]{3} [/.-] (?:1[0-2]|0?[1-9]) [/.-] (?:[12][0-9]|3[01]|0?[1-9])
    | (?:[0-9]{1,2}(?:st|nd|rd|th|\.)?\x20(?:of\x20)?)?
      (?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)
      \.?\x20(?:[0-9]{1,2}(?:st|nd|rd|th)?,?\x20)?[12][0-9]{3}";

/// How one type is read after its label.
struct Labelled {
    label: Label,
    kind: &'static str,
    /// Group 1 is the value.
    value: Regex,
    accept: fn(&[u8]) -> bool,
    score: f64,
}

static LABELLED: LazyLock<[Labelled; 5]> = LazyLock::new(|| {
    let linked = |label, kind, value: &str, accept, score| Labelled {
        label,
        kind,
        value: ascii(&format!("{LINK}({value})")),
        accept,
        score,
    };
    [
        linked(Label::Mrn, "mrn", "[A-Za-z]{0,4}-?[0-9]{5,12}", |_| true, CONTEXT),
        linked(Label::Npi, "npi", "[12][0-9]{9}", |npi| luhn(&[b"80840", npi].concat()), CERTAIN),
        linked(Label::Passport, "us_passport", "[A-Za-z][0-9]{8}|[0-9]{9}", |_| true, CONTEXT),
        linked(
            Label::License,
            "us_driver_license",
            "[A-Za-z]{0,3}[0-9][0-9A-Za-z-]{3,17}[0-9A-Za-z]",
            has_five_digits,
            CONTEXT,
        ),
        // A place may stand between: `born in Rome on 3 May 1980`.
        Labelled {
            label: Label::Birth,
            kind: "date_of_birth",
            value: ascii(&format!("^[^.\\n]*?({DATE})")),
            accept: |_| true,
            score: CONTEXT,
        },
    ]
});

pub(super) fn build_patterns() {
    LazyLock::force(&LABELLED);
}

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    if source.digit_runs().is_empty() {
        return;
    }
    for entry in LABELLED.iter() {
        for end in source.context().ends(entry.label) {
            found.extend(read(source.text, end, entry));
        }
    }
}

fn read(text: &str, label_end: usize, entry: &Labelled) -> Option<Finding<'static>> {
    let value = entry.value.captures(ahead(text, label_end, REACH).as_bytes())?.get(1)?;
    let span = label_end + value.start()..label_end + value.end();
    let whole = stands_alone(text, &span) && (entry.accept)(value.as_bytes());
    whole.then(|| Finding::scored(entry.kind, span, entry.score))
}

fn has_five_digits(value: &[u8]) -> bool {
    value.iter().filter(|b| b.is_ascii_digit()).count() >= 5
}
