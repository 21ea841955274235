//! The vocabulary, for programs that declare topics: what a phrase is made of, and which categories there are.

use super::lemma::{noun_forms, verb_forms};
use super::topic::OwnWords;
use super::units::{UnitKind, units};
use super::vocabulary::{Sense, Vocabulary};

/// One word or multi-word lemma of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordMeaning {
    /// Lower case, as written.
    pub text: String,
    /// Whether it only says how other words hang together: "the", "for", "it", "can".
    pub is_grammar: bool,
    /// Whether it is a number.
    pub is_number: bool,
    /// Categories of things with how sure they are, 1 to 9; the surest first.
    pub things: Vec<(&'static str, u8)>,
    /// Categories of actions with how sure they are, 1 to 9; the surest first.
    pub actions: Vec<(&'static str, u8)>,
}

/// The words of `phrase` with what they may mean; marks and breaks are left out.
#[must_use]
pub fn meanings(phrase: &str) -> Vec<WordMeaning> {
    let units = units(phrase, &OwnWords::default());
    let words = units.into_iter().filter(|unit| !matches!(unit.kind, UnitKind::Comma | UnitKind::Break));
    words
        .map(|unit| WordMeaning {
            is_grammar: !matches!(
                unit.kind,
                UnitKind::Verb | UnitKind::Noun | UnitKind::Modifier | UnitKind::Name | UnitKind::Number
            ),
            is_number: unit.kind == UnitKind::Number,
            things: named(&unit.things),
            actions: named(&unit.actions),
            text: unit.text,
        })
        .collect()
}

/// The names of all categories, actions (`to_…`) and things, in the order of the vocabulary.
#[must_use]
pub fn categories() -> &'static [&'static str] {
    Vocabulary::get().names()
}

/// The categories of the group or category `name`; empty when there is none.
#[must_use]
pub fn members(name: &str) -> Vec<&'static str> {
    let vocabulary = Vocabulary::get();
    vocabulary.resolve(name).iter().map(|id| vocabulary.name(*id)).collect()
}

/// The base forms that `word` may be a plural or an inflection of, the word itself first.
#[must_use]
pub fn base_forms(word: &str) -> Vec<String> {
    let mut forms = noun_forms(word);
    for form in verb_forms(word) {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

fn named(senses: &[Sense]) -> Vec<(&'static str, u8)> {
    let vocabulary = Vocabulary::get();
    let mut out: Vec<_> = senses.iter().map(|(id, sure)| (vocabulary.name(*id), *sure)).collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    out
}
