//! A shallow reading of the sentence: which thing is the object of which action, and how close it stands to it.
//!
//! A phrase is a run of nouns; its last one is the head. "movie ticket" is a ticket, "flight deals" are about
//! flights, as a deal is a deal of something (category `transparent`). A phrase after a preposition counts less
//! than the object itself: "parking near the hotel". A pronoun stands for the head before it.

use super::units::{Unit, UnitKind};
use super::vocabulary::{CategoryId, Vocabulary};

/// One thing named in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mention {
    /// Index of the unit that names it.
    pub unit: usize,
    /// Index of the action that governs it, if one does.
    pub action: Option<usize>,
    /// How close it stands to what is asked for, 0 to 1.
    pub closeness: f64,
}

/// Named next to a head that is something else: "movie ticket".
const BESIDE_OTHER: f64 = 0.35;
/// Named next to a head that the vocabulary does not know: "hotel minibar".
const BESIDE_UNKNOWN: f64 = 0.5;
/// Named next to a head that stands for it: "flight deals".
const BESIDE_TRANSPARENT: f64 = 0.95;
/// After a preposition that adds a circumstance: "near the hotel".
const CIRCUMSTANCE: f64 = 0.35;
/// After "of" and a head that does not stand for it.
const OF: f64 = 0.6;
/// After "for" and a head that does not stand for it.
const FOR: f64 = 0.5;
/// After a preposition that belongs to no known action, straight after the action: "log in to the store".
const PREPOSITIONAL_OBJECT: f64 = 0.6;
/// In a clause that describes something named before.
const RELATIVE_CLAUSE: f64 = 0.5;
/// Reached through a pronoun, or as the subject of a passive.
const REFERRED: f64 = 0.85;
/// Between quotation marks.
const QUOTED: f64 = 0.3;

/// Category of makers' names.
const MAKE: &str = "vehicle_make";

/// Everything named in the units, and every action that has no object of its own.
pub(super) fn mentions(units: &[Unit]) -> Vec<Mention> {
    let mut reader = Reader::new(units);
    for (i, unit) in units.iter().enumerate() {
        reader.read(i, unit);
    }
    reader.end_phrase();
    reader.end_action();
    reader.out
}

struct Reader<'a> {
    units: &'a [Unit],
    out: Vec<Mention>,
    /// Units of the phrase being read.
    phrase: Vec<usize>,
    action: Option<usize>,
    /// Whether the action has an object yet.
    has_object: bool,
    closeness: f64,
    /// Head of the last phrase, and whether it stands for something else.
    last_head: Option<usize>,
    last_transparent: bool,
    /// The thing that "it" would mean.
    antecedent: Option<usize>,
}

impl<'a> Reader<'a> {
    const fn new(units: &'a [Unit]) -> Self {
        Self {
            units,
            out: Vec::new(),
            phrase: Vec::new(),
            action: None,
            has_object: false,
            closeness: 1.0,
            last_head: None,
            last_transparent: false,
            antecedent: None,
        }
    }

    fn read(&mut self, i: usize, unit: &Unit) {
        match unit.kind {
            UnitKind::Noun | UnitKind::Modifier | UnitKind::Name | UnitKind::Number => self.phrase.push(i),
            UnitKind::Verb => self.start_action(i),
            UnitKind::Preposition => self.start_preposition(&unit.text),
            UnitKind::Relative => {
                self.end_phrase();
                self.closeness *= RELATIVE_CLAUSE;
            }
            UnitKind::Pronoun => self.refer(),
            UnitKind::Break => {
                self.end_phrase();
                self.end_action();
                (self.action, self.closeness, self.has_object) = (None, 1.0, false);
            }
            UnitKind::Determiner | UnitKind::Lead | UnitKind::Auxiliary | UnitKind::Comma | UnitKind::Coordinator => {
                self.end_phrase();
            }
        }
    }

    fn start_action(&mut self, i: usize) {
        self.end_phrase();
        self.end_action();
        (self.action, self.closeness, self.has_object) = (Some(i), 1.0, false);
    }

    fn start_preposition(&mut self, word: &str) {
        let straight_after_action = self.phrase.is_empty() && !self.has_object;
        self.end_phrase();
        self.closeness = match word {
            _ if self.belongs_to_action(word) => 0.95,
            _ if straight_after_action && self.action.is_some() => PREPOSITIONAL_OBJECT,
            "of" | "for" if self.last_transparent => self.closeness,
            _ if self.last_transparent => self.closeness * OF,
            "of" => self.closeness * OF,
            "for" => self.closeness * FOR,
            _ => CIRCUMSTANCE,
        };
    }

    /// Prepositions that mark an argument of the action: "add to", "apply for", "stay at".
    fn belongs_to_action(&self, word: &str) -> bool {
        let Some(unit) = self.action.and_then(|i| self.units.get(i)) else { return false };
        let vocabulary = Vocabulary::get();
        unit.actions.iter().any(|(id, _)| match vocabulary.name(*id) {
            "to_add" => matches!(word, "to" | "into" | "in"),
            "to_apply" => matches!(word, "to" | "for"),
            "to_search" | "to_view" => word == "for",
            "to_book" => matches!(word, "at" | "with"),
            "to_travel" | "to_fly" => matches!(word, "by" | "on" | "with"),
            "to_play" => word == "to",
            "to_subscribe" => matches!(word, "to" | "for"),
            _ => false,
        }) && (word != "for" || !self.has_object)
    }

    /// Ends the phrase: its nouns become mentions.
    fn end_phrase(&mut self) {
        let phrase = std::mem::take(&mut self.phrase);
        let Some(head) = self.head(&phrase) else { return };
        let transparent = self.is_transparent(head) || self.is_model_of_make(head);
        let before: Vec<usize> = phrase.iter().copied().filter(|i| *i != head && self.names_thing(*i)).collect();
        self.mention(head, 1.0);
        for (distance, i) in before.iter().rev().enumerate() {
            let beside = match (transparent, self.names_thing(head)) {
                (true, _) if distance == 0 => BESIDE_TRANSPARENT,
                (_, true) => BESIDE_OTHER,
                (_, false) => BESIDE_UNKNOWN,
            };
            self.mention(*i, beside);
        }
        if transparent && before.is_empty() && self.refers_back() {
            self.refer();
        } else {
            self.antecedent = before.last().copied().filter(|_| transparent).or(Some(head));
        }
        (self.last_head, self.last_transparent, self.has_object) = (Some(head), transparent, true);
    }

    /// "the top two results" of an action on what was found before.
    fn refers_back(&self) -> bool {
        self.action.is_some() && self.antecedent.is_some()
    }

    /// The last noun of the phrase; failing that, the last known name.
    fn head(&self, phrase: &[usize]) -> Option<usize> {
        let kind = |i: &usize| self.units.get(*i).map(|u| u.kind);
        phrase.iter().rev().find(|i| kind(i) == Some(UnitKind::Noun)).copied()
    }

    fn names_thing(&self, i: usize) -> bool {
        self.units.get(i).is_some_and(|u| !u.things.is_empty())
    }

    /// Whether the unit mainly stands for what it is a list, a price or a part of.
    fn is_transparent(&self, i: usize) -> bool {
        let Some(unit) = self.units.get(i) else { return false };
        let weight = |wanted: bool| {
            let senses = unit.things.iter().filter(|(id, _)| is_transparent_category(*id) == wanted);
            senses.map(|(_, weight)| *weight).max().unwrap_or(0)
        };
        weight(true) > weight(false)
    }

    /// "Honda Pilot": a capitalised word straight after a maker's name is a part of the name.
    fn is_model_of_make(&self, head: usize) -> bool {
        let is_make = |unit: &Unit| unit.things.iter().any(|(id, _)| Vocabulary::get().name(*id) == MAKE);
        let maker = head.checked_sub(1).and_then(|i| self.units.get(i));
        maker.is_some_and(is_make) && self.units.get(head).is_some_and(|unit| unit.capitalised)
    }

    fn mention(&mut self, unit: usize, beside: f64) {
        let quoted = if self.units.get(unit).is_some_and(|u| u.quoted) { QUOTED } else { 1.0 };
        self.out.push(Mention { unit, action: self.action, closeness: self.closeness * beside * quoted });
    }

    /// What was named before is the object here.
    fn refer(&mut self) {
        self.has_object = true;
        if let Some(unit) = self.antecedent {
            self.mention(unit, REFERRED);
        }
    }

    /// An action without an object has the thing before it as its object: "flights that can be purchased".
    fn end_action(&mut self) {
        if self.action.is_some() && !self.has_object {
            self.closeness = 1.0;
            self.refer();
        }
    }
}

fn is_transparent_category(id: CategoryId) -> bool {
    Vocabulary::get().name(id) == "transparent"
}
