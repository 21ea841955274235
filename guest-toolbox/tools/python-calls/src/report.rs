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

/// Most bytes of a report, below what the host takes. Names and constants can be repeated many times over.
const MOST_BYTES: usize = 1_000_000;

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
/// The report is over [`MOST_BYTES`].
pub(crate) fn render(findings: &Findings, positions: &Positions<'_>) -> Result<Json, String> {
    let roots = Roots::of(&findings.calls);
    let mut space = Space(MOST_BYTES);
    let calls = space.list(findings.calls.iter().enumerate(), |(id, call)| render_call(id, call, &roots, positions))?;
    let assigns = space.list(&findings.assignments, |assignment| render_assignment(assignment, &roots, positions))?;
    let error = findings
        .error
        .as_ref()
        .map(|(message, (line, column))| json!({"message": message, "line": line, "column": column}));
    Ok(json!({
        "calls": calls,
        "assigns": assigns,
        "strings": space.list(&findings.strings, |string| json!(string))?,
        "imports": space.list(&findings.imports, |import| json!(import))?,
        "references": space.list(once_each(&findings.mentions), |mention| render_mention(mention, positions))?,
        "dynamic": space.list(once_each(&findings.dynamic), |mention| render_mention(mention, positions))?,
        "followed": findings.followed,
        "error": error,
    }))
}

/// Bytes that are left for the report.
struct Space(usize);

impl Space {
    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, render: impl Fn(T) -> Json) -> Result<Vec<Json>, String> {
        let mut list = Vec::new();
        for item in items {
            let json = render(item);
            let left = self.0.checked_sub(json.to_string().len() + 1);
            self.0 = left.ok_or("the findings are larger than 1 MB; pass the code in smaller pieces")?;
            list.push(json);
        }
        Ok(list)
    }
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

fn render_assignment(assignment: &Assignment, roots: &Roots, positions: &Positions<'_>) -> Json {
    let (line, column) = positions.of(assignment.start.to_usize());
    let mut entry = render_value(&assignment.value, roots);
    entry.insert("name".to_owned(), json!(assignment.name));
    entry.insert("line".to_owned(), json!(line));
    entry.insert("column".to_owned(), json!(column));
    Json::Object(entry)
}

/// The mentions without repetitions, as each pass through an expression may note one.
fn once_each(mentions: &[Mention]) -> impl Iterator<Item = &Mention> {
    let mut seen = BTreeSet::new();
    mentions.iter().filter(move |mention| seen.insert((mention.name.as_str(), mention.start)))
}

fn render_mention(mention: &Mention, positions: &Positions<'_>) -> Json {
    let (line, column) = positions.of(mention.start.to_usize());
    json!({"name": mention.name, "line": line, "column": column})
}
