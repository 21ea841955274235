//! Words that tell what a number after them is. Only the text before numbers is searched for them.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::borders::{after, before};
use crate::constant_patterns::words;

/// How far before a number, in bytes, a word still speaks of it.
const REACH: usize = 48;
/// How much text before a number is searched: as far as any detector looks, with room for the longest word.
const SEARCHED: usize = 128;

/// What a word says about the number after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Phone,
    Card,
    Ssn,
    Birth,
    Mrn,
    Npi,
    Passport,
    License,
    Version,
    /// Some other kind of number, so that an earlier label does not reach it.
    Other,
}

/// Words by label, parted by `|`.
const WORDS: &[(Label, &str)] = &[
    (
        Label::Phone,
        "phone|telephone|tel|mobile|mob|cell|cellphone|cellular|handset|landline|fax|call|\
         calling|called|dial|dialing|dialling|dialed|ring|sms|text me|texting|texted|message|\
         messaging|whatsapp|hotline|helpline|voicemail|pager|answering|answer|contact|reach|\
         reached|desk|direct line|my number|his number|her number|their number|your number|\
         telefon|telefono|teléfono|téléphone|telefone|móvil|celular|portable|handy",
    ),
    (Label::Card, "card|credit|debit|visa|mastercard|amex|american express|maestro|diners|jcb|cc"),
    (Label::Ssn, "ssn|social security|social security number|soc sec|itin|taxpayer identification"),
    (Label::Birth, "born|dob|d.o.b|date of birth|birth date|birthdate|birthday|birth"),
    (
        Label::Mrn,
        "mrn|medical record|medical record number|med rec|patient id|patient identifier|\
         patient number|chart number",
    ),
    (Label::Npi, "npi|national provider identifier|national provider id"),
    (Label::Passport, "passport"),
    (
        Label::License,
        "driver's license|drivers license|driver license|driver’s license|driver's licence|\
         drivers licence|driver licence|driver’s licence|driving license|driving licence|dl",
    ),
    (Label::Version, "version|release|build"),
    (
        Label::Other,
        "order|invoice|ticket|tracking|reference|ref|account|acct|zip|zipcode|postal|\
         postcode|isbn|serial|case|page|row|line|amount|price|total|sku|model|policy|claim|\
         id|date|time|timestamp|size|port",
    ),
];

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| words(labelled_words().map(|(_, word)| word)));
/// By pattern of the automaton.
static LABELS: LazyLock<Vec<Label>> = LazyLock::new(|| labelled_words().map(|(label, _)| label).collect());

fn labelled_words() -> impl Iterator<Item = (Label, &'static str)> {
    WORDS.iter().flat_map(|(label, words)| words.split('|').map(move |word| (*label, word)))
}

pub(super) fn build_words() {
    LazyLock::force(&AUTOMATON);
    LazyLock::force(&LABELS);
}

/// All such words before the numbers of a text, in order.
pub(super) struct Context {
    hits: Vec<(usize, Label)>,
}

impl Context {
    /// Searches before each of `digit_runs`. No word has a digit, so none lies across two searches.
    pub(super) fn scan(text: &str, digit_runs: &[Range<usize>]) -> Self {
        let mut context = Self { hits: Vec::new() };
        if digit_runs.len().saturating_mul(SEARCHED) > text.len() {
            context.search(text, 0, text.len());
            return context;
        }
        let mut done = 0;
        for run in digit_runs {
            context.search(text, run.start.saturating_sub(SEARCHED).max(done), run.start);
            done = run.end;
        }
        context
    }

    fn search(&mut self, text: &str, from: usize, to: usize) {
        for found in AUTOMATON.find_iter(text.as_bytes().get(from..to).unwrap_or_default()) {
            let (start, end) = (from + found.start(), from + found.end());
            let label = LABELS.get(found.pattern().as_usize()).filter(|_| is_whole_word(text, start, end));
            self.hits.extend(label.map(|label| (end, *label)));
        }
    }

    /// The label nearest before byte `at`, if it is near.
    pub(super) fn nearest(&self, at: usize) -> Option<Label> {
        self.before(at).next()
    }

    /// Whether `label` stands near before byte `at`, with others in between or not.
    pub(super) fn says(&self, at: usize, label: Label) -> bool {
        self.before(at).any(|l| l == label)
    }

    /// Where each word of `label` ends.
    pub(super) fn ends(&self, label: Label) -> impl Iterator<Item = usize> {
        self.hits.iter().filter(move |(_, l)| *l == label).map(|(end, _)| *end)
    }

    fn before(&self, at: usize) -> impl Iterator<Item = Label> {
        let near = self.hits.partition_point(|(end, _)| *end <= at);
        let hits = self.hits.get(..near).unwrap_or_default().iter().rev();
        hits.take_while(move |(end, _)| at - end <= REACH).map(|(_, label)| *label)
    }
}

/// A plural is the same word.
fn is_whole_word(text: &str, start: usize, end: usize) -> bool {
    let letter = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphabetic());
    let end = if matches!(after(text, end), Some(b's' | b'S')) { end + 1 } else { end };
    !letter(before(text, start)) && !letter(after(text, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Context {
        let number = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let run = number..number + 1;
        Context::scan(text, std::slice::from_ref(&run))
    }

    #[test]
    fn the_nearest_word_decides_and_far_words_do_not_count() {
        let context = scan("call about order 1234567");
        assert_eq!(context.nearest(17), Some(Label::Other));
        assert!(context.says(17, Label::Phone));
        let far = format!("call {} 1234567", "x".repeat(60));
        assert_eq!(scan(&far).nearest(66), None);
    }

    #[test]
    fn parts_of_words_are_no_labels_but_plurals_are() {
        assert_eq!(scan("recall 1").nearest(7), None);
        assert_eq!(scan("PHONES: 1").nearest(8), Some(Label::Phone));
        assert_eq!(scan("driver’s licence 1").ends(Label::License).count(), 1);
    }
}
