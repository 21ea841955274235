//! From tokens to units: words and multi-word lemmas with their senses and their part in the sentence.

use super::lemma::{noun_forms, verb_forms};
use super::tokens::{Token, TokenKind, tokenise};
use super::topic::OwnWords;
use super::vocabulary::{LONGEST_LEMMA, Sense, Vocabulary};
use super::words::{closed_class, qualifies};

/// One word or multi-word lemma of the text.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Lower case, as written.
    pub text: String,
    /// Half-open span in Unicode scalar values.
    pub start: usize,
    /// End of the span.
    pub end: usize,
    /// Its part in the sentence.
    pub kind: UnitKind,
    /// Senses as a thing.
    pub things: Vec<Sense>,
    /// Senses as an action.
    pub actions: Vec<Sense>,
    /// Whether it starts with a capital.
    pub capitalised: bool,
    /// Whether it stands between quotation marks.
    pub quoted: bool,
}

/// The part of a [`Unit`] in the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    /// An action in a verb's place.
    Verb,
    /// A noun, known or not.
    Noun,
    /// A word that says something of a noun: never the head of a phrase.
    Modifier,
    /// A name that is not in the vocabulary.
    Name,
    /// A number.
    Number,
    /// "in", "for", "of", …
    Preposition,
    /// "that", "which", …
    Relative,
    /// "and", "or", "then"
    Coordinator,
    /// "the", "my", …
    Determiner,
    /// "it", "them": stands for what was named before.
    Pronoun,
    /// "you", "can", "please", "then": what comes next may be a verb.
    Lead,
    /// "is", "be": a participle after it is passive.
    Auxiliary,
    /// A comma.
    Comma,
    /// The end of a sentence.
    Break,
}

/// The units of `text`. `own` are the topics' own words.
pub(super) fn units(text: &str, own: &OwnWords) -> Vec<Unit> {
    let tokens = tokenise(text);
    let mut out: Vec<Unit> = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let (unit, used) = match token.kind {
            TokenKind::Comma => (plain(token, UnitKind::Comma), 1),
            TokenKind::Break => (plain(token, UnitKind::Break), 1),
            _ => longest(&tokens, i, own),
        };
        out.push(unit);
        i += used;
    }
    place(&mut out);
    out
}

/// The longest lemma that starts at token `i`, or the word alone.
fn longest(tokens: &[Token], i: usize, own: &OwnWords) -> (Unit, usize) {
    let vocabulary = Vocabulary::get();
    let first = tokens.get(i).map_or("", |token| token.text.as_str());
    let compound = vocabulary.starts_lemma(first) || own.starts_lemma(first) || {
        verb_forms(first).iter().any(|form| vocabulary.starts_lemma(form) || own.starts_lemma(form))
    };
    let most = if compound { LONGEST_LEMMA } else { 1 };
    for count in (1..=most).rev() {
        let Some(run) = tokens.get(i..i + count) else { continue };
        if count > 1 && run.iter().any(|t| matches!(t.kind, TokenKind::Comma | TokenKind::Break)) {
            continue;
        }
        let (things, actions) = senses(run, own);
        if count == 1 || !things.is_empty() || !actions.is_empty() {
            return (unit(run, things, actions), count);
        }
    }
    (unit(tokens.get(i..=i).unwrap_or_default(), Vec::new(), Vec::new()), 1)
}

fn senses(run: &[Token], own: &OwnWords) -> (Vec<Sense>, Vec<Sense>) {
    let joined = run.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    let vocabulary = Vocabulary::get();
    let mut things: Vec<Sense> = Vec::new();
    let mut actions: Vec<Sense> = Vec::new();
    for form in noun_forms(&joined) {
        things.extend(own.senses(&form));
        things.extend(vocabulary.senses(&form).iter().filter(|(id, _)| !vocabulary.is_action(*id)));
        if !things.is_empty() {
            break;
        }
    }
    // An action is inflected at its first word: "looking for".
    let (first, rest) = joined.split_at(joined.find(' ').unwrap_or(joined.len()));
    for form in verb_forms(first) {
        let lemma = format!("{form}{rest}");
        actions.extend(own.actions(&lemma));
        actions.extend(vocabulary.senses(&lemma).iter().filter(|(id, _)| vocabulary.is_action(*id)));
        if !actions.is_empty() {
            break;
        }
    }
    (things, actions)
}

fn unit(run: &[Token], things: Vec<Sense>, actions: Vec<Sense>) -> Unit {
    let text = run.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    let (start, end) = (run.first().map_or(0, |t| t.start), run.last().map_or(0, |t| t.end));
    let kind = closed_class(&text).unwrap_or_else(|| match run.first().map(|t| t.kind) {
        _ if !things.is_empty() || !actions.is_empty() => UnitKind::Noun,
        Some(TokenKind::Number) => UnitKind::Number,
        Some(TokenKind::Capitalised) => UnitKind::Name,
        _ if qualifies(&text) => UnitKind::Modifier,
        _ => UnitKind::Noun,
    });
    let capitalised = run.first().is_some_and(|t| t.kind == TokenKind::Capitalised);
    Unit { text, start, end, kind, things, actions, capitalised, quoted: run.first().is_some_and(|t| t.quoted) }
}

fn plain(token: &Token, kind: UnitKind) -> Unit {
    let (start, end) = (token.start, token.end);
    let (things, actions) = (Vec::new(), Vec::new());
    Unit { text: String::new(), start, end, kind, things, actions, capitalised: false, quoted: false }
}

/// Decides which units are verbs: only here is the order of the units known.
fn place(units: &mut [Unit]) {
    let mut previous = UnitKind::Break;
    let mut previous_text = String::new();
    for i in 0..units.len() {
        let next = units.get(i + 1).map_or(UnitKind::Break, |u| u.kind);
        let Some(unit) = units.get_mut(i) else { return };
        if !unit.actions.is_empty() && is_verb(unit, previous, &previous_text, next) {
            unit.kind = UnitKind::Verb;
        } else if unit.kind == UnitKind::Noun
            && (unit.things.is_empty() && qualifies(&unit.text) || describes(unit, previous))
        {
            unit.kind = UnitKind::Modifier;
        }
        previous = unit.kind;
        previous_text.clone_from(&unit.text);
    }
}

/// "a movie playing near me": a gerund after its noun, unless it is a noun in its own right ("job listing").
fn describes(unit: &Unit, previous: UnitKind) -> bool {
    let sure = unit.things.iter().map(|(_, weight)| *weight).max().unwrap_or(0);
    previous == UnitKind::Noun && unit.text.ends_with("ing") && !unit.actions.is_empty() && sure < 6
}

fn is_verb(unit: &Unit, previous: UnitKind, previous_text: &str, next: UnitKind) -> bool {
    // "movies and shows": a request is an imperative, it has no third person.
    let third_person = unit.text.ends_with('s') && !unit.text.ends_with("ss") && !unit.things.is_empty();
    let participle = unit.text.ends_with("ed") || unit.text == "bought" || unit.text == "sold";
    let gerund = unit.text.ends_with("ing") || unit.text.contains("ing ");
    let takes_object =
        matches!(next, UnitKind::Determiner | UnitKind::Noun | UnitKind::Name | UnitKind::Modifier | UnitKind::Number);
    match previous {
        _ if third_person => false,
        UnitKind::Auxiliary => participle || gerund,
        UnitKind::Preposition if previous_text == "to" => {
            unit.things.is_empty() || takes_object || next == UnitKind::Pronoun
        }
        UnitKind::Preposition => gerund && takes_object,
        UnitKind::Break | UnitKind::Coordinator | UnitKind::Lead | UnitKind::Relative | UnitKind::Comma => {
            !participle && (unit.things.is_empty() || previous != UnitKind::Comma || takes_object)
        }
        UnitKind::Noun | UnitKind::Name | UnitKind::Pronoun | UnitKind::Verb => {
            unit.things.is_empty() && !participle && !gerund
        }
        _ => false,
    }
}
