//! Users and arguments to try a rule with.

use serde_json::json;

use super::values::{bounds, failing, fulfilling, unlike};
use crate::rules::list::code::takes_lists;
use crate::rules::list::oracle::{USER, World};
use crate::rules::list::policy::{Condition, Operand, Policy, Rule, Source};

/// Someone who keeps the rules as far as one user can.
pub(super) fn base(policy: &Policy) -> World {
    let mut world = World::default();
    for rule in &policy.rules {
        for condition in rule.require.first().into_iter().flatten() {
            if !world.values.contains_key(&condition.of) {
                fulfil(&mut world, condition);
            }
        }
    }
    world
}

/// Someone who breaks whatever can be broken.
pub(super) fn worst(policy: &Policy) -> World {
    let mut world = World::default();
    for rule in policy.rules.iter().rev() {
        rule.require.iter().flatten().for_each(|condition| fail(&mut world, condition));
        rule.when.first().into_iter().flatten().for_each(|condition| fulfil(&mut world, condition));
    }
    world
}

/// Everything worth trying with one rule, and what it is.
pub(super) fn of_rule(rule: &Rule, base: &World) -> Vec<(String, World)> {
    let mut kept = base.clone();
    rule.when.first().into_iter().flatten().for_each(|condition| fulfil(&mut kept, condition));
    rule.require.first().into_iter().flatten().for_each(|condition| fulfil(&mut kept, condition));
    let mut broken = kept.clone();
    rule.require.iter().flatten().for_each(|condition| fail(&mut broken, condition));
    rule.when.first().into_iter().flatten().for_each(|condition| fulfil(&mut broken, condition));
    let mut out = vec![("kept".to_owned(), kept.clone()), ("broken".to_owned(), broken.clone())];
    for (n, way) in rule.require.iter().enumerate().skip(1) {
        let mut world = broken.clone();
        way.iter().for_each(|condition| fulfil(&mut world, condition));
        out.push((format!("kept in way {}", n + 1), world));
    }
    for case in rule.when.iter().skip(1) {
        let mut world = broken.clone();
        rule.when.first().into_iter().flatten().for_each(|condition| fail(&mut world, condition));
        case.iter().for_each(|condition| fulfil(&mut world, condition));
        out.push(("another case of it".to_owned(), world));
    }
    for condition in rule.when.iter().flatten() {
        let mut world = broken.clone();
        fail(&mut world, condition);
        out.push((format!("without its case, {}", condition.of.key()), world));
    }
    let all: Vec<(&Condition, &World)> = rule
        .require
        .iter()
        .flatten()
        .map(|c| (c, &kept))
        .chain(rule.when.iter().flatten().map(|c| (c, &broken)))
        .collect();
    for (condition, world) in &all {
        vary(&mut out, condition, world);
    }
    out.push(("no user".to_owned(), World { nobody: true, ..kept.clone() }));
    out.push(("no user, the rest broken".to_owned(), World { nobody: true, ..broken }));
    out
}

fn vary(out: &mut Vec<(String, World)>, condition: &Condition, world: &World) {
    let key = condition.of.key();
    let mut set = |what: String, value| {
        let mut world = world.clone();
        match value {
            Some(value) => world.values.insert(condition.of.clone(), value),
            None => world.values.remove(&condition.of),
        };
        out.push((what, world));
    };
    for bound in bounds(condition) {
        set(format!("{key} is {bound}"), Some(bound));
    }
    for value in failing(condition) {
        set(format!("{key} is another"), value);
    }
    set(format!("{key} is missing"), None);
    if let Some(value) = unlike(condition).filter(|_| !matches!(condition.of, Source::Roles | Source::Id)) {
        set(format!("{key} is of another type"), Some(value));
    }
    if let (true, Some(good), Some(Some(bad))) =
        (takes_lists(condition), fulfilling(condition), failing(condition).first())
    {
        set(format!("{key} is a list"), Some(json!([good])));
        set(format!("{key} is a mixed list"), Some(json!([good, bad])));
        set(format!("{key} is an empty list"), Some(json!([])));
    }
}

fn fulfil(world: &mut World, condition: &Condition) {
    if let Operand::Of(source) = &condition.value {
        world
            .values
            .entry(source.clone())
            .or_insert_with(|| if *source == Source::Id { json!(USER) } else { json!(100) });
        let same = world.values.get(source).cloned().unwrap_or_default();
        world.values.insert(condition.of.clone(), same);
        return;
    }
    match fulfilling(condition) {
        Some(value) => world.values.insert(condition.of.clone(), value),
        None => world.values.remove(&condition.of),
    };
}

fn fail(world: &mut World, condition: &Condition) {
    match failing(condition).into_iter().next().flatten() {
        Some(value) => {
            if let Operand::Of(source) = &condition.value {
                world
                    .values
                    .entry(source.clone())
                    .or_insert_with(|| if *source == Source::Id { json!(USER) } else { json!(100) });
            }
            world.values.insert(condition.of.clone(), value)
        }
        None => world.values.remove(&condition.of),
    };
}
