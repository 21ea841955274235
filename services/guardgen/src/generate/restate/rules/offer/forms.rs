//! The forms that an answer can have: a rule for each effect, with the conditions that go with it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::super::bounds::Bound;
use super::super::{ADDRESS, APPROVAL_IF, FORBIDDEN_IF, FREE, ONLY_IF, OTHERS, ROLE};
use super::heard::Heard;
use crate::rules::ToolName;

/// Most conditions of one rule.
const MOST_CONDITIONS: usize = 3;
/// Most values of one condition.
const MOST_VALUES: usize = 5;

impl Heard {
    /// The rules that an answer can have: one form for each effect.
    pub(super) fn rules(&self, free_text: bool, tools: &[&ToolName]) -> Vec<Value> {
        let tools: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        let action = if free_text { json!({"type": "string", "maxLength": 60}) } else { json!({"enum": tools}) };
        let rule = |effect: &str, when: Option<Vec<Value>>| {
            let mut fields = Map::new();
            fields.insert("action".to_owned(), action.clone());
            fields.insert("effect".to_owned(), json!({"const": effect}));
            if let Some(when) = when {
                let names: BTreeSet<&str> =
                    when.iter().filter_map(|one| one.pointer("/properties/about/const")?.as_str()).collect();
                let most = names.len().min(MOST_CONDITIONS);
                let when = json!({"type": "array", "minItems": 1, "maxItems": most, "items": {"anyOf": when}});
                fields.insert("when".to_owned(), when);
            }
            object(fields)
        };
        let mut rules = Vec::new();
        for (effect, alone) in [(ONLY_IF, false), (FORBIDDEN_IF, true), (APPROVAL_IF, true)] {
            if effect == APPROVAL_IF && !self.asks {
                continue;
            }
            let when = self.conditions(effect);
            rules.extend((!when.is_empty()).then(|| rule(effect, Some(when))));
            rules.extend((alone && !self.narrow).then(|| rule(effect, None)));
        }
        if self.all && !free_text {
            rules.push(rule(FREE, None));
            let exempt = self.role_condition();
            rules.extend(exempt.map(|exempt| rule(FREE, Some(vec![exempt]))));
        }
        if self.rest && !free_text {
            rules.push(rule(OTHERS, None));
        }
        rules
    }

    fn conditions(&self, effect: &str) -> Vec<Value> {
        let required = effect == ONLY_IF;
        let mut all: Vec<Value> = self.role_condition().into_iter().collect();
        all.extend(self.switches.iter().map(|name| condition(name, &["true", "false"], None)));
        for name in &self.measured {
            let comparisons = |one: &Bound| {
                let words = one.comparisons(required, effect == APPROVAL_IF, self.negates);
                condition(name, &words, Some((std::slice::from_ref(&one.value), 1)))
            };
            all.extend(self.bounds.iter().map(comparisons));
        }
        for (name, near) in &self.texts {
            all.push(condition(name, &["given"], None));
            for (values, words) in
                [(near, ["one of", "none of"]), (&self.beginnings, ["starts with", "does not start with"])]
            {
                let most = if words.contains(&"one of") { MOST_VALUES } else { 1 };
                let (taken, plain): (Vec<String>, Vec<String>) =
                    values.iter().cloned().partition(|value| self.taken.contains(value));
                for (values, is_taken) in [(plain, false), (taken, true)] {
                    if !values.is_empty() {
                        let words = self.polarities(required, is_taken, &words);
                        all.push(condition(name, words, Some((&values, values.len().min(most)))));
                    }
                }
            }
        }
        if !self.domains.is_empty() {
            all.push(condition(ADDRESS, &["inside", "outside"], Some((&self.domains, 1))));
        }
        all
    }

    /// Of "one of" and "none of" those that a value can be meant with. "Not to main" requires another branch and forbids this one.
    fn polarities<'w>(&self, required: bool, is_taken: bool, words: &'w [&'w str; 2]) -> &'w [&'w str] {
        let range = match (is_taken, required) {
            (true, _) if self.denies => 0..2,
            (true, true) => 1..2,
            (false, false) => 0..2,
            (true, false) | (false, true) => 0..1,
        };
        words.get(range).unwrap_or(words)
    }

    fn role_condition(&self) -> Option<Value> {
        let roles: Vec<String> = self.roles.iter().map(|(role, _)| role.clone()).collect();
        let words: &[&str] =
            if self.roles.iter().any(|(_, taken_out)| *taken_out) { &["one of", "none of"] } else { &["one of"] };
        (!roles.is_empty()).then(|| condition(ROLE, words, Some((&roles, roles.len()))))
    }
}

fn condition(about: &str, is: &[&str], values: Option<(&[String], usize)>) -> Value {
    let mut fields = Map::new();
    fields.insert("about".to_owned(), json!({"const": about}));
    fields.insert("is".to_owned(), json!({"enum": is}));
    if let Some((values, most)) = values {
        let values = json!({"type": "array", "minItems": 1, "maxItems": most, "items": {"enum": values}});
        fields.insert("values".to_owned(), values);
    }
    object(fields)
}

pub(in super::super::super) fn object(fields: Map<String, Value>) -> Value {
    let required: Vec<&String> = fields.keys().collect();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": fields.clone()})
}
