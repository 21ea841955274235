//! The guard's facts: who may do what, all fields of each resource, and how the agent reaches them.

use toml::{Table, Value};

use super::agent::{Agent, Function, Meaning, Tool};
use super::code::Pieces;
use super::policy::{Policy, Right, Rights};

/// Modules that compute and cannot read data on their own.
const MODULES: &[&str] = &[
    "calendar",
    "collections",
    "copy",
    "datetime",
    "dateutil",
    "decimal",
    "functools",
    "itertools",
    "json",
    "math",
    "numpy",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "time",
    "typing",
];
/// Functions that reach data without going through the agent's own.
pub(super) const OTHER_READERS: &[&str] = &[
    "open",
    "input",
    "compile",
    "vars",
    "globals",
    "locals",
    "read_csv",
    "read_sql",
    "read_sql_query",
    "read_sql_table",
    "read_table",
    "read_excel",
    "read_parquet",
    "read_pickle",
    "read_json",
    "genfromtxt",
    "loadtxt",
    "fromfile",
    "load",
];
/// What is computed over a field; anything else that is listed is another field.
const AGGREGATES: &[&str] = &[
    "all",
    "any",
    "average",
    "avg",
    "count",
    "distinct",
    "earliest",
    "first",
    "last",
    "latest",
    "len",
    "length",
    "list",
    "max",
    "mean",
    "median",
    "min",
    "mode",
    "most_common",
    "range",
    "set",
    "size",
    "std",
    "sum",
    "total",
    "unique",
    "var",
];
/// Functions of SQL that compute from their arguments alone.
const SQL_FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "date_add",
    "date_diff",
    "date_part",
    "date_sub",
    "date_trunc",
    "datediff",
    "datetime",
    "day",
    "dense_rank",
    "exp",
    "extract",
    "first_value",
    "floor",
    "greatest",
    "group_concat",
    "hour",
    "iif",
    "if",
    "ifnull",
    "instr",
    "isnull",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "lower",
    "ltrim",
    "max",
    "median",
    "min",
    "minute",
    "mod",
    "month",
    "now",
    "ntile",
    "nullif",
    "percentile_cont",
    "position",
    "power",
    "rank",
    "replace",
    "right",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sqrt",
    "stddev",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "trim",
    "typeof",
    "upper",
    "variance",
    "year",
];

/// All facts that the pieces of the code use. `given` are lists of the request that replace the usual ones.
pub(super) fn write(policy: &Policy, agent: &Agent, pieces: &Pieces, given: &Table) -> Table {
    let mut facts = Table::new();
    let has = |piece: &str| pieces.contains(piece);
    let list = |key: &str, usual: &[&str]| given.get(key).cloned().unwrap_or_else(|| strings(usual.iter().copied()));
    if let Some((part, _)) = &agent.part {
        facts.insert("part".into(), part.clone().into());
    }
    if has("program") {
        facts.insert("modules".into(), list("modules", MODULES));
        let readers: Vec<&str> = agent.functions.iter().map(Function::short).collect();
        let others: Vec<&str> = OTHER_READERS.iter().copied().filter(|name| !readers.contains(name)).collect();
        facts.insert("other_readers".into(), list("other_readers", &others));
        facts.insert(
            "readers".into(),
            agent.functions.iter().map(|f| (f.short().to_owned(), reader(f, pieces))).collect::<Table>().into(),
        );
    }
    if has("rows") {
        let results: Vec<&str> = agent.results.iter().map(String::as_str).collect();
        facts.insert("results".into(), list("results", &results));
    }
    if has("aggregates") {
        facts.insert("aggregates".into(), list("aggregates", AGGREGATES));
    }
    if has("sql") {
        facts.insert("dialect".into(), agent.dialect.into());
        facts.insert("sql_functions".into(), list("sql_functions", SQL_FUNCTIONS));
    }
    if has("tools") {
        facts.insert(
            "tools".into(),
            agent.tools.iter().map(|t| (t.name.clone(), tool(t, pieces))).collect::<Table>().into(),
        );
    }
    let columns = policy.resources.iter().filter_map(|found| Some((found.name.clone(), found.columns.as_ref()?)));
    facts.insert("columns".into(), columns.map(|(name, list)| (name, strings(list))).collect::<Table>().into());
    facts.insert("access".into(), rights(&policy.open, opened).into());
    if has("except") {
        facts.insert("except".into(), rights(&policy.open, excepted).into());
    }
    if has("approval") {
        facts.insert("approval".into(), rights(&policy.approval, opened).into());
    }
    facts
}

fn strings<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::Array(items.into_iter().map(|item| Value::String(item.into())).collect())
}

/// Role → key → list.
fn rights(rights: &Rights, list: fn(&Right) -> Option<Value>) -> Table {
    let mut roles = Table::new();
    for ((role, key), right) in rights {
        let Some(list) = list(right) else { continue };
        if let Value::Table(keys) = roles.entry(role.clone()).or_insert_with(|| Table::new().into()) {
            keys.insert(key.to_string(), list);
        }
    }
    roles
}

fn opened(right: &Right) -> Option<Value> {
    Some(match right {
        Right::Listed(fields) => strings(fields),
        Right::AllBut(but) if but.is_empty() => strings(["*"]),
        Right::AllBut(_) => Value::Array(Vec::new()),
    })
}

fn excepted(right: &Right) -> Option<Value> {
    match right {
        Right::AllBut(but) if !but.is_empty() => Some(strings(but)),
        _ => None,
    }
}

/// Separator of a list that has a single entry: no text has it within a name.
const SINGLE: &str = "\n";

fn reader(function: &Function, pieces: &Pieces) -> Value {
    let mut facts = Table::new();
    let position = |at: usize| Value::Integer(i64::try_from(at).unwrap_or(i64::MAX));
    facts.insert("prefix".into(), function.verb.prefix().into());
    facts.insert("most".into(), position(function.arity));
    for (key, at) in [("resource", function.resource), ("rows", function.rows), ("sql", function.sql)] {
        if let Some(at) = at {
            facts.insert(key.into(), position(at));
        }
    }
    if let Some(listed) = &function.conditions {
        facts.insert("conditions".into(), position(listed.at));
        if pieces.contains("condition_separator") {
            facts.insert("between".into(), listed.separator.as_deref().unwrap_or(SINGLE).into());
        }
    }
    if let Some(listed) = &function.fields {
        facts.insert("fields".into(), position(listed.at));
        if pieces.contains("field_separator") {
            facts.insert("separator".into(), listed.separator.as_deref().unwrap_or(SINGLE).into());
        }
        if pieces.contains("aggregates") {
            facts.insert("aggregates".into(), listed.aggregates.into());
        }
    }
    if pieces.contains("one_shot") {
        facts.insert("whole".into(), function.is_whole().into());
    }
    facts.into()
}

fn tool(tool: &Tool, pieces: &Pieces) -> Value {
    let mut facts = Table::new();
    facts.insert("prefix".into(), tool.verb.prefix().into());
    facts.insert("arguments".into(), strings(tool.arguments.iter().map(|(name, _)| name.as_str())));
    if tool.harmless() {
        return facts.into();
    }
    for (key, meaning) in [("sql", Meaning::Sql), ("program", Meaning::Program), ("resource", Meaning::Resource)] {
        if let Some(name) = tool.one(meaning) {
            facts.insert(key.into(), name.into());
        }
    }
    if tool.one(Meaning::Resource).is_some() {
        for (piece, key, meaning) in
            [("tool_fields", "fields", Meaning::Fields), ("tool_conditions", "conditions", Meaning::Conditions)]
        {
            if pieces.contains(piece) {
                facts.insert(key.into(), strings(tool.all(meaning)));
            }
        }
        facts.insert("whole".into(), tool.is_whole().into());
    }
    if !tool.opens.is_empty() {
        let opens = tool.opens.iter().map(|(name, fields)| (name.clone(), strings(fields)));
        facts.insert("opens".into(), opens.collect::<Table>().into());
    }
    facts.into()
}
