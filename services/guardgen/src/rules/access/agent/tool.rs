//! Tools that an agent calls, from sentences such as "tool `read_record` with arguments `table` and `fields`".

use super::super::cell;
use super::super::name::{self, FIELD_NOUNS, Parsed, RESOURCE_NOUNS, bracketed, split_list};
use super::super::statement::{Fields, Verb};
use super::scan;
use crate::NotUnderstood;

/// What an argument of a tool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Meaning {
    /// The name of the resource.
    Resource,
    /// Fields that are read or written.
    Fields,
    /// Conditions on fields.
    Conditions,
    /// SQL.
    Sql,
    /// A Python program.
    Program,
    /// Something that says nothing about fields.
    Value,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Tool {
    /// Its name.
    pub(in super::super) name: String,
    /// What it does.
    pub(in super::super) verb: Verb,
    /// Its arguments.
    pub(in super::super) arguments: Vec<(String, Meaning)>,
    /// Resources and fields that every call reaches.
    pub(in super::super) opens: Vec<(String, Vec<String>)>,
    /// Whether the description says that it reaches no data.
    no_data: bool,
}

impl Tool {
    /// Whether it reaches no data.
    pub(in super::super) const fn harmless(&self) -> bool {
        self.no_data
    }

    /// The arguments of this meaning.
    pub(in super::super) fn all(&self, meaning: Meaning) -> Vec<&str> {
        self.arguments.iter().filter(|(_, found)| *found == meaning).map(|(name, _)| name.as_str()).collect()
    }

    /// The first argument of this meaning.
    pub(in super::super) fn one(&self, meaning: Meaning) -> Option<&str> {
        self.all(meaning).first().copied()
    }

    /// The argument with SQL.
    pub(in super::super) fn sql(&self) -> Option<&str> {
        self.one(Meaning::Sql)
    }

    /// The argument with a program.
    pub(in super::super) fn program(&self) -> Option<&str> {
        self.one(Meaning::Program)
    }

    /// Whether a call without a list of fields reaches all of them.
    pub(in super::super) fn is_whole(&self) -> bool {
        self.verb != Verb::Delete
    }
}

/// A name in backticks, with what stands before and directly behind it.
struct Named<'a> {
    before: &'a str,
    name: &'a str,
    after: &'a str,
}

/// All tools that a description names.
pub(super) fn read(text: &str) -> Parsed<Vec<Tool>> {
    let mut found: Vec<Tool> = Vec::new();
    for sentence in scan::sentences(text) {
        let about_tools = scan::words(sentence).any(|word| word == "tool" || word == "tools");
        if about_tools && sentence.contains('`') {
            for tool in in_sentence(sentence)? {
                if found.iter().any(|known| known.name == tool.name) {
                    return Err(NotUnderstood::new(
                        sentence,
                        format!("tool `{}` is described twice", tool.name),
                        "describe it once",
                    ));
                }
                found.push(tool);
            }
        }
    }
    Ok(found)
}

fn names(sentence: &str) -> Vec<Named<'_>> {
    let pieces: Vec<&str> = sentence.split('`').collect();
    let named = |at: usize| {
        let piece = |at: usize| pieces.get(at).copied().unwrap_or_default();
        Named { before: piece(at - 1), name: piece(at), after: piece(at + 1) }
    };
    (1..pieces.len()).step_by(2).map(named).collect()
}

fn in_sentence(sentence: &str) -> Parsed<Vec<Tool>> {
    let mut tools: Vec<Tool> = Vec::new();
    let mut verb = Verb::Read;
    let mut in_arguments = false;
    for named in names(sentence) {
        let begins = named.after.trim_start();
        let takes_arguments =
            begins.starts_with("with ") && (begins.contains("argument") || begins.contains("parameter"));
        let said = verb_behind(begins);
        if let Some(before) = verb_before(named.before) {
            verb = before;
        }
        let is_tool = takes_arguments || said.is_some() || !in_arguments;
        if is_tool && !(in_arguments && said.is_some() && !named.before.contains("tool")) {
            let tool =
                Tool { name: named.name.to_owned(), verb, arguments: Vec::new(), opens: Vec::new(), no_data: false };
            tools.push(tool);
            in_arguments = takes_arguments;
        } else if let Some(tool) = tools.last_mut() {
            tool.arguments.push((named.name.to_owned(), meaning(named.name, begins, sentence)?));
        }
        if let (Some(said), Some(tool)) = (said, tools.last_mut()) {
            let said = said?;
            tool.verb = said.0;
            tool.no_data = said.2;
            tool.opens.extend(said.1);
            in_arguments = false;
            if said.2 {
                // "tools `a` and `b` read no data"
                let bare = |tool: &&mut Tool| tool.arguments.is_empty() && tool.opens.is_empty();
                tools.iter_mut().rev().skip(1).take_while(bare).for_each(|tool| tool.no_data = true);
            }
        }
    }
    tools.iter_mut().try_for_each(|tool| complete(tool, sentence))?;
    Ok(tools)
}

/// "writes with the" directly before a tool.
fn verb_before(text: &str) -> Option<Verb> {
    let words: Vec<String> = scan::words(text).collect();
    let joins = words.iter().any(|word| matches!(word.as_str(), "with" | "using" | "by" | "through"));
    if joins { words.iter().rev().find_map(|word| Verb::of(word)) } else { None }
}

type Said = (Verb, Vec<(String, Vec<String>)>, bool);

/// "reads accounts (number, balance)", "reads no data" or "changes a record" directly behind a tool or its last argument.
fn verb_behind(text: &str) -> Option<Parsed<Said>> {
    let text = text.trim_start_matches([',', ' ']).trim_start();
    let text = if text.starts_with('(') { text.split_once(") ").map_or("", |(_, rest)| rest) } else { text };
    let (word, rest) = text.split_once(' ')?;
    if matches!(word, "needs" | "reaches" | "touches") && rest.starts_with("no data") {
        return Some(Ok((Verb::Read, Vec::new(), true)));
    }
    let verb = Verb::of(word)?;
    let clause = rest.split(['.', ';', ':']).next().unwrap_or_default();
    if clause.starts_with("no data") {
        return Some(Ok((verb, Vec::new(), true)));
    }
    if !clause.contains('(') {
        return Some(Ok((verb, Vec::new(), false)));
    }
    let end = clause.rfind(')').map_or(clause.len(), |at| at + 1);
    Some(opens(clause.get(..end).unwrap_or_default(), text).map(|opens| (verb, opens, false)))
}

fn opens(text: &str, sentence: &str) -> Parsed<Vec<(String, Vec<String>)>> {
    let mut found = Vec::new();
    for item in split_list(text) {
        let (resource, fields) = bracketed(&item).ok_or_else(|| {
            NotUnderstood::new(
                sentence,
                format!("`{item}` has no fields"),
                "write `RESOURCE (FIELDS)` for what the tool reaches",
            )
        })?;
        let fields = match cell::fields(fields, sentence)? {
            Some(Fields::All) => vec!["*".to_owned()],
            Some(Fields::Only(fields)) => fields,
            _ => {
                return Err(NotUnderstood::new(
                    sentence,
                    "it is not clear what the tool reaches",
                    "name the fields, or `all`",
                ));
            }
        };
        found.push((name::resource(resource, sentence)?, fields));
    }
    Ok(found)
}

/// What an argument is, from the words in brackets behind it or from its name.
fn meaning(name: &str, behind: &str, sentence: &str) -> Parsed<Meaning> {
    let said = behind.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(said, _)| said);
    let text = said.unwrap_or(name).to_lowercase();
    let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let has = |nouns: &[&str]| words.iter().any(|word| nouns.contains(&word.as_str()));
    let found = match () {
        () if has(&["sql", "query", "statement"]) => Meaning::Sql,
        () if has(&["python", "program", "code", "script"]) => Meaning::Program,
        () if has(&["condition", "conditions", "filter", "filters", "where", "criteria", "match"]) => {
            Meaning::Conditions
        }
        () if has(&[
            "id", "ids", "limit", "offset", "page", "count", "number", "text", "language", "format", "reason", "value",
        ]) =>
        {
            Meaning::Value
        }
        () if has(FIELD_NOUNS) || has(&["values", "changes", "order", "sort"]) => Meaning::Fields,
        () if has(RESOURCE_NOUNS) || has(&["type", "kind"]) => Meaning::Resource,
        () => {
            let why = format!("it is not clear what argument `{name}` is");
            let help = format!(
                "say it behind the name: `{name}` (the table), (the fields), (a condition), (a query) or (a value)"
            );
            return Err(NotUnderstood::new(sentence, why, help));
        }
    };
    Ok(found)
}

/// A tool must reach data in a way that is told, or none at all.
fn complete(tool: &mut Tool, sentence: &str) -> Parsed<()> {
    let told = [Meaning::Resource, Meaning::Sql, Meaning::Program].iter().any(|meaning| tool.one(*meaning).is_some());
    if told || tool.no_data || !tool.opens.is_empty() {
        return Ok(());
    }
    let why = format!("it is not clear what tool `{}` reaches", tool.name);
    let help = "name an argument with the table or the query, write `reads RESOURCE (FIELDS)`, or `reads no data`";
    Err(NotUnderstood::new(sentence, why, help))
}
