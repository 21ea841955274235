//! Which attribute, argument or role a name or a word of a request means.

use serde_json::Value;

use super::agent::{Agent, ValueKind};
use super::names::{abbreviates, name_words, same_family};
use super::policy::Source;

/// What stopped a sentence: why, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// The outcome of reading a piece of a sentence.
pub(super) type Read<T> = Result<T, Trouble>;

/// A [`Trouble`].
pub(super) fn trouble<T>(why: impl Into<String>, help: impl Into<String>) -> Read<T> {
    Err(Trouble { why: why.into(), help: help.into() })
}

/// What names can mean in a condition.
pub(super) struct Scope<'a> {
    /// The declarations.
    pub agent: &'a Agent,
    /// Tools whose arguments can be meant; none where the condition is on the user alone.
    pub tools: &'a [String],
    /// Lists and numbers that the request can refer to by name.
    pub facts: &'a toml::Table,
}

/// What names of arguments say that a number is an amount of money.
const MONEY: &[&str] = &[
    "amount", "price", "total", "sum", "cost", "value", "payment", "fee", "budget", "spend", "balance", "limit",
    "money",
];
const ADDRESS: &[&str] =
    &["to", "recipient", "recipients", "cc", "bcc", "address", "addresses", "email", "mail", "receiver"];
const PATH: &[&str] = &["path", "file", "filename", "directory", "dir", "folder", "target", "destination"];

/// Kinds of values that a word of a condition speaks of without naming them.
#[derive(Clone, Copy)]
pub(super) enum Theme {
    /// "500 dollars"
    Money,
    /// "outside example.com"
    Address,
    /// "under /etc"
    Path,
    /// "older than 18"
    Age,
}

impl Scope<'_> {
    /// What a name in backticks means.
    pub(super) fn name(&self, name: &str, of_user: bool) -> Read<(Source, ValueKind)> {
        let attribute = self.agent.attributes.iter().find(|declared| declared.name == name);
        let argument = self.arguments().find(|(known, _)| *known == name);
        match (attribute, argument) {
            (Some(_), Some(_)) if !of_user => trouble(
                format!("`{name}` is both an attribute of the user and an argument of the tool"),
                format!("write the user's `{name}` for the attribute, or give the argument another name"),
            ),
            (Some(declared), _) => Ok((Source::Attribute(name.to_owned()), declared.kind)),
            (None, Some((_, kind))) => Ok((Source::Argument(name.to_owned()), kind)),
            (None, None) if matches!(name, "role" | "roles") => Ok((Source::Roles, ValueKind::List)),
            (None, None) if !of_user && self.has_open_tool() => Ok((Source::Argument(name.to_owned()), ValueKind::Any)),
            (None, None) if self.agent.attributes.is_empty() => {
                Ok((Source::Attribute(name.to_owned()), ValueKind::Any))
            }
            (None, None) => trouble(format!("`{name}` is not declared"), self.declared()),
        }
    }

    /// What the words mean, if they name an attribute or an argument: the whole name, or its last word alone.
    pub(super) fn words(&self, words: &[&str]) -> Read<Option<(Source, ValueKind)>> {
        let attributes =
            self.agent.attributes.iter().map(|d| (Source::Attribute(d.name.clone()), d.name.as_str(), d.kind));
        let arguments = self.arguments().map(|(name, kind)| (Source::Argument(name.to_owned()), name, kind));
        let all: Vec<(Source, &str, ValueKind)> = attributes.chain(arguments).collect();
        let whole: Vec<_> = all.iter().filter(|(_, name, _)| means_whole(words, name)).collect();
        let found = if whole.is_empty() && words.len() == 1 {
            all.iter().filter(|(_, name, _)| words.first().is_some_and(|word| means_head(word, name))).collect()
        } else {
            whole
        };
        match found.as_slice() {
            [] => Ok(None),
            [(source, _, kind)] => Ok(Some((source.clone(), *kind))),
            [(_, first, _), (_, second, _), ..] => trouble(
                format!("`{}` can mean `{first}` or `{second}`", words.join(" ")),
                "write the name that is meant in backticks",
            ),
        }
    }

    /// The names that have to do with the theme: arguments first, then attributes.
    pub(super) fn about(&self, theme: Theme) -> Vec<Source> {
        let wanted = match theme {
            Theme::Money => MONEY,
            Theme::Address => ADDRESS,
            Theme::Path => PATH,
            Theme::Age => &["age"],
        };
        let fits = |name: &str| name_words(name).iter().any(|word| wanted.contains(&word.as_str()));
        let arguments: Vec<Source> =
            self.arguments().filter(|(name, _)| fits(name)).map(|(n, _)| Source::Argument(n.to_owned())).collect();
        if !arguments.is_empty() {
            return arguments;
        }
        let attributes = self.agent.attributes.iter().filter(|declared| fits(&declared.name));
        attributes.map(|declared| Source::Attribute(declared.name.clone())).collect()
    }

    /// The only argument of the tools that can be a number, if there is just one.
    pub(super) fn only_number(&self) -> Option<Source> {
        let mut numbers = self.arguments().filter(|(_, kind)| *kind == ValueKind::Number);
        let only = numbers.next().filter(|_| numbers.next().is_none());
        only.map(|(name, _)| Source::Argument(name.to_owned()))
    }

    /// The only argument of the tools, if there is just one.
    pub(super) fn only_argument(&self) -> Option<Source> {
        let mut all = self.arguments();
        let only = all.next().filter(|_| all.next().is_none());
        only.map(|(name, _)| Source::Argument(name.to_owned()))
    }

    /// The declared role that starts the words, and how many words it takes.
    pub(super) fn role(&self, words: &[&str]) -> Option<(String, usize)> {
        let fits = |role: &str| {
            let name = name_words(role);
            let all = !name.is_empty()
                && name.iter().enumerate().all(|(n, part)| words.get(n).is_some_and(|w| same_family(part, w)));
            all.then_some(name.len())
        };
        let found = self.agent.roles.iter().filter_map(|role| Some((role.clone(), fits(role)?)));
        found.max_by_key(|(_, length)| *length)
    }

    /// Checks that a role, written as a name, is declared, where any are.
    pub(super) fn role_name(&self, name: &str) -> Read<String> {
        let roles = &self.agent.roles;
        let known = roles.iter().find(|role| role.as_str() == name || same_family(role, name));
        match known {
            Some(role) => Ok(role.clone()),
            None if roles.is_empty() => Ok(name.to_owned()),
            None => trouble(
                format!("`{name}` is no declared role"),
                format!("use one of the declared roles ({}), or declare it", ticked(roles.iter().map(String::as_str))),
            ),
        }
    }

    /// The value that the request's facts give for the name.
    pub(super) fn fact(&self, name: &str) -> Option<Value> {
        self.facts.get(name).and_then(|value| serde_json::to_value(value).ok())
    }

    /// What is declared, as help for a name that is not.
    pub(super) fn declared(&self) -> String {
        let mut parts = Vec::new();
        let attributes: Vec<&str> = self.agent.attributes.iter().map(|d| d.name.as_str()).collect();
        let arguments: Vec<&str> = self.arguments().map(|(name, _)| name).collect();
        let roles: Vec<&str> = self.agent.roles.iter().map(String::as_str).collect();
        for (label, names) in [("attributes", attributes), ("arguments", arguments), ("roles", roles)] {
            if !names.is_empty() {
                parts.push(format!("{label} {}", ticked(names.into_iter())));
            }
        }
        let known = if parts.is_empty() {
            "nothing is declared yet".to_owned()
        } else {
            format!("declared are the {}", parts.join(", the "))
        };
        format!("declare it in the agent description, or use a declared name in backticks; {known}")
    }

    fn arguments(&self) -> impl Iterator<Item = (&str, ValueKind)> {
        let tools = self.tools.iter().filter_map(|name| self.agent.tool(name));
        let mut seen = std::collections::BTreeSet::new();
        tools
            .flat_map(|tool| &tool.arguments)
            .map(|a| (a.name.as_str(), a.kind))
            .filter(move |(name, _)| seen.insert(*name))
    }

    /// Whether a tool's arguments are not listed, so that any name may be one.
    fn has_open_tool(&self) -> bool {
        self.tools.iter().any(|name| self.agent.tool(name).is_none_or(|tool| tool.arguments.is_empty()))
    }
}

/// The names in backticks, with commas.
pub(super) fn ticked<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// "driver's licence" means `dr_license`.
fn means_whole(words: &[&str], name: &str) -> bool {
    let name = name_words(name);
    let name: Vec<&String> = name.iter().filter(|word| !matches!(word.as_str(), "is" | "has")).collect();
    name.len() == words.len()
        && name.iter().zip(words).all(|(part, word)| same_family(part, word) || abbreviates(part, word))
}

/// "licence" means `dr_license`, as far as no other name ends so.
fn means_head(word: &str, name: &str) -> bool {
    let name = name_words(name);
    name.last().is_some_and(|last| last.len() > 2 && same_family(last, word))
}
