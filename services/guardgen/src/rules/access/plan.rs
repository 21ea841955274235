//! The plan of an access guard, true of the pieces of code that are kept.

use parapet_domain::Stage;

use super::agent::{Agent, Language};
use super::code::Pieces;
use super::policy::Policy;
use crate::{Action, Plan, Step};

/// The plan.
pub(super) fn write(title: String, policy: &Policy, agent: &Agent, pieces: &Pieces, tools: Vec<String>) -> Plan {
    let stages = vec![if agent.tools.is_empty() { Stage::Output } else { Stage::ToolCall }];
    let steps = [select(agent), extract(agent, pieces), compare(policy, pieces), decide(policy)].concat();
    Plan { title, stages, tools, steps, not_covered: not_covered(policy, agent) }
}

fn step(action: Action, what: String, reads: &[&str], tool: Option<&str>, facts: &[&str], codes: &[&str]) -> Step {
    let strings = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    Step {
        action,
        what,
        reads: strings(reads),
        tool: tool.map(str::to_owned),
        facts: strings(facts),
        reason_codes: strings(codes),
    }
}

fn select(agent: &Agent) -> Vec<Step> {
    let user = step(
        Action::Select,
        "Take the user's roles, in lower case, from the principal and never from text. Without a user or a known role nothing is open."
            .to_owned(),
        &["principal.roles"],
        None,
        &["access"],
        &["identity_missing", "role_unknown"],
    );
    let content = match &agent.part {
        Some((part, language)) => {
            let what = if *language == Language::Python { "a Python program" } else { "SQL" };
            let reads = format!("parts[name={part}].text");
            let what = format!("Take the part `{part}`, which is {what}. An event without it is refused.");
            step(Action::Select, what, &[&reads], None, &["part"], &["code_missing"])
        }
        None => step(
            Action::Select,
            "Take all tool calls. An event without one is refused, and so is a tool or an argument that is not described.".to_owned(),
            &["parts[kind=tool_call].tool", "parts[kind=tool_call].json"],
            None,
            &["tools"],
            &["code_missing", "code_not_understood"],
        ),
    };
    vec![user, content]
}

fn extract(agent: &Agent, pieces: &Pieces) -> Vec<Step> {
    let mut steps = Vec::new();
    if pieces.contains("program") {
        let names: Vec<String> = agent.functions.iter().map(|function| format!("`{}`", function.name)).collect();
        let mut facts = vec!["readers", "columns", "modules", "other_readers"];
        facts.extend(
            [("rows", "results"), ("aggregates", "aggregates")]
                .iter()
                .filter(|(piece, _)| pieces.contains(piece))
                .map(|(_, fact)| fact),
        );
        let rows = if pieces.contains("rows") {
            " Rows that are used in another way than through these are read with all their fields; only `len` reads none."
        } else {
            ""
        };
        let what = format!(
            "Follow the program's variables to the calls of {} and take from their arguments the resources and fields that they need. \
             Whatever cannot be followed is refused: names built at run time, code that does not parse, other ways to data.{rows}",
            names.join(", ")
        );
        steps.push(step(Action::Extract, what, &[], Some("python_calls"), &facts, &["code_not_understood"]));
    }
    if pieces.contains("tool_named") || pieces.contains("tool_fixed") {
        let what = "Take the resource and the fields from the arguments of each call, or from what its tool always reaches. A call that \
                    lists no fields needs all of them.";
        steps.push(step(Action::Extract, what.to_owned(), &[], None, &["tools", "columns"], &["code_not_understood"]));
    }
    if pieces.contains("sql") {
        let writes = if pieces.contains("sql_writes") {
            "Writing and deleting are needs of their own."
        } else {
            "SQL that writes is refused."
        };
        let what = format!(
            "Take tables and columns from the SQL; `*` is all columns. {writes} SQL that does not parse, a column of no table and a function \
             that does not only compute are refused."
        );
        let facts = ["dialect", "columns", "sql_functions"];
        steps.push(step(Action::Extract, what, &[], Some("sql_columns"), &facts, &["code_not_understood"]));
    }
    steps
}

fn compare(policy: &Policy, pieces: &Pieces) -> Vec<Step> {
    let mut facts = vec!["access"];
    let mut what =
        "Compare what is needed with what the user's roles open together; names are compared in lower case.".to_owned();
    if pieces.contains("except") {
        what.push_str(" Where a role has all fields but some, the rest is open.");
        facts.push("except");
    }
    if policy.has_approvals() {
        what.push_str(" What is missing may be open with an approval.");
        facts.push("approval");
    }
    vec![step(Action::Compare, what, &["principal.roles"], Some("check_access"), &facts, &[])]
}

fn decide(policy: &Policy) -> Vec<Step> {
    let (what, codes): (&str, &[&str]) = if policy.ask {
        (
            "Ask for an approval when something is missing; `details.missing` has exactly these fields. Else allow.",
            &["approval_needed"],
        )
    } else if policy.has_approvals() {
        (
            "Ask for an approval when all that is missing is open with one, else deny; `details.missing` has exactly these fields. Allow when nothing is missing.",
            &["approval_needed", "access_denied"],
        )
    } else {
        ("Deny when something is missing; `details.missing` has exactly these fields. Else allow.", &["access_denied"])
    };
    vec![step(Action::Decide, what.to_owned(), &[], None, &[], codes)]
}

fn not_covered(policy: &Policy, agent: &Agent) -> Vec<String> {
    let mut lines = vec!["which rows are reached: the policy is about resources and fields".to_owned()];
    let open: Vec<&str> =
        policy.resources.iter().filter(|found| found.columns.is_none()).map(|found| found.name.as_str()).collect();
    if !open.is_empty() {
        lines.push(format!(
            "all fields of {} are not known; whoever has all of them has unknown ones too",
            open.join(", ")
        ));
    }
    if agent.has_program() {
        lines.push("functions that reach data and are neither described nor in `other_readers`".to_owned());
    }
    lines
}
