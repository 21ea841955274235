//! The guard's code: readable Rhai put together from templates, only the parts that the rules need.

use std::collections::BTreeSet;

use super::policy::{Condition, Effect, Op, Operand, Rest, Source};
use super::reader::List;
use super::topics::Topics;

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("templates/", $name, ".rhai"))
    };
}

/// The code for the list.
pub(super) fn code(list: &List, topics: Option<&Topics>) -> String {
    let conditions: Vec<&Condition> = list.rules.iter().flat_map(|stated| stated.rule.conditions()).collect();
    let forbidden_rest = matches!(list.rest, Rest::Forbidden(_));
    let mut parts = match topics {
        None if forbidden_rest => vec![template!("calls_listed").to_owned()],
        None => vec![template!("calls").to_owned()],
        Some(_) => tasks(list, forbidden_rest),
    };
    parts.push(decide(list, forbidden_rest).to_owned());
    parts.push(template!("texts").to_owned());
    parts.push(values(&conditions).to_owned());
    parts.push(broken(list, &conditions).to_owned());
    if !conditions.is_empty() {
        parts.extend(comparing(&conditions));
    }
    parts.join("\n")
}

fn tasks(list: &List, forbidden_rest: bool) -> Vec<String> {
    let history = list.agent.history_part.is_some();
    let otherwise = if forbidden_rest { template!("tasks_listed") } else { "" };
    let check = template!("tasks")
        .replace("{{history}}", if history { "history_of(event)" } else { "\"\"" })
        .replace("{{otherwise}}", otherwise);
    let task = if list.agent.task_part.is_some() { template!("task_named") } else { template!("task_any") };
    let scores = if history { template!("scores_history") } else { template!("scores") };
    let known = forbidden_rest.then(|| template!("any_known").to_owned());
    [check, task.to_owned(), scores.to_owned()].into_iter().chain(known).collect()
}

fn decide(list: &List, forbidden_rest: bool) -> &'static str {
    let has = |effect: Effect| list.rules.iter().any(|stated| stated.rule.effect == effect);
    match (has(Effect::Deny) || forbidden_rest, has(Effect::Ask)) {
        (true, true) => template!("decide_both"),
        (false, true) => template!("decide_ask"),
        _ => template!("decide_deny"),
    }
}

fn sources<'a>(conditions: &'a [&Condition]) -> impl Iterator<Item = &'a Source> {
    conditions.iter().flat_map(|condition| {
        let other = if let Operand::Of(source) = &condition.value { Some(source) } else { None };
        std::iter::once(&condition.of).chain(other)
    })
}

fn values(conditions: &[&Condition]) -> &'static str {
    let is_call = |source: &Source| matches!(source, Source::Argument(_));
    match (sources(conditions).any(is_call), sources(conditions).any(|source| !is_call(source))) {
        (true, true) => template!("values_call"),
        (true, false) => template!("values_call_only"),
        (false, true) => template!("values_user"),
        (false, false) => template!("values_none"),
    }
}

fn broken(list: &List, conditions: &[&Condition]) -> &'static str {
    if conditions.is_empty() {
        return template!("broken_always");
    }
    if list.rules.iter().all(|stated| stated.rule.when.is_empty()) {
        template!("broken")
    } else {
        template!("broken_when")
    }
}

/// Whether a list of values may stand where one value is compared.
pub(super) fn takes_lists(condition: &Condition) -> bool {
    matches!(condition.of, Source::Argument(_))
        && matches!(condition.op, Op::Equal | Op::In | Op::StartsWith | Op::EndsWith | Op::InDomain)
}

fn comparing(conditions: &[&Condition]) -> Vec<String> {
    let ops: BTreeSet<Op> = conditions.iter().map(|condition| condition.op).collect();
    let compared = ops.iter().any(|op| *op != Op::Exists);
    let negated = conditions.iter().any(|condition| condition.not);
    let refers = conditions.iter().any(|condition| matches!(condition.value, Operand::Of(_)));
    let lists = conditions.iter().any(|condition| takes_lists(condition));
    let exists = match (ops.contains(&Op::Exists), compared, negated) {
        (false, _, _) => "",
        (true, _, false) => {
            "    if condition.op == \"exists\" {\n        return actual != () && actual != \"\" && actual != false;\n    }\n"
        }
        (true, _, true) => {
            "    if condition.op == \"exists\" {\n        return (actual != () && actual != \"\" && actual != false) != (condition.negated == true);\n    }\n"
        }
    };
    if !compared {
        let flipped = if negated {
            "(actual != () && actual != \"\" && actual != false) != (condition.negated == true)"
        } else {
            "actual != () && actual != \"\" && actual != false"
        };
        return vec![format!(
            "// Whether a value is given.\nfn holds(condition, values) {{\n    let actual = values[condition.from][condition.name];\n    {flipped}\n}}\n"
        )];
    }
    let wanted = if refers {
        "    let wanted = condition.value ?? values[condition.value_from][condition.value_name];\n"
    } else {
        "    let wanted = condition.value;\n"
    };
    let truth =
        if lists { "compares_each(condition.op, actual, wanted)" } else { "compares(condition.op, actual, wanted)" };
    let flip =
        if negated { "    if condition.negated == true && truth != () {\n        return !truth;\n    }\n" } else { "" };
    let holds = template!("holds")
        .replace("{{exists}}", exists)
        .replace("{{wanted}}", wanted)
        .replace("{{truth}}", truth)
        .replace("{{negated}}", flip);
    let mut parts = vec![holds];
    if lists {
        parts.push(template!("items").to_owned());
    }
    parts.push(operators(&ops));
    parts.extend(helpers(&ops).into_iter().map(str::to_owned));
    parts
}

fn operators(ops: &BTreeSet<Op>) -> String {
    let arms: Vec<String> =
        ops.iter().filter_map(|op| Some(format!("        \"{}\" => {},\n", op.as_str(), arm(*op)?))).collect();
    format!("fn compares(op, actual, wanted) {{\n    switch op {{\n{}    }}\n}}\n", arms.concat())
}

const fn arm(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::Equal => "is_equal(actual, wanted)",
        Op::Less => "if is_ordered(actual, wanted) { actual < wanted } else { () }",
        Op::AtMost => "if is_ordered(actual, wanted) { actual <= wanted } else { () }",
        Op::More => "if is_ordered(actual, wanted) { actual > wanted } else { () }",
        Op::AtLeast => "if is_ordered(actual, wanted) { actual >= wanted } else { () }",
        Op::In => "is_one_of(actual, wanted)",
        Op::Contains => "has_part(actual, wanted)",
        Op::StartsWith => "has_start(actual, wanted)",
        Op::EndsWith => "has_end(actual, wanted)",
        Op::InDomain => "is_in_domain(actual, wanted)",
        Op::HasAny => "has_any(actual, wanted)",
        Op::Exists => return None,
    })
}

fn helpers(ops: &BTreeSet<Op>) -> Vec<&'static str> {
    let ordered = [Op::Less, Op::AtMost, Op::More, Op::AtLeast].iter().any(|op| ops.contains(op));
    let equal = ops.contains(&Op::Equal) || ops.contains(&Op::In);
    let wanted: [(bool, &'static str); 9] = [
        (ordered, template!("order")),
        (equal, template!("equal")),
        (ordered || equal, template!("kind")),
        (ops.contains(&Op::In), template!("one_of")),
        (ops.contains(&Op::Contains), template!("contains")),
        (ops.contains(&Op::StartsWith), template!("starts")),
        (ops.contains(&Op::EndsWith), template!("ends")),
        (ops.contains(&Op::InDomain), template!("domain")),
        (ops.contains(&Op::HasAny), template!("has_any")),
    ];
    wanted.into_iter().filter(|(needed, _)| *needed).map(|(_, part)| part).collect()
}
