//! How an agent reaches data, read from its description: functions of its programs, a query, or tool calls.

use super::name::Parsed;
use super::statement::Verb;
use crate::NotUnderstood;

mod function;
mod scan;
mod tool;

pub(super) use function::Function;
#[cfg(test)]
pub(super) use function::Listed;
pub(super) use tool::{Meaning, Tool};

/// What a part of an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// A Python program.
    Python,
    /// A SQL query.
    Sql,
}

/// The ways to data that a description names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agent {
    /// Name and language of the part of the answer that is judged.
    pub(super) part: Option<(String, Language)>,
    /// Functions that its programs reach data with.
    pub(super) functions: Vec<Function>,
    /// Tools that it calls.
    pub(super) tools: Vec<Tool>,
    /// Variables that are the answer of a program.
    pub(super) results: Vec<String>,
    /// Dialect of its SQL.
    pub(super) dialect: &'static str,
}

impl Agent {
    /// Whether a program is read.
    pub(super) fn has_program(&self) -> bool {
        self.tools.iter().any(|tool| tool.program().is_some()) || matches!(&self.part, Some((_, Language::Python)))
    }

    /// Whether SQL is read.
    pub(super) fn has_sql(&self) -> bool {
        self.functions.iter().any(|function| function.sql.is_some())
            || self.tools.iter().any(|tool| tool.sql().is_some())
            || matches!(&self.part, Some((_, Language::Sql)))
    }

    /// Whether data can be reached in this way of working.
    pub(super) fn can(&self, verb: Verb) -> bool {
        self.has_sql()
            || self.functions.iter().any(|function| function.verb == verb)
            || self.tools.iter().any(|tool| tool.verb == verb && !tool.harmless())
    }
}

const HELP: &str = "name the functions with their arguments, such as `Load('table')` and `Get(rows, 'column')`, and the part with the \
                    program; or the tools, such as \"tool `read` with arguments `table` and `fields`\"; or \"the part `sql` is a SQL query\"";

/// Reads a description.
pub(super) fn read(description: &str) -> Parsed<Agent> {
    let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let tools = tool::read(&text)?;
    let functions = function::read(&text)?;
    let agent = Agent {
        part: part_of(&text, &functions)?,
        results: results_of(&text),
        dialect: dialect_of(&text),
        functions,
        tools,
    };
    let beginning: String = text.chars().take(120).collect();
    let complain = |why: &str| Err(NotUnderstood::new(format!("agent: {beginning}"), why, HELP));
    if !agent.has_program() && !agent.functions.is_empty() {
        return complain("it names functions, and no part with a program");
    }
    if agent.part.is_none() && agent.tools.iter().all(Tool::harmless) {
        return complain("it does not say how the agent reaches data");
    }
    if agent.has_program() && agent.functions.is_empty() {
        return complain("it does not say with which functions the program reads");
    }
    if agent.part.is_some() && !agent.tools.is_empty() {
        return complain("it names both a part of the answer and tools, which are events of two kinds");
    }
    Ok(agent)
}

/// "The program is in the part `code` of its answer."
fn part_of(text: &str, functions: &[Function]) -> Parsed<Option<(String, Language)>> {
    let mut found = None;
    for sentence in scan::sentences(text) {
        let Some((before, after)) = sentence.split_once("part `") else { continue };
        let Some((name, after)) = after.split_once('`') else { continue };
        let words = format!("{before} {after}").to_lowercase();
        let about = |word: &str| scan::words(&words).any(|found| found == word);
        let language = match () {
            () if about("sql") || about("query") => Language::Sql,
            () if ["program", "code", "script", "python"].iter().any(|word| about(word)) => Language::Python,
            () if !functions.is_empty() => Language::Python,
            () => continue,
        };
        if found.as_ref().is_some_and(|(known, _)| known != name) {
            return Err(NotUnderstood::new(
                sentence,
                "a second part is named",
                "name the one part that holds the code",
            ));
        }
        found = Some((name.to_owned(), language));
    }
    Ok(found)
}

/// "Its answer is in the variable `answer`."
fn results_of(text: &str) -> Vec<String> {
    let named: Vec<String> = text
        .split("variable `")
        .skip(1)
        .filter_map(|rest| rest.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    if named.is_empty() { vec!["answer".to_owned()] } else { named }
}

fn dialect_of(text: &str) -> &'static str {
    const DIALECTS: &[(&str, &str)] = &[
        ("postgres", "postgresql"),
        ("mysql", "mysql"),
        ("mariadb", "mysql"),
        ("sqlite", "sqlite"),
        ("sql server", "mssql"),
        ("oracle", "oracle"),
        ("snowflake", "snowflake"),
        ("bigquery", "bigquery"),
        ("redshift", "redshift"),
        ("clickhouse", "clickhouse"),
        ("duckdb", "duckdb"),
        ("databricks", "databricks"),
    ];
    let text = text.to_lowercase();
    DIALECTS.iter().find(|(word, _)| text.contains(word)).map_or("generic", |(_, dialect)| dialect)
}
