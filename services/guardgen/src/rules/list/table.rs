//! Rules in a Markdown table: an action, what it requires, and what is said when it is broken, a column each.

use crate::rules::markdown::Table;

use super::otherwise::trimmed;
use super::phrases::is_approval;
use super::policy::Effect;
use super::scope::{Read, trouble};
use super::statement::{Clause, Meaning, of_cells};
use super::words::{Kind, Token, tokens};

/// What a column holds.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Action,
    Who,
    Required,
    Otherwise,
}

/// What the words of a column's head say that it holds; the first that fits counts.
const HEADS: &[(Column, &[&str])] = &[
    (
        Column::Otherwise,
        &["violation", "violated", "otherwise", "else", "message", "text", "explanation", "error", "broken", "refusal"],
    ),
    (
        Column::Required,
        &[
            "required",
            "requires",
            "requirement",
            "requirements",
            "condition",
            "conditions",
            "needs",
            "needed",
            "must",
            "limit",
            "allowed",
        ],
    ),
    (Column::Who, &["who", "role", "roles", "whom", "users", "user"]),
    (
        Column::Action,
        &["action", "actions", "task", "tasks", "tool", "tools", "operation", "activity", "call", "request", "what"],
    ),
];

/// One row, as text and as its meaning.
pub(super) struct Row {
    /// The row as it is written.
    pub text: String,
    /// The requirement cell, which is the text that conditions are read from.
    pub meaning: Read<Meaning>,
}

/// The rows of the table, or the head that is not understood.
pub(super) fn rows(table: &Table) -> Result<Vec<Row>, (String, super::scope::Trouble)> {
    let columns: Vec<Column> = table
        .header
        .iter()
        .map(|head| column(head))
        .collect::<Read<_>>()
        .map_err(|trouble| (line(&table.header), trouble))?;
    let once = |wanted: Column| columns.iter().filter(|column| **column == wanted).count();
    if once(Column::Action) != 1
        || once(Column::Required) != 1
        || columns.len() > 4
        || once(Column::Otherwise) > 1
        || once(Column::Who) > 1
    {
        let problem =
            trouble::<()>("a table of rules needs one column for the action and one for what is required", HEAD_HELP);
        return Err((
            line(&table.header),
            problem.err().unwrap_or_else(|| super::scope::Trouble { why: String::new(), help: String::new() }),
        ));
    }
    Ok(table.rows.iter().map(|cells| Row { text: line(cells), meaning: meaning(&columns, cells) }).collect())
}

const HEAD_HELP: &str = "name the columns \"action\", \"required\" and \"violation\", and for roles \"who\"";

fn column(head: &str) -> Read<Column> {
    let words = tokens(head);
    let says = |wanted: &[&str]| words.iter().any(|token| wanted.contains(&token.word()));
    match HEADS.iter().find(|(_, wanted)| says(wanted)) {
        Some((column, _)) => Ok(*column),
        None => trouble(format!("the column `{head}` is not known"), HEAD_HELP),
    }
}

fn meaning(columns: &[Column], cells: &[String]) -> Read<Meaning> {
    let row = line(cells);
    let cell = |wanted: Column| columns.iter().position(|column| *column == wanted).and_then(|at| cells.get(at));
    let of = |wanted: Column| cell(wanted).map_or_else(Vec::new, |text| shifted(&row, text));
    let (action, required, who) = (of(Column::Action), of(Column::Required), of(Column::Who));
    let mut meaning = of_cells(trimmed(&action), trimmed(&required))?;
    let Meaning::Rule(statement) = &mut meaning else { return Ok(meaning) };
    let everyone = who.iter().all(|token| {
        matches!(token.word(), "all" | "everyone" | "anyone" | "any" | "users" | "user" | "everybody" | "")
    });
    if !who.is_empty() && !everyone {
        statement.when.push(Clause { tokens: who, people: true, of_user: true, negated: false });
    }
    let texts = [cell(Column::Action), cell(Column::Required)].map(|cell| cell.map_or("", |text| text.trim()));
    statement.text = Some(texts.join(": "));
    if let Some(text) = cell(Column::Otherwise) {
        let said = tokens(text);
        let plain: Vec<Token> = said.iter().filter(|token| !matches!(token.kind, Kind::Mark(_))).cloned().collect();
        if is_approval(&plain) {
            statement.effect = Some(Effect::Ask);
        } else if !matches!(text.trim(), "" | "-" | "(none)" | "none") {
            statement.text = Some(unquoted(text));
        }
    }
    Ok(meaning)
}

/// The cell's tokens, at their place in the row.
fn shifted(row: &str, cell: &str) -> Vec<Token> {
    let offset = row.find(cell).unwrap_or(0);
    tokens(cell)
        .into_iter()
        .map(|token| Token { start: token.start + offset, end: token.end + offset, ..token })
        .collect()
}

fn unquoted(text: &str) -> String {
    match tokens(text).as_slice() {
        [Token { kind: Kind::Quote(inner) | Kind::Code(inner), .. }] => inner.clone(),
        _ => text.trim().to_owned(),
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}
