//! The plan of a rule list, true of the code that the templates make.

use std::collections::BTreeSet;

use parapet_domain::Stage;

use super::policy::{Action as What, Effect, Operand, Rest};
use super::reader::List;
use super::topics::Topics;
use crate::{Action, GuardRequest, Plan, Step};

/// The plan.
pub(super) fn plan(request: &GuardRequest, list: &List, topics: Option<&Topics>) -> Plan {
    let mut steps = if topics.is_some() { task_steps(list) } else { call_steps(list) };
    steps.push(compare(list));
    steps.push(decide(list));
    Plan {
        title: title(request, list),
        stages: vec![if topics.is_some() { Stage::Input } else { Stage::ToolCall }],
        tools: if topics.is_some() { vec!["text_topic".to_owned()] } else { Vec::new() },
        steps,
        not_covered: not_covered(list, topics.is_some()),
    }
}

fn title(request: &GuardRequest, list: &List) -> String {
    let count = list.rules.len();
    let noun = if count == 1 { "rule" } else { "rules" };
    let about = request.agent.trim().split(['.', '\n']).next().unwrap_or_default().trim();
    if about.is_empty() || about.len() > 80 {
        format!("{count} {noun} on what the agent may do")
    } else {
        format!("{count} {noun} for: {about}")
    }
}

fn step(action: Action, what: &str) -> Step {
    Step { action, what: what.to_owned(), reads: Vec::new(), tool: None, facts: Vec::new(), reason_codes: Vec::new() }
}

fn call_steps(list: &List) -> Vec<Step> {
    let tools: BTreeSet<&str> = list
        .rules
        .iter()
        .flat_map(|s| if let What::Tools(tools) = &s.rule.action { tools.as_slice() } else { &[] })
        .map(String::as_str)
        .collect();
    let names = tools.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut select = step(
        Action::Select,
        &format!("Take the tool calls of the event. The rules are about {names}. A call without a name is refused."),
    );
    select.reads = vec!["parts[kind=tool_call].tool".to_owned()];
    select.reason_codes = vec!["tool_missing".to_owned()];
    vec![select]
}

fn task_steps(list: &List) -> Vec<Step> {
    let mut select = step(Action::Select, "Take what the user asked for. Without it the guard refuses.");
    select.reads = match &list.agent.task_part {
        Some(part) => vec![format!("parts[name={part}].text"), "parts[role=user].text".to_owned()],
        None => vec!["parts[role=user].text".to_owned()],
    };
    select.facts = list.agent.task_part.iter().map(|_| "task_part".to_owned()).collect();
    select.reason_codes = vec!["task_missing".to_owned()];
    let mut extract = step(
        Action::Extract,
        "Find out what the task is about: the best topic and those within `margin` of it, from `threshold` on. Topics are actions done to \
         kinds of things; kinds that no rule names are topics of their own, so that they are not taken for one of the rules'.",
    );
    extract.tool = Some("text_topic".to_owned());
    extract.facts = ["topics", "threshold", "margin"].map(str::to_owned).to_vec();
    if let Some(part) = &list.agent.history_part {
        extract.what.push_str(" The actions so far, lines with an arrow, count less than the task.");
        extract.reads = vec![format!("parts[name={part}].text")];
        extract.facts.extend(["history".to_owned(), "history_part".to_owned()]);
    }
    vec![select, extract]
}

fn compare(list: &List) -> Step {
    let conditions = list.rules.iter().flat_map(|stated| stated.rule.conditions());
    let sources = conditions.flat_map(|condition| {
        let other = if let Operand::Of(source) = &condition.value { Some(source) } else { None };
        std::iter::once(&condition.of).chain(other)
    });
    let reads: BTreeSet<String> = sources.map(super::policy::Source::field).collect();
    let mut step = step(
        Action::Compare,
        "Check the rules of these actions in order. A rule applies unless its case is certainly another, and is broken unless one of the ways \
         to keep it certainly holds: what is missing or of another type is never in favour of the call.",
    );
    step.reads = reads.into_iter().collect();
    step.facts = vec!["rules".to_owned()];
    if matches!(list.rest, Rest::Forbidden(_)) {
        step.what.push_str(" Everything that no rule names is forbidden.");
        step.facts.extend(["known".to_owned(), "otherwise".to_owned()]);
    }
    step
}

fn decide(list: &List) -> Step {
    let has = |effect: Effect| list.rules.iter().any(|stated| stated.rule.effect == effect);
    let denies = has(Effect::Deny) || matches!(list.rest, Rest::Forbidden(_));
    let mut step = step(Action::Decide, "");
    let mut what = Vec::new();
    if denies {
        what.push("Deny with the text of the first broken rule; `details.violated` has all of them, in the order of the rules.");
        step.reason_codes.push("rule_violated".to_owned());
    }
    if has(Effect::Ask) {
        what.push(if denies {
            "Where only rules that ask for approval are broken, ask, with their texts in the same way."
        } else {
            "Ask for approval with the text of the first broken rule; `details.violated` has all of them."
        });
        step.reason_codes.push("approval_required".to_owned());
    }
    what.push("Allow everything else.");
    step.what = what.join(" ");
    step
}

fn not_covered(list: &List, reads_text: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if list.rest == Rest::Unsaid {
        lines.push("what no rule names: the request does not say whether it is free, and it passes".to_owned());
    }
    if reads_text {
        lines.push("tasks in languages other than English, and tasks that name only a brand or a person".to_owned());
    } else {
        lines.push("what a tool does beyond its name and arguments, and effects of several calls together".to_owned());
    }
    lines
}
