//! The forms in which the model says what a sentence means, and what becomes of its answers.

use serde_json::Value;

use super::grants::{self, Clause, Grant};
use super::rules::{self, Exemption, Rule};
use super::{sentences, tables, words};
use crate::GuardRequest;
use crate::rules::{Names, names_of, reaches_data};

/// The form for one request.
#[derive(Debug, Clone)]
pub(in super::super) enum Notation {
    /// Rules about tools, arguments, attributes and roles.
    Rules(Names),
    /// Grants of roles on tables and columns.
    Grants(tables::World),
    /// Sentences, where neither is declared.
    Sentences,
}

/// What a question is about.
#[derive(Debug, Clone)]
pub(in super::super) enum Spoken {
    Rules(rules::Spoken),
    Grants(grants::Spoken),
    Sentences,
}

/// What is to be done about a sentence.
#[derive(Debug, Clone)]
pub(in super::super) enum Asking {
    /// Ask the model, held to this schema.
    Model(Value, Spoken),
    /// It stands as these sentences; with none it only describes.
    Stands(Vec<String>),
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Said {
    Rules(Vec<Rule>),
    Grants(Vec<Grant>),
    Sentences(Vec<String>),
}

impl Notation {
    /// The form for a request with these sentences.
    pub(in super::super) fn of(request: &GuardRequest, texts: &[String]) -> Self {
        let names = names_of(&request.agent);
        if reaches_data(&request.agent) {
            let world = tables::world(request, texts);
            return if world.tables.is_empty() || world.roles.is_empty() {
                Self::Sentences
            } else {
                Self::Grants(world)
            };
        }
        let nothing = names.tools.is_empty() && names.attributes.is_empty();
        if nothing { Self::Sentences } else { Self::Rules(names) }
    }

    /// The sentences, or their clauses where each says something of its own.
    pub(super) fn clauses(&self, texts: Vec<String>) -> Vec<String> {
        if !matches!(self, Self::Grants(_)) {
            return texts;
        }
        texts.iter().flat_map(|text| sentences::clauses(text)).collect()
    }

    /// Sentences that have to stand before all others.
    pub(super) fn declarations(&self) -> Vec<String> {
        let Self::Grants(world) = self else { return Vec::new() };
        world.tables.iter().map(|(table, columns)| format!("{table} has the columns {}.", columns.join(", "))).collect()
    }

    /// What is to be done about a sentence. `before` is what the question before it spoke of.
    pub(super) fn asking(&self, request: &GuardRequest, text: &str, before: Option<&Spoken>) -> Asking {
        match self {
            Self::Rules(names) => {
                let before = if let Some(Spoken::Rules(spoken)) = before { spoken.tools.clone() } else { Vec::new() };
                let (schema, mut spoken) = rules::offer(names, text, &before);
                if spoken.tools.is_empty() {
                    spoken.tools = before;
                }
                Asking::Model(schema, Spoken::Rules(spoken))
            }
            Self::Grants(world) => {
                let declares = !tables::declared(text, &request.agent).is_empty();
                let before = if let Some(Spoken::Grants(spoken)) = before { spoken.roles.clone() } else { Vec::new() };
                match grants::offer(world, text, &before) {
                    Clause::Grants(schema, spoken) if !declares => Asking::Model(schema, Spoken::Grants(spoken)),
                    Clause::Rest(sentence) => Asking::Stands(vec![sentence.to_owned()]),
                    Clause::Grants(..) | Clause::Described => Asking::Stands(Vec::new()),
                }
            }
            Self::Sentences => Asking::Model(sentences::schema(), Spoken::Sentences),
        }
    }

    /// The schema of an answer about nothing but what is missing, where the form has one.
    pub(super) fn narrowed(&self, text: &str, spoken: &Spoken, missing: &[String]) -> Option<Value> {
        match (self, spoken) {
            (Self::Rules(names), Spoken::Rules(spoken)) => rules::narrowed(names, text, &spoken.tools, missing),
            _ => None,
        }
    }

    /// Reads an answer. `None` when it says nothing.
    pub(super) fn read(&self, answer: &Value) -> Option<Said> {
        let said = match self {
            Self::Rules(_) => Said::Rules(rules::read(answer)),
            Self::Grants(_) => Said::Grants(grants::read(answer)),
            Self::Sentences => Said::Sentences(sentences::read(answer)),
        };
        (!said.is_empty()).then_some(said)
    }

    /// An answer as sentences that the rules compile.
    #[cfg(test)]
    pub(in super::super) fn sentences(&self, answer: &Value) -> Vec<String> {
        self.read(answer).map(|said| said.sentences(self, &[])).unwrap_or_default()
    }

    /// A name for the schema.
    pub(in super::super) const fn name(&self) -> &'static str {
        match self {
            Self::Rules(_) => "rules",
            Self::Grants(_) => "grants",
            Self::Sentences => "sentences",
        }
    }

    /// What stands before the first question: the names that there are.
    pub(in super::super) fn context(&self, request: &GuardRequest) -> String {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        match self {
            Self::Rules(names) => names_text(names),
            Self::Grants(world) => {
                let tables = world.tables.iter().map(|(table, columns)| format!("{table} ({})", columns.join(", ")));
                let tables: Vec<String> = tables.collect();
                format!("Roles: {}\nTables: {}\n", world.roles.join(", "), tables.join(", "))
            }
            Self::Sentences => format!("Agent: {}\nRule: {}\n", one_line(&request.agent), one_line(&request.request)),
        }
    }
}

fn names_text(names: &Names) -> String {
    let tools = names.tools.iter().map(|tool| {
        let arguments: Vec<&str> = tool.arguments.iter().map(|one| one.name.as_str()).collect();
        let about = if tool.about.is_empty() { String::new() } else { format!(": {}", tool.about) };
        format!("{}({}){about}", tool.name, arguments.join(", "))
    });
    let tools: Vec<String> = tools.collect();
    let attributes: Vec<&str> = names.attributes.iter().map(|one| one.name.as_str()).collect();
    let lines = [
        ("Tools", tools.join(", ")),
        ("Attributes of the user", attributes.join(", ")),
        ("Roles", names.roles.join(", ")),
    ];
    lines.iter().filter(|(_, list)| !list.is_empty()).map(|(label, list)| format!("{label}: {list}\n")).collect()
}

impl Spoken {
    /// What the sentence speaks of and the answer does not.
    pub(super) fn missing(&self, said: &Said) -> Vec<String> {
        match (self, said) {
            (Self::Rules(spoken), Said::Rules(rules)) => spoken.missing(rules),
            (Self::Grants(spoken), Said::Grants(grants)) => spoken.missing(grants),
            _ => Vec::new(),
        }
    }

    /// The sentence as it is asked about: "they" is said.
    pub(in super::super) fn shown(&self, text: &str) -> String {
        match self {
            Self::Grants(spoken) if spoken.by_pronoun => format!("(they: {}) {text}", spoken.roles.join(", ")),
            _ => text.to_owned(),
        }
    }
}

impl Said {
    fn is_empty(&self) -> bool {
        match self {
            Self::Rules(rules) => rules.is_empty(),
            Self::Grants(grants) => grants.is_empty(),
            Self::Sentences(sentences) => sentences.is_empty(),
        }
    }

    /// In sentences that the rules compile.
    pub(super) fn sentences(&self, notation: &Notation, exemptions: &[Exemption]) -> Vec<String> {
        match (self, notation) {
            (Self::Rules(rules), Notation::Rules(names)) => {
                rules.iter().flat_map(|rule| rule.sentences(names, exemptions)).collect()
            }
            (Self::Grants(grants), _) => grants.iter().flat_map(Grant::sentences).collect(),
            (Self::Sentences(sentences), _) => sentences.clone(),
            (Self::Rules(_), _) => Vec::new(),
        }
    }

    /// The rules, if they are some.
    pub(super) fn rules(&self) -> &[Rule] {
        if let Self::Rules(rules) = self { rules } else { &[] }
    }

    /// Whether an event can be about it: it has the name of a tool or table that this is about.
    pub(super) fn concerns(&self, event: &str) -> bool {
        let words = words::words(event);
        let named = |name: &str| event.contains(name) || !words::places(&words, name).is_empty();
        match self {
            Self::Rules(rules) => rules.iter().any(|rule| named(&rule.action)),
            Self::Grants(grants) => grants.iter().any(|grant| named(grant.table())),
            Self::Sentences(_) => true,
        }
    }
}
