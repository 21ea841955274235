//! What a clause speaks of: tables, columns, what is done with them, and what a "not" takes out.

use serde_json::{Map, Value, json};

use super::super::rules::object;
use super::super::tables::World;
use super::super::words::{self, Word};
use super::{ALL, ALL_BUT, EVERYTHING, MAY, MAY_NOT, NEEDS_APPROVAL, ONLY};
use crate::rules::Verb;

/// Ends of what a "not" takes out.
const ENDING: [&str; 8] = ["may", "can", "only", "all", "of", "everything", "see", "read"];
/// Words for a table with all its columns.
const WHOLE: [&str; 9] =
    ["everything", "anything", "all", "whole", "completely", "entirely", "entire", "fully", "full"];
const EXCLUDING: [&str; 6] = ["not", "never", "without", "except", "but", "excluding"];

/// A table and its columns as a clause speaks of them.
pub(super) struct Table {
    pub(super) name: String,
    /// Whether some of its columns are named, and of no other table that is named.
    in_part: bool,
    /// Whether it is named, and not only some of its columns.
    pub(super) named: bool,
    /// Whether it is named to be taken out: "but not loans".
    pub(super) taken_out: bool,
    given: Vec<String>,
    taken: Vec<String>,
}

pub(super) struct Heard {
    pub(super) tables: Vec<Table>,
    everything: bool,
    does: Vec<&'static str>,
    does_not: Vec<&'static str>,
    negates: bool,
    asks: bool,
}

impl Heard {
    pub(super) fn of(world: &World, words: &[Word]) -> Self {
        let excluded = excluded(words, world);
        let mut tables: Vec<Table> = world.tables.keys().map(|name| table(world, name, words, &excluded)).collect();
        if tables.iter().any(|table| table.named) {
            tables.retain(|table| table.named);
        } else if tables.iter().any(|table| !table.given.is_empty() || !table.taken.is_empty()) {
            tables.retain(|table| !table.given.is_empty() || !table.taken.is_empty());
        }
        let columns = |table: &Table| -> Vec<String> { table.given.iter().chain(&table.taken).cloned().collect() };
        let all: Vec<Vec<String>> = tables.iter().map(columns).collect();
        for (at, table) in tables.iter_mut().enumerate() {
            let own = |name: &String| !all.iter().enumerate().any(|(other, names)| other != at && names.contains(name));
            table.in_part = columns(table).iter().any(own);
        }
        let (does, does_not) = verbs(words);
        Self {
            everything: words.iter().any(|word| WHOLE.contains(&word.lower.as_str())),
            does,
            does_not,
            negates: words::negates(words),
            asks: words::asks_for_approval(words),
            tables,
        }
    }

    pub(super) fn columns(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for name in
            self.tables.iter().filter(|table| table.named).flat_map(|table| table.given.iter().chain(&table.taken))
        {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        all
    }

    /// The grants that an answer can have: for each effect, table and part.
    pub(super) fn grants(&self, world: &World, roles: &[String]) -> Vec<Value> {
        let mut all = Vec::new();
        for can in [MAY, MAY_NOT, NEEDS_APPROVAL] {
            let does = match can {
                NEEDS_APPROVAL if !self.asks => continue,
                MAY_NOT if !self.negates => continue,
                MAY_NOT if !self.does_not.is_empty() => &self.does_not,
                _ => &self.does,
            };
            let grant = |table: &str, part: &str, which: Option<&Vec<String>>| {
                let mut fields = Map::new();
                fields.insert("by".to_owned(), some_of(roles));
                fields.insert("can".to_owned(), json!({"const": can}));
                fields.insert("do".to_owned(), some_of(does));
                fields.insert("of".to_owned(), json!({"const": table}));
                fields.insert("part".to_owned(), json!({"const": part}));
                if let Some(which) = which {
                    fields.insert("which".to_owned(), some_of(which));
                }
                object(fields)
            };
            let named = self.tables.iter().any(|table| table.named);
            if !named && (self.everything || self.tables.len() == world.tables.len()) {
                all.push(grant(EVERYTHING, ALL, None));
                continue;
            }
            for table in self.tables.iter().filter(|table| can == MAY_NOT || !table.taken_out) {
                let (given, taken) = (&table.given, &table.taken);
                all.extend((self.everything || !table.in_part).then(|| grant(&table.name, ALL, None)));
                all.extend((!given.is_empty()).then(|| grant(&table.name, ONLY, Some(given))));
                all.extend((!taken.is_empty() && can == MAY).then(|| grant(&table.name, ALL_BUT, Some(taken))));
                all.extend((!taken.is_empty() && can == MAY_NOT).then(|| grant(&table.name, ONLY, Some(taken))));
            }
        }
        all
    }
}

fn some_of<T: AsRef<str>>(names: &[T]) -> Value {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    json!({"type": "array", "minItems": 1, "maxItems": names.len(), "items": {"enum": names}})
}

fn table(world: &World, name: &str, words: &[Word], excluded: &[bool]) -> Table {
    let mut table = Table {
        name: name.to_owned(),
        in_part: false,
        named: false,
        taken_out: false,
        given: Vec::new(),
        taken: Vec::new(),
    };
    let mut used: Vec<usize> = Vec::new();
    for column in world.tables.get(name).into_iter().flatten() {
        let places = column_places(world, words, column);
        for place in &places {
            used.extend(*place..*place + words::parts(column).len().max(1));
        }
        match places.first() {
            Some(place) if excluded.get(*place).copied().unwrap_or_default() => table.taken.push(column.clone()),
            Some(_) => table.given.push(column.clone()),
            None => {}
        }
    }
    // "the customer id" names a column and no table.
    let places: Vec<usize> = words::places(words, name).into_iter().filter(|place| !used.contains(place)).collect();
    table.named = !places.is_empty();
    table.taken_out = table.named && places.iter().all(|place| excluded.get(*place).copied().unwrap_or_default());
    table
}

/// Where a column is named: by its name, or by the parts of it that say something: "when they were placed" is `placed_at`, and
/// "their id" is the `order_id` of orders.
fn column_places(world: &World, words: &[Word], column: &str) -> Vec<usize> {
    let whole = words::places(words, column);
    if !whole.is_empty() {
        return whole;
    }
    let parts = words::parts(column);
    // A word for a table is none for a column: "students" are not their `student_no`.
    let of_table =
        |word: &Word| world.tables.keys().any(|table| !words::places(std::slice::from_ref(word), table).is_empty());
    let is_alone = |at: &usize| {
        let (Some(word), [first, ..]) = (words.get(*at), parts.as_slice()) else { return false };
        let last = parts.last().unwrap_or(first);
        let of_whom = at.checked_sub(1).and_then(|before| words.get(before));
        let short = parts.len() > 1 && words::is_part(word, last) && last != first;
        parts.len() == 1 && words::is_part(word, first) && !of_table(word)
            || short
                && of_whom.is_some_and(|word| matches!(word.lower.as_str(), "their" | "its" | "the" | "his" | "her"))
            || parts.len() > 1
                && parts
                    .iter()
                    .enumerate()
                    .all(|(n, part)| words.get(at + n).is_some_and(|word| words::is_part(word, part)))
    };
    (0..words.len()).filter(is_alone).collect()
}

/// For each word, whether a "not" or "without" before it takes it out.
fn excluded(words: &[Word], world: &World) -> Vec<bool> {
    let is_column = |word: &Word| {
        world
            .tables
            .values()
            .flatten()
            .any(|column| !column_places(world, std::slice::from_ref(word), column).is_empty())
    };
    let mut out = Vec::new();
    let mut taken = false;
    for (at, word) in words.iter().enumerate() {
        let ends = ENDING.contains(&word.lower.as_str());
        taken = EXCLUDING.contains(&word.lower.as_str()) || taken && !ends;
        out.push(taken);
        let goes_on = words
            .get(at + 1)
            .is_some_and(|next| is_column(next) || matches!(next.lower.as_str(), "and" | "or" | "the"));
        if word.mark.is_some_and(|mark| mark != ',' || !goes_on) {
            taken = false;
        }
    }
    out
}

/// What is done, and what is not: "look at everything and change nothing".
fn verbs(words: &[Word]) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut does, mut does_not): (Vec<&'static str>, Vec<&'static str>) = (Vec::new(), Vec::new());
    for (at, word) in words.iter().enumerate() {
        let Some(verb) = verb(&word.lower) else { continue };
        let next = words.get(at + 1).map_or("", |word| word.lower.as_str());
        let before = at.checked_sub(1).and_then(|before| words.get(before)).map_or("", |word| word.lower.as_str());
        let not = next == "nothing" || matches!(before, "not" | "never" | "cannot");
        let list = if not { &mut does_not } else { &mut does };
        if !list.contains(&verb) {
            list.push(verb);
        }
    }
    if does.is_empty() {
        does.push(does_not.first().copied().unwrap_or("read"));
    }
    (does, does_not)
}

fn verb(word: &str) -> Option<&'static str> {
    match word {
        "look" | "looks" | "seen" => Some("read"),
        "set" | "sets" | "fill" | "fills" | "correct" | "corrects" => Some("change"),
        "drop" | "drops" => Some("delete"),
        _ => Verb::of(word).map(|verb| match verb {
            Verb::Read => "read",
            Verb::Write => "change",
            Verb::Delete => "delete",
        }),
    }
}
