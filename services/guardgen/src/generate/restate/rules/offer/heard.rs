//! What the conditions of a sentence can be made of: the roles, names, numbers and words that it speaks of.

use super::super::super::bounds::{Bound, bounds};
use super::super::super::words::{self, Word};
use super::tools::is_named;
use crate::rules::{Declared, Names, ToolName, ValueKind};

/// Names of arguments that hold an address of mail.
const ADDRESSES: [&str; 9] =
    ["to", "cc", "bcc", "recipient", "recipients", "receiver", "address", "addresses", "email"];
/// Words that a value stands away from its name at most.
const NEAR: usize = 3;
const STARTING: [&str; 6] = ["begins", "begin", "beginning", "starts", "start", "starting"];

/// What conditions can be made of.
pub(super) struct Heard {
    /// Roles, and whether each is taken out.
    pub(super) roles: Vec<(String, bool)>,
    pub(super) switches: Vec<String>,
    /// Names that numbers can be compared with.
    pub(super) measured: Vec<String>,
    pub(super) bounds: Vec<Bound>,
    /// Names of texts, each with the words that stand near it and can be its values.
    pub(super) texts: Vec<(String, Vec<String>)>,
    /// Values that a "not" takes out.
    pub(super) taken: Vec<String>,
    pub(super) beginnings: Vec<String>,
    /// Whether the sentence as a whole denies.
    pub(super) denies: bool,
    pub(super) domains: Vec<String>,
    /// Names that an answer has to use.
    pub(super) needed: Vec<String>,
    pub(super) negates: bool,
    pub(super) asks: bool,
    pub(super) all: bool,
    pub(super) rest: bool,
    /// Whether only what is missing is asked about.
    pub(super) narrow: bool,
}

impl Heard {
    pub(super) fn of(names: &Names, tools: &[&ToolName], words: &[Word]) -> Self {
        let roles = names.roles.iter().filter_map(|role| {
            let place = words::places(words, role).into_iter().next()?;
            Some((role.clone(), words::is_excepted(words, place)))
        });
        let in_tool = |name: &str| {
            let parts = words::parts(name);
            tools.iter().any(|tool| parts.iter().all(|part| words::parts(&tool.name).contains(part)))
        };
        let arguments: Vec<&Declared> = tools.iter().flat_map(|tool| &tool.arguments).collect();
        let free = |one: &&&Declared| is_named(words, &one.name) && !in_tool(&one.name);
        let named: Vec<&Declared> = arguments
            .iter()
            .filter(free)
            .copied()
            .chain(names.attributes.iter().filter(|one| is_named(words, &one.name)))
            .collect();
        let of_kind = |kinds: &[ValueKind]| {
            let fitting = named.iter().filter(|one| kinds.contains(&one.kind));
            unique(fitting.map(|one| one.name.clone()))
        };
        let bounds = bounds(words);
        let needed = |one: &&&Declared| {
            let whole = !words::places(words, &one.name).is_empty();
            whole || names.attributes.contains(one)
        };
        let known = known(names, tools);
        let all_values = words::values(words, &known);
        let domains: Vec<String> = all_values.iter().filter(|value| is_domain(value)).cloned().collect();
        let begins = |value: &&String| value.ends_with('/') || follows(words, value, &STARTING);
        let beginnings: Vec<String> = all_values.iter().filter(begins).cloned().collect();
        let out = words::taken_out(words, &all_values);
        let is_taken = |value: &&String| {
            words
                .iter()
                .position(|word| word.raw == **value)
                .is_some_and(|place| out.get(place).copied().unwrap_or_default())
        };
        let taken: Vec<String> = all_values.iter().filter(is_taken).cloned().collect();
        let plain: Vec<String> =
            all_values.into_iter().filter(|value| !domains.contains(value) && !beginnings.contains(value)).collect();
        Self {
            roles: roles.collect(),
            switches: of_kind(&[ValueKind::Boolean]),
            measured: measured(names, &arguments, &named, &bounds),
            texts: of_kind(&[ValueKind::Text, ValueKind::Any, ValueKind::List])
                .into_iter()
                .map(|name| {
                    let values = near(words, &name, &plain);
                    (name, values)
                })
                .collect(),
            taken,
            beginnings,
            denies: words::denies(words),
            domains: if arguments.iter().any(|one| ADDRESSES.contains(&one.name.as_str())) {
                domains
            } else {
                Vec::new()
            },
            needed: unique(named.iter().filter(needed).map(|one| one.name.clone())),
            bounds,
            negates: words::negates(words),
            asks: words::asks_a_person(words),
            all: words::opens_to_all(words),
            rest: words::is_of_the_rest(words),
            narrow: false,
        }
    }

    /// Leaves of the conditions only those on what is `missing`. `None` when there are none.
    pub(super) fn keep(&mut self, missing: &[String]) -> Option<()> {
        self.roles.retain(|(role, _)| missing.contains(role));
        self.switches.retain(|name| missing.contains(name));
        let values = |all: &[String]| all.iter().any(|value| missing.contains(value));
        if values(&self.taken) || values(&self.beginnings) {
            self.texts.iter_mut().for_each(|(_, near)| near.retain(|value| missing.contains(value)));
            self.beginnings.retain(|value| missing.contains(value));
        } else {
            self.texts.retain(|(name, _)| missing.contains(name));
        }
        self.narrow = true;
        self.bounds.retain(|bound| missing.contains(&bound.value));
        if self.bounds.is_empty() {
            self.measured.clear();
        }
        self.domains.clear();
        (self.needed, self.all, self.rest) = (missing.to_vec(), false, false);
        let any =
            !(self.roles.is_empty() && self.switches.is_empty() && self.texts.is_empty() && self.bounds.is_empty());
        any.then_some(())
    }
}

/// Those of `values` that stand near the name, and those that are listed with them. What a "not" takes out may stand farther off.
fn near(words: &[Word], name: &str, values: &[String]) -> Vec<String> {
    let head = words::parts(name).pop().unwrap_or_default();
    let mut places: Vec<usize> = words::places(words, name);
    places.extend((0..words.len()).filter(|at| words.get(*at).is_some_and(|word| words::is_part(word, &head))));
    let out = words::taken_out(words, values);
    let mut found: Vec<String> = Vec::new();
    let mut last: Option<usize> = None;
    for (at, word) in words.iter().enumerate().filter(|(_, word)| values.contains(&word.raw)) {
        let is_near = places.iter().any(|place| place.abs_diff(at) <= NEAR);
        let is_listed = last.is_some_and(|last| at - last <= 2);
        if is_near || is_listed || out.get(at).copied().unwrap_or_default() {
            last = Some(at);
            found.push(word.raw.clone());
        }
    }
    unique(found.into_iter())
}

/// Names that the numbers can be compared with: those that are named, else the call's, else the user's.
fn measured(names: &Names, arguments: &[&Declared], named: &[&Declared], bounds: &[Bound]) -> Vec<String> {
    if bounds.is_empty() {
        return Vec::new();
    }
    let numbers = |all: &[&Declared]| -> Vec<String> {
        unique(all.iter().filter(|one| one.kind == ValueKind::Number).map(|one| one.name.clone()))
    };
    let attributes: Vec<&Declared> = names.attributes.iter().collect();
    [named, arguments, &attributes].into_iter().map(numbers).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Names that are declared, so that they are no values.
fn known<'a>(names: &'a Names, tools: &[&'a ToolName]) -> Vec<&'a str> {
    let arguments = tools.iter().flat_map(|tool| &tool.arguments).map(|one| one.name.as_str());
    let tools = tools.iter().map(|tool| tool.name.as_str());
    let users = names.attributes.iter().map(|one| one.name.as_str()).chain(names.roles.iter().map(String::as_str));
    arguments.chain(tools).chain(users).collect()
}

fn is_domain(value: &str) -> bool {
    let labels: Vec<&str> = value.split('.').collect();
    labels.len() > 1
        && labels.iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// Whether "with" and one of `verbs` stand before the value: "begins with release/".
fn follows(words: &[Word], value: &str, verbs: &[&str]) -> bool {
    let place = words.iter().position(|word| word.raw == value).unwrap_or(0);
    let before = words.get(place.saturating_sub(3)..place).unwrap_or_default();
    before.iter().any(|word| verbs.contains(&word.lower.as_str()))
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}
