//! Functions of an agent's programs, from calls such as `GetValue(db, 'column, aggregate')` in its description.

use super::super::name::{FIELD_NOUNS, Parsed, RESOURCE_NOUNS};
use super::super::statement::Verb;
use super::scan::{self, Call};
use crate::NotUnderstood;

/// Words for a value in a condition or for what is computed, which are no fields.
const AGGREGATE_NOUNS: &[&str] = &["aggregate", "aggregation", "function", "statistic"];
/// Words for what an agent writes instead of data.
const CODE_WORDS: &[&str] = &["python", "program", "programs", "code", "script", "scripts", "sql", "answer", "answers"];
/// Names of an argument that holds rows.
const ROW_NAMES: &[&str] = &[
    "db",
    "rows",
    "row",
    "data",
    "table",
    "df",
    "frame",
    "records",
    "result",
    "results",
    "dataset",
    "collection",
    "selection",
];

/// A list of fields or conditions in one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Listed {
    /// Position of the argument.
    pub(in super::super) at: usize,
    /// What separates two entries; without one there is a single entry.
    pub(in super::super) separator: Option<String>,
    /// Whether an entry after the first may be what is computed.
    pub(in super::super) aggregates: bool,
}

/// A function that reaches data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Function {
    /// Its name as called, with its object if it is a method.
    pub(in super::super) name: String,
    /// What it does.
    pub(in super::super) verb: Verb,
    /// Number of arguments.
    pub(in super::super) arity: usize,
    /// Argument with the name of the resource.
    pub(in super::super) resource: Option<usize>,
    /// Argument with rows that another function gave.
    pub(in super::super) rows: Option<usize>,
    /// Argument with conditions on fields.
    pub(in super::super) conditions: Option<Listed>,
    /// Argument with fields.
    pub(in super::super) fields: Option<Listed>,
    /// Argument with SQL.
    pub(in super::super) sql: Option<usize>,
}

impl Function {
    /// The last part of the name, by which calls are recognised.
    pub(in super::super) fn short(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// Whether its result is rows, for other functions to take fields from.
    pub(in super::super) fn gives_rows(&self) -> bool {
        self.sql.is_none() && self.fields.is_none() && !self.is_whole()
    }

    /// Whether a call touches all fields of the resource.
    pub(in super::super) fn is_whole(&self) -> bool {
        self.verb == Verb::Write && self.sql.is_none() && self.fields.is_none() && self.conditions.is_none()
    }
}

/// All functions that a description names.
pub(super) fn read(text: &str) -> Parsed<Vec<Function>> {
    let mut found: Vec<Function> = Vec::new();
    for sentence in scan::sentences(text) {
        let mut verb = Verb::Read;
        for call in scan::calls(sentence) {
            verb = verb_before(call.before).unwrap_or(verb);
            match function(&call, verb)? {
                Some(function) if found.iter().any(|known| known.short() == function.short() && *known != function) => {
                    return Err(NotUnderstood::new(
                        call.written,
                        "the function is described twice",
                        "describe it once",
                    ));
                }
                Some(function) if !found.contains(&function) => found.push(function),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// What is done with the data by the function that comes next. Writing a program is no writing of data.
fn verb_before(text: &str) -> Option<Verb> {
    let mut code = false;
    for word in scan::words(text).rev() {
        match Verb::of(&word) {
            Some(Verb::Write) if code => {}
            Some(verb) => return Some(verb),
            None => code |= CODE_WORDS.contains(&word.as_str()),
        }
    }
    None
}

/// One function; `None` when it reads no data.
fn function(call: &Call<'_>, verb: Verb) -> Parsed<Option<Function>> {
    let mut function = Function {
        name: call.name.to_owned(),
        verb,
        arity: call.arguments.len(),
        resource: None,
        rows: None,
        conditions: None,
        fields: None,
        sql: None,
    };
    for (at, argument) in call.arguments.iter().enumerate() {
        read_argument(&mut function, at, argument);
    }
    let reaches = function.resource.is_some() || function.rows.is_some();
    if function.sql.is_some() || reaches {
        return Ok(Some(function));
    }
    let after = call.after.trim_start().trim_start_matches('`').trim_start();
    if ["for ", "computes", "calculates", "reads no data", "that computes", "to compute"]
        .iter()
        .any(|word| after.starts_with(word))
    {
        return Ok(None);
    }
    let help = "write its arguments as 'table', 'column', 'column=value' or 'select ...', with rows unquoted; or what it is for, \
                such as `for dates`";
    Err(NotUnderstood::new(call.written, "it is not clear what the function reads", help))
}

fn read_argument(function: &mut Function, at: usize, argument: &str) {
    let Some(text) = quoted(argument) else {
        let name = argument.trim_matches(['[', ']']).to_lowercase();
        if function.rows.is_none() && ROW_NAMES.contains(&name.as_str()) {
            function.rows = Some(at);
        }
        return;
    };
    let lower = text.to_lowercase();
    let words: Vec<String> = scan::words(&lower).collect();
    let has = |nouns: &[&str]| words.iter().any(|word| nouns.contains(&word.as_str()));
    if words.first().is_some_and(|word| word == "select" || word == "sql") {
        function.sql = Some(at);
    } else if has(FIELD_NOUNS) && is_condition(&lower) {
        let separator = separator(&lower, condition_end(&lower));
        function.conditions = Some(Listed { at, separator, aggregates: false });
    } else if has(FIELD_NOUNS) {
        let separator = separator(&lower, words.first().map_or(0, String::len));
        function.fields = Some(Listed { at, separator, aggregates: has(AGGREGATE_NOUNS) });
    } else if has(RESOURCE_NOUNS) && words.len() == 1 {
        function.resource = Some(at);
    }
}

/// The text of `'text'`, also within the brackets of a list.
fn quoted(argument: &str) -> Option<&str> {
    let inner = argument.trim_matches(['[', ']', '.', ' ', ',']);
    let inner = inner.split(',').next().filter(|_| argument.starts_with('[')).unwrap_or(inner);
    let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    inner.strip_prefix(quote)?.strip_suffix(quote)
}

fn is_condition(text: &str) -> bool {
    text.contains(['=', '<', '>']) || text.contains(" is ") || text.contains(" in ")
}

/// Where the first condition ends: behind the word that follows its operator.
fn condition_end(text: &str) -> usize {
    let operator = text.find(['=', '<', '>']).unwrap_or(0);
    let rest = text.get(operator..).unwrap_or_default();
    let value = rest.find(|c: char| c.is_alphanumeric()).unwrap_or(rest.len());
    let word = rest.get(value..).unwrap_or_default();
    operator + value + word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len())
}

/// What stands between the entry that ends at `end` and the next one.
fn separator(text: &str, end: usize) -> Option<String> {
    let rest = text.get(end..)?;
    let next = rest.find(|c: char| c.is_alphanumeric()).unwrap_or(rest.len());
    let between = rest.get(..next)?.trim_end_matches("...").trim();
    if between.is_empty() {
        // "column=value and column=value"
        let word = rest.trim_start().split(' ').next().filter(|word| matches!(*word, "and" | "or"))?;
        return Some(format!(" {word} "));
    }
    Some(between.to_owned())
}
