//! The guard's code: a template of which only the pieces are kept that the policy and the agent need. Nothing of the
//! request is written into it; names stand in the facts.

use std::collections::BTreeSet;

use super::agent::{Agent, Language};
use super::policy::{Policy, Right};
use super::statement::Verb;

const CHECK: &str = include_str!("template/check.rhai");
const PYTHON: &str = include_str!("template/python.rhai");
const SQL: &str = include_str!("template/sql.rhai");
const TOOLS: &str = include_str!("template/tools.rhai");

/// Names of the pieces to keep.
pub(super) type Pieces = BTreeSet<&'static str>;

/// The pieces that a policy over an agent needs.
pub(super) fn pieces(policy: &Policy, agent: &Agent) -> Pieces {
    use super::agent::Meaning::{Conditions, Fields, Resource};
    let functions = &agent.functions;
    let tools = || agent.tools.iter().filter(|tool| !tool.harmless());
    let conditions = || functions.iter().filter_map(|function| function.conditions.as_ref());
    let fields = || functions.iter().filter_map(|function| function.fields.as_ref());
    let excepted = policy.open.values().any(|right| matches!(right, Right::AllBut(but) if !but.is_empty()));
    let named = functions.iter().any(|function| function.resource.is_some());
    let tool_named = tools().any(|tool| tool.one(Resource).is_some());
    let all = [
        ("program", agent.has_program()),
        ("query", matches!(&agent.part, Some((_, Language::Sql)))),
        ("part", agent.part.is_some()),
        ("tools", !agent.tools.is_empty()),
        ("sql", agent.has_sql()),
        ("sql_writes", policy.verbs().iter().any(|verb| *verb != Verb::Read)),
        ("named", named),
        ("handed", functions.iter().any(|function| function.rows.is_some())),
        ("rows", functions.iter().any(super::agent::Function::gives_rows)),
        ("conditions", conditions().next().is_some()),
        ("condition_separator", conditions().any(|listed| listed.separator.is_some())),
        ("fields", fields().next().is_some()),
        ("field_separator", fields().any(|listed| listed.separator.is_some())),
        ("aggregates", fields().any(|listed| listed.aggregates)),
        ("one_shot", functions.iter().any(super::agent::Function::is_whole)),
        ("python_sql", functions.iter().any(|function| function.sql.is_some())),
        ("tool_sql", tools().any(|tool| tool.sql().is_some())),
        ("tool_program", tools().any(|tool| tool.program().is_some())),
        ("tool_fixed", tools().any(|tool| !tool.opens.is_empty())),
        ("tool_named", tool_named),
        ("tool_conditions", tools().any(|tool| tool.one(Conditions).is_some())),
        ("tool_fields", tools().any(|tool| tool.one(Fields).is_some())),
        ("names", named || tool_named || conditions().next().is_some() || fields().next().is_some()),
        ("except", excepted),
        ("approval", policy.has_approvals()),
        ("ask", policy.ask),
    ];
    all.into_iter().filter(|(_, kept)| *kept).map(|(name, _)| name).collect()
}

/// The code of these pieces.
pub(super) fn write(pieces: &Pieces) -> String {
    let mut templates = vec![CHECK];
    for (piece, template) in [("tools", TOOLS), ("program", PYTHON), ("sql", SQL)] {
        if pieces.contains(piece) {
            templates.push(template);
        }
    }
    templates.into_iter().map(|template| assemble(template, pieces)).collect()
}

/// Keeps the lines of a template whose conditions hold: `//# if a|b`, `//# if !a`, `//# end`.
fn assemble(template: &str, pieces: &Pieces) -> String {
    let mut kept = String::with_capacity(template.len());
    let mut open: Vec<bool> = Vec::new();
    for line in template.lines() {
        if let Some(condition) = line.strip_prefix("//# if ") {
            open.push(condition.split('|').any(|name| match name.strip_prefix('!') {
                Some(name) => !pieces.contains(name),
                None => pieces.contains(name),
            }));
        } else if line == "//# end" {
            open.pop();
        } else if open.iter().all(|holds| *holds) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pieces_asked_for_are_kept() {
        let template = "a\n//# if x\nb\n//# if y|z\nc\n//# end\n//# end\n//# if !x\nd\n//# end\ne\n";
        assert_eq!(assemble(template, &Pieces::from(["x", "z"])), "a\nb\nc\ne\n");
        assert_eq!(assemble(template, &Pieces::from(["y"])), "a\nd\ne\n");
    }

    #[test]
    fn every_condition_of_the_templates_is_closed_and_names_a_piece() {
        let known = [
            "program",
            "query",
            "part",
            "tools",
            "sql",
            "sql_writes",
            "named",
            "handed",
            "rows",
            "conditions",
            "condition_separator",
            "fields",
            "field_separator",
            "aggregates",
            "one_shot",
            "python_sql",
            "tool_sql",
            "tool_program",
            "tool_fixed",
            "tool_named",
            "tool_conditions",
            "tool_fields",
            "names",
            "except",
            "approval",
            "ask",
        ];
        for template in [CHECK, PYTHON, SQL, TOOLS] {
            let conditions = template.lines().filter_map(|line| line.strip_prefix("//# if "));
            let names: Vec<&str> =
                conditions.flat_map(|text| text.split('|')).map(|name| name.trim_start_matches('!')).collect();
            assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
            let opened = template.lines().filter(|line| line.starts_with("//# if ")).count();
            assert_eq!(opened, template.lines().filter(|line| *line == "//# end").count());
        }
    }
}
