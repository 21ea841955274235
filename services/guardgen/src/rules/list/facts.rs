//! `guard.toml`: the rules and topics as facts, and only the tools that the code calls.

use std::collections::BTreeMap;

use parapet_domain::Budget;
use parapet_judge::{Manifest, Parts, Streaming};
use serde_json::{Map, Value, json};

use super::policy::{Action, Alternatives, Condition, Effect, Op, Operand, Rest, Rule, Source};
use super::reader::List;
use super::topics::{HISTORY, MARGIN, THRESHOLD, Topics};
use crate::{GuardRequest, Plan};

/// The manifest of the guard.
pub(super) fn manifest(request: &GuardRequest, list: &List, topics: Option<&Topics>, plan: &Plan) -> Manifest {
    let facts = toml::Value::try_from(facts(list, topics)).ok();
    Manifest {
        id: request.id.clone(),
        title: plan.title.clone(),
        request: request.request.clone(),
        agent: request.agent.clone(),
        stages: plan.stages.clone(),
        tools: plan.tools.clone(),
        streaming: Streaming::Whole,
        parts: Parts::Together,
        per_event: false,
        session: Default::default(),
        words: Default::default(),
        budget: budget(topics.is_some()),
        facts: if let Some(toml::Value::Table(table)) = facts { table } else { toml::Table::new() },
        patterns: BTreeMap::new(),
        phrases: BTreeMap::new(),
    }
}

const fn budget(reads_text: bool) -> Budget {
    let fuel = if reads_text { 400_000_000 } else { 200_000_000 };
    Budget { fuel, memory_bytes: 16 << 20, deadline_ms: 1_000, output_bytes: 256 << 10 }
}

fn facts(list: &List, topics: Option<&Topics>) -> Value {
    let of_rule = |n: usize| topics.and_then(|topics| topics.of_rule.get(n));
    let rules: Vec<Value> = list.rules.iter().enumerate().map(|(n, stated)| rule(&stated.rule, of_rule(n))).collect();
    let mut facts = Map::from_iter([("rules".to_owned(), json!(rules))]);
    if let Some(topics) = topics {
        facts.insert("threshold".to_owned(), json!(THRESHOLD));
        facts.insert("margin".to_owned(), json!(MARGIN));
        facts.insert("topics".to_owned(), topics.to_json());
        if let Some(part) = &list.agent.history_part {
            facts.insert("history".to_owned(), json!(HISTORY));
            facts.insert("history_part".to_owned(), json!(part));
        }
        if let Some(part) = &list.agent.task_part {
            facts.insert("task_part".to_owned(), json!(part));
        }
    }
    if let Rest::Forbidden(text) = &list.rest {
        facts.insert("known".to_owned(), json!(known(list, topics)));
        facts.insert("otherwise".to_owned(), json!({ "text": text, "effect": "deny" }));
    }
    Value::Object(facts)
}

/// The tools or topics that are ruled or free.
pub(super) fn known(list: &List, topics: Option<&Topics>) -> Vec<String> {
    if let Some(topics) = topics {
        return topics.all.keys().filter(|name| !name.starts_with("other_")).cloned().collect();
    }
    let ruled = list
        .rules
        .iter()
        .flat_map(|stated| if let Action::Tools(tools) = &stated.rule.action { tools.as_slice() } else { &[] });
    let mut known: Vec<String> = ruled.chain(&list.free_tools).cloned().collect();
    known.sort();
    known.dedup();
    known
}

fn rule(rule: &Rule, topic: Option<&String>) -> Value {
    let mut out = Map::new();
    match (&rule.action, topic) {
        (Action::Tools(tools), _) => out.insert("tools".to_owned(), json!(tools)),
        (Action::Task(_), topic) => out.insert("topic".to_owned(), json!(topic)),
    };
    out.insert("when".to_owned(), alternatives(&rule.when));
    out.insert("require".to_owned(), alternatives(&rule.require));
    out.insert("effect".to_owned(), json!(if rule.effect == Effect::Ask { "ask" } else { "deny" }));
    out.insert("text".to_owned(), json!(rule.text));
    Value::Object(out)
}

fn alternatives(alternatives: &Alternatives) -> Value {
    let all: Vec<Vec<Value>> =
        alternatives.iter().map(|conditions| conditions.iter().map(condition).collect()).collect();
    json!(all)
}

fn condition(condition: &Condition) -> Value {
    let (from, name) = place(&condition.of);
    let mut out = json!({ "from": from, "name": name, "op": condition.op.as_str() });
    if let Some(map) = out.as_object_mut() {
        if condition.not {
            map.insert("negated".to_owned(), json!(true));
        }
        match &condition.value {
            Operand::Literal(_) if condition.op == Op::Exists => {}
            Operand::Literal(value) => {
                map.insert("value".to_owned(), value.clone());
            }
            Operand::Of(source) => {
                let (from, name) = place(source);
                map.insert("value_from".to_owned(), json!(from));
                map.insert("value_name".to_owned(), json!(name));
            }
        }
    }
    out
}

/// Where the code finds a value.
fn place(source: &Source) -> (&'static str, &str) {
    match source {
        Source::Attribute(name) => ("user", name),
        Source::Argument(name) => ("call", name),
        Source::Roles => ("principal", "roles"),
        Source::Id => ("principal", "id"),
    }
}
