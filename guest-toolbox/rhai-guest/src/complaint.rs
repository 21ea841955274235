//! The interpreter's errors in the house style: lower case, no full stop, position, and what to do.
//! People and models both act on these texts, so tests assert them.

use parapet_abi::Complaint;
use rhai::{EvalAltResult, LexError, ParseError, ParseErrorType, Position};

use crate::engine::DISABLED;

/// Complaint about a script that does not parse.
#[must_use]
pub fn of_parse_error(error: &ParseError) -> Complaint {
    let (message, help) = explain(error.err_type());
    at(error.position(), message, help)
}

/// Complaint at a position.
#[must_use]
pub fn at(position: Position, message: String, help: String) -> Complaint {
    let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Complaint { line: number(position.line()), column: number(position.position()), message, help }
}

fn explain(kind: &ParseErrorType) -> (String, String) {
    use ParseErrorType as P;
    match kind {
        P::UnexpectedEOF => ("script ends in the middle of something".into(), "close every `{`, `(`, `[` and string".into()),
        P::VariableUndefined(name) => (
            format!("variable `{name}` is not defined"),
            "declare it with `let` before its first use; a function sees only its parameters, its own variables and `facts`"
                .into(),
        ),
        P::Reserved(word) | P::BadInput(LexError::ImproperSymbol(word, _)) if DISABLED.contains(&word.as_str()) => {
            not_available(word)
        }
        P::Reserved(word) => (format!("`{word}` is a reserved word"), "choose another name".into()),
        P::MissingToken(token, purpose) => (format!("`{token}` is missing {purpose}"), format!("add `{token}` here")),
        P::AssignmentToConstant(name) => {
            (format!("`{name}` is a constant"), "assign to a variable declared with `let`".into())
        }
        P::FnDuplicatedDefinition(name, n) => {
            (format!("function `{name}` with {n} parameters is defined twice"), "rename or remove one of them".into())
        }
        P::ExprTooDeep => ("expression is nested too deeply".into(), "split it with `let`".into()),
        other => (lower_first(&other.to_string()), "correct the script at this position".into()),
    }
}

/// Message and help for a word of [`DISABLED`].
#[must_use]
pub fn not_available(word: &str) -> (String, String) {
    (
        format!("`{word}` is not available in guards"),
        "a guard computes its verdict from `event` and `facts` alone; remove the call".into(),
    )
}

/// Text for the operator when a script fails while it runs.
#[must_use]
pub fn of_run_error(error: &EvalAltResult) -> String {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = inner {
        inner = cause;
    }
    let position = inner.position();
    // The text is logged, so it must not carry what the script was working on.
    let mut text = match inner {
        EvalAltResult::ErrorRuntime(value, _) => format!("script threw a value of type {}", value.type_name()),
        EvalAltResult::ErrorIndexNotFound(..) => "index not found".to_owned(),
        other => lower_first(other.to_string().split(" (line ").next().unwrap_or_default()),
    };
    if let (Some(line), Some(column)) = (position.line(), position.position()) {
        text = format!("line {line}, column {column}: {text}");
    }
    text.chars().take(1_000).collect()
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
