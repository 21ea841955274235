//! The JSON that the tool returns. `README.md` beside this crate describes it for authors of guards.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::{
    literal::Literal,
    position::{Position, Positions},
    record::{Argument, Assignment, Call, Mention},
    roots::Roots,
    value::Value,
};

/// Most bytes of text in a report. Names and constants can be repeated many times over.
const MOST_BYTES: usize = 1024 * 1024;

/// Everything found in one program.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Calls, a call's arguments before the call.
    pub(crate) calls: Vec<Call>,
    /// Assignments in order.
    pub(crate) assignments: Vec<Assignment>,
    /// String constants in order.
    pub(crate) strings: Vec<String>,
    /// Imported modules and names.
    pub(crate) imports: Vec<String>,
    /// Outside names used as values.
    pub(crate) mentions: Vec<Mention>,
    /// Ways to reach code by text.
    pub(crate) dynamic: Vec<Mention>,
    /// Why the program could not be read as a whole.
    pub(crate) error: Option<(String, Position)>,
    /// Whether variables could be followed.
    pub(crate) followed: bool,
}

/// The report, or a message when it would be too large.
///
/// # Errors
/// The report is over 1 MiB.
pub(crate) fn render(findings: &Findings, positions: &Positions<'_>) -> Result<Json, String> {
    let roots = Roots::of(&findings.calls);
    let mut left = MOST_BYTES;
    let mut calls = Vec::new();
    for (id, call) in findings.calls.iter().enumerate() {
        calls.push(render_call(id, call, &roots, positions));
        spend(&mut left, calls.last())?;
    }
    let mut assigns = Vec::new();
    for assignment in &findings.assignments {
        let (line, column) = positions.of(assignment.start.to_usize());
        let mut entry = render_value(&assignment.value, &roots);
        entry.insert("name".to_owned(), json!(assignment.name));
        entry.insert("line".to_owned(), json!(line));
        entry.insert("column".to_owned(), json!(column));
        assigns.push(Json::Object(entry));
        spend(&mut left, assigns.last())?;
    }
    let error = findings.error.as_ref().map(|(message, (line, column))| {
        json!({"message": message, "line": line, "column": column})
    });
    Ok(json!({
        "calls": calls,
        "assigns": assigns,
        "strings": findings.strings,
        "imports": findings.imports,
        "references": render_mentions(&findings.mentions, positions),
        "dynamic": render_mentions(&findings.dynamic, positions),
        "followed": findings.followed,
        "error": error,
    }))
}

fn spend(left: &mut usize, written: Option<&Json>) -> Result<(), String> {
    let size = written.map_or(0, |json| json.to_string().len());
    *left = left.checked_sub(size).ok_or("the findings are larger than 1 MiB; pass the code in smaller pieces")?;
    Ok(())
}

fn render_call(id: usize, call: &Call, roots: &Roots, positions: &Positions<'_>) -> Json {
    let (line, column) = positions.of(call.start.to_usize());
    let kwargs: Map<String, Json> = call
        .kwargs
        .iter()
        .map(|(name, argument)| (name.clone().unwrap_or_else(|| "**".to_owned()), render_argument(argument, roots)))
        .collect();
    json!({
        "id": id,
        "name": call.name(),
        "written": call.written,
        "targets": call.targets,
        "target_known": call.target_known,
        "method": call.method,
        "receiver": call.receiver.as_ref().map(|receiver| render_argument(receiver, roots)),
        "args": call.args.iter().map(|argument| render_argument(argument, roots)).collect::<Vec<_>>(),
        "kwargs": kwargs,
        "assigned_to": call.assigned_to,
        "in_loop": call.in_loop,
        "conditional": call.conditional,
        "function": call.function,
        "recovered": call.recovered,
        "line": line,
        "column": column,
    })
}

fn render_argument(argument: &Argument, roots: &Roots) -> Json {
    let mut entry = render_value(&argument.value, roots);
    entry.insert("name".to_owned(), json!(argument.name));
    entry.insert("starred".to_owned(), json!(argument.starred));
    if argument.starred {
        entry.insert("resolved".to_owned(), json!(false));
    }
    Json::Object(entry)
}

fn render_value(value: &Value, roots: &Roots) -> Map<String, Json> {
    let literals: Vec<Json> = value.literals.iter().map(Literal::to_json).collect();
    let templates: Vec<Json> =
        value.templates.iter().map(|pieces| json!({"text": pieces.join("{}"), "pieces": pieces})).collect();
    let (calls, complete) = roots.behind(value);
    let fields = [
        ("literal", value.single().map_or(Json::Null, Literal::to_json)),
        ("literals", Json::Array(literals)),
        ("templates", Json::Array(templates)),
        ("from", json!(value.from)),
        ("derived_from", json!(value.derived)),
        ("roots", json!(calls)),
        ("roots_complete", json!(complete)),
        ("references", json!(value.names)),
        ("resolved", json!(value.is_certain())),
    ];
    fields.into_iter().map(|(key, json)| (key.to_owned(), json)).collect()
}

fn render_mentions(mentions: &[Mention], positions: &Positions<'_>) -> Vec<Json> {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for mention in mentions {
        let (line, column) = positions.of(mention.start.to_usize());
        if seen.insert((mention.name.as_str(), line, column)) {
            entries.push(json!({"name": mention.name, "line": line, "column": column}));
        }
    }
    entries
}
