//! What a clause says of who may reach which data: grants, held to a schema in which only the roles, tables and columns can
//! be named that the clause speaks of, and the sentences that the rules compile, written from them.

mod heard;

use heard::Heard;
use serde::Deserialize;
use serde_json::{Value, json};

use super::rules::APPROVAL;
use super::tables::World;
use super::words;
use crate::rules::Verb;

const MAY: &str = "may";
const MAY_NOT: &str = "may_not";
const NEEDS_APPROVAL: &str = "needs_approval";
const EVERYTHING: &str = "everything";
const ALL: &str = "all";
const ONLY: &str = "only";
const ALL_BUT: &str = "all_but";
const PRONOUNS: [&str; 5] = ["they", "he", "she", "them", "their"];

/// One grant of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Grant {
    by: Vec<String>,
    can: String,
    #[serde(rename = "do")]
    does: Vec<String>,
    of: String,
    part: String,
    #[serde(default)]
    which: Vec<String>,
}

/// What a clause speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spoken {
    /// Roles; those of the clause before where it says "they".
    pub(super) roles: Vec<String>,
    /// Whether they are those of the clause before.
    pub(super) by_pronoun: bool,
    tables: Vec<String>,
    columns: Vec<String>,
    asks: bool,
}

/// What a clause is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Clause {
    /// It grants something, which is to be asked about with this schema.
    Grants(Value, Spoken),
    /// It says what becomes of the rest, as this sentence does.
    Rest(&'static str),
    /// It is about no role: it describes.
    Described,
}

/// What `clause` is. `before` are the roles of the clause before.
pub(super) fn offer(world: &World, clause: &str, before: &[String]) -> Clause {
    let words = words::words(clause);
    let mut roles: Vec<String> =
        world.roles.iter().filter(|role| !words::places(&words, role).is_empty()).cloned().collect();
    let by_pronoun = roles.is_empty() && words.iter().any(|word| PRONOUNS.contains(&word.lower.as_str()));
    if by_pronoun {
        roles = before.to_vec();
    }
    if words::is_of_the_rest(&words) && roles.is_empty() {
        let asks = words::asks_for_approval(&words);
        return Clause::Rest(if asks { "Everything else needs approval." } else { "Everything else is refused." });
    }
    let for_all =
        roles.is_empty() && words.iter().any(|word| ["everybody", "everyone", "nobody"].contains(&word.lower.as_str()));
    if for_all {
        roles.clone_from(&world.roles);
    }
    if roles.is_empty() {
        return Clause::Described;
    }
    let heard = Heard::of(world, &words);
    let spoken = Spoken {
        tables: heard
            .tables
            .iter()
            .filter(|table| table.named && !table.taken_out)
            .map(|table| table.name.clone())
            .collect(),
        columns: heard.columns(),
        asks: words::asks_for_approval(&words),
        roles,
        by_pronoun,
    };
    let grants = heard.grants(world, &spoken.roles);
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["grants"],
        "properties": {"grants": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"anyOf": grants}}},
    });
    Clause::Grants(schema, spoken)
}

/// The grants of an answer.
pub(super) fn read(answer: &Value) -> Vec<Grant> {
    let rows = answer.get("grants").and_then(Value::as_array).into_iter().flatten();
    let mut all: Vec<Grant> = Vec::new();
    for grant in rows.filter_map(|row| Grant::deserialize(row).ok()) {
        if !all.contains(&grant) {
            all.push(grant);
        }
    }
    all
}

impl Spoken {
    /// What the clause speaks of and the grants do not.
    pub(super) fn missing(&self, grants: &[Grant]) -> Vec<String> {
        let roles = self.roles.iter().filter(|role| !grants.iter().any(|grant| grant.by.contains(role)));
        let tables = self.tables.iter().filter(|table| !grants.iter().any(|grant| grant.of == **table));
        let columns = self.columns.iter().filter(|name| !grants.iter().any(|grant| grant.which.contains(name)));
        let approval = self.asks && !grants.iter().any(|grant| grant.can == NEEDS_APPROVAL);
        let named = roles.chain(tables).chain(columns).cloned();
        named.chain(approval.then(|| APPROVAL.to_owned())).collect()
    }
}

impl Grant {
    /// The tables that the grant is about.
    pub(super) fn table(&self) -> &str {
        &self.of
    }

    /// The grant in sentences, one for each role.
    pub(super) fn sentences(&self) -> Vec<String> {
        let modal = match self.can.as_str() {
            MAY_NOT => "may not",
            NEEDS_APPROVAL => "needs approval to",
            _ => "may",
        };
        let verbs: Vec<&str> = self.does.iter().filter_map(|word| Some(Verb::of(word)?.as_str())).collect();
        let names: Vec<String> = self.which.iter().map(|name| format!("`{name}`")).collect();
        let what = match (self.of.as_str(), self.part.as_str(), self.can.as_str()) {
            (EVERYTHING, ..) => EVERYTHING.to_owned(),
            (table, ALL_BUT, _) if !names.is_empty() => format!("everything in `{table}` but {}", listed(&names)),
            (table, ONLY, MAY_NOT) if !names.is_empty() => format!("{} of `{table}`", listed(&names)),
            (table, ONLY, _) if !names.is_empty() => format!("`{table}` ({})", self.which.join(", ")),
            (table, ..) => format!("everything in `{table}`"),
        };
        if verbs.is_empty() {
            return Vec::new();
        }
        self.by.iter().map(|role| format!("A `{role}` {modal} {} {what}.", listed_verbs(&verbs))).collect()
    }
}

fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.join(""),
    }
}

fn listed_verbs(verbs: &[&str]) -> String {
    verbs.join(" and ")
}

#[cfg(test)]
mod tests;
