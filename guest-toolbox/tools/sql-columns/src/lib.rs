//! The tool `sql_columns(sql, dialect, schema)`: which tables and columns an SQL text reads and writes.
//!
//! The text is parsed, never run. Aliases, joins, subqueries and common table expressions are resolved; what cannot be
//! attributed is reported as unresolved. `README.md` describes the result.

mod changes;
mod dialect;
mod expressions;
mod findings;
mod from_list;
mod queries;
mod resolver;
mod scope;
mod statements;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sqlparser::parser::{Parser, ParserError};

use crate::{
    dialect::Dialect,
    findings::Findings,
    resolver::{Resolver, Schema},
    scope::Scope,
};

/// Longest SQL text, in bytes.
pub const MOST_INPUT: usize = 64 * 1024;
/// Deepest nesting that is parsed.
const DEEPEST: usize = 50;

parapet_sdk::parapet_tool!(call);

/// One call of the tool: `[sql]`, `[sql, dialect]` or `[sql, dialect, schema]` as JSON to `{"ok": …}` or
/// `{"error": "…"}` as JSON.
#[must_use]
pub fn call(arguments: &[u8]) -> Vec<u8> {
    let answer = match answer(arguments) {
        Ok(report) => json!({"ok": report}),
        Err(message) => json!({"error": message}),
    };
    answer.to_string().into_bytes()
}

fn answer(arguments: &[u8]) -> Result<Json, String> {
    let expected = "expected the SQL text, and optionally the name of a dialect and a map of tables to columns";
    let arguments: Vec<Json> = serde_json::from_slice(arguments).map_err(|_| expected.to_owned())?;
    match arguments.as_slice() {
        [Json::String(sql)] => sql_columns(sql, None, None),
        [Json::String(sql), Json::String(dialect)] => sql_columns(sql, Some(dialect), None),
        [Json::String(sql), Json::String(dialect), schema] => sql_columns(sql, Some(dialect), Some(schema)),
        _ => Err(expected.to_owned()),
    }
}

/// The report on an SQL text. `schema` maps table names to arrays of column names, in lower case.
///
/// # Errors
/// The text is over [`MOST_INPUT`], the dialect is unknown, or the schema has another form. SQL that does not parse is no
/// error here: the report's `error` says so.
pub fn sql_columns(sql: &str, dialect: Option<&str>, schema: Option<&Json>) -> Result<Json, String> {
    if sql.len() > MOST_INPUT {
        return Err(format!("the SQL text has {} bytes; at most {MOST_INPUT} are read", sql.len()));
    }
    let name = dialect.unwrap_or("generic");
    let dialect = Dialect::named(name)
        .ok_or_else(|| format!("`{name}` is not a known SQL dialect; use one of {}", Dialect::NAMES))?;
    let schema = schema.map(read_schema).transpose()?.unwrap_or_default();
    let parser = Parser::new(&*dialect.grammar).with_recursion_limit(DEEPEST).try_with_sql(sql);
    let statements = match parser.and_then(|mut parser| parser.parse_statements()) {
        Ok(statements) => statements,
        Err(error) => return Ok(unparsed(&error)),
    };
    let findings = Findings::default();
    let mut resolver = Resolver { dialect: &dialect, schema: &schema, findings, resolved: BTreeSet::new() };
    for statement in &statements {
        resolver.statement(statement, &Scope::default());
    }
    let report = resolver.findings.to_json();
    // A tree nested by hostile SQL is too deep to be freed by recursion, and the instance ends with the call anyway.
    std::mem::forget(statements);
    Ok(report)
}

fn read_schema(schema: &Json) -> Result<Schema, String> {
    serde_json::from_value::<Schema>(schema.clone())
        .map_err(|_| "the schema must be a map of table names to arrays of column names".to_owned())
}

fn unparsed(error: &ParserError) -> Json {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => format!("nested deeper than {DEEPEST} levels"),
    };
    let (message, line, column) = located(&text);
    let mut report = Findings::default().to_json();
    if let Some(slot) = report.get_mut("error") {
        *slot = json!({"message": message, "line": line, "column": column});
    }
    report
}

/// Splits `… at Line: 1, Column: 8` off a message of the parser.
fn located(text: &str) -> (String, usize, usize) {
    let position = text.rsplit_once(" at Line: ").and_then(|(message, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((message.to_owned(), line.parse().ok()?, column.trim().parse().ok()?))
    });
    position.unwrap_or_else(|| (text.to_owned(), 0, 0))
}
