//! What a sentence says as rules: the model chooses among the actions, names, numbers and words that the sentence speaks of,
//! held to a schema, and the sentences that the rules compile are written from that. Nothing can be invented, no form missed.

mod offer;
mod written;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use offer::{narrowed, object, offer};
pub(super) use written::{Exemption, exemptions};

/// Words for comparing, how the rules write each, and its opposite.
const COMPARISONS: [(&str, &str, &str); 12] = [
    ("equal to", "==", "!="),
    ("not equal to", "!=", "=="),
    ("at most", "<=", ">"),
    ("less than", "<", ">="),
    ("at least", ">=", "<"),
    ("more than", ">", "<="),
    ("one of", "is one of", "is not one of"),
    ("none of", "is not one of", "is one of"),
    ("starts with", "starts with", "does not start with"),
    ("does not start with", "does not start with", "starts with"),
    ("ends with", "ends with", "does not end with"),
    ("does not end with", "does not end with", "ends with"),
];
const ONLY_IF: &str = "only_if";
const FORBIDDEN_IF: &str = "forbidden_if";
const APPROVAL_IF: &str = "approval_if";
const FREE: &str = "free";
const OTHERS: &str = "all_other_tools_forbidden";
/// What stands for a missing rule that asks a person.
pub(super) const APPROVAL: &str = "an approval";
/// What a condition can be about beside declared names.
const ROLE: &str = "role";
const ADDRESS: &str = "address";

/// One rule of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rule {
    /// A tool's name, or what is done in words.
    pub(super) action: String,
    effect: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    when: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Condition {
    about: String,
    is: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

/// What a sentence speaks of, so that an answer has to have it too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spoken {
    /// Tools that are named.
    pub(super) tools: Vec<String>,
    names: Vec<String>,
    roles: Vec<String>,
    numbers: Vec<String>,
    /// Words that are clearly values: "not to main", "begins with release/".
    values: Vec<String>,
    asks: bool,
}

/// The rules of an answer.
pub(super) fn read(answer: &Value) -> Vec<Rule> {
    let rows = answer.get("rules").and_then(Value::as_array).into_iter().flatten();
    let mut all: Vec<Rule> = Vec::new();
    for mut rule in rows.filter_map(|row| Rule::deserialize(row).ok()) {
        let mut once: Vec<Condition> = Vec::new();
        for condition in std::mem::take(&mut rule.when) {
            if !once.contains(&condition) {
                once.push(condition);
            }
        }
        rule.when = once;
        if !all.contains(&rule) {
            all.push(rule);
        }
    }
    all
}

impl Spoken {
    /// What the sentence speaks of and the rules do not.
    pub(super) fn missing(&self, rules: &[Rule]) -> Vec<String> {
        let conditions = || rules.iter().flat_map(|rule| &rule.when);
        let has_value = |value: &String| conditions().any(|one| one.values.contains(value));
        let tools = self.tools.iter().filter(|tool| !rules.iter().any(|rule| rule.action == **tool));
        let names = self.names.iter().filter(|name| !conditions().any(|one| one.about == **name));
        let others = self.roles.iter().chain(&self.numbers).chain(&self.values).filter(|value| !has_value(value));
        let approval = self.asks && !rules.iter().any(|rule| rule.effect == APPROVAL_IF);
        tools.chain(names).chain(others).cloned().chain(approval.then(|| APPROVAL.to_owned())).collect()
    }
}

/// Both, each rule once, and as an answer.
pub(super) fn joined(one: &[Rule], other: &[Rule]) -> (Vec<Rule>, String) {
    let mut all = one.to_vec();
    all.extend(other.iter().filter(|rule| !one.contains(rule)).cloned());
    let text = json!({"rules": all}).to_string();
    (all, text)
}
