//! What the rules say of an event, worked out from the policy and not by the guard's code: the tests' expectations.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::policy::{Action, Alternatives, Condition, Effect, Op, Operand, Policy, Rest, Source};

/// Who acts, and with what arguments.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct World {
    /// Values that are given.
    pub values: BTreeMap<Source, Value>,
    /// Whether there is no user at all.
    pub nobody: bool,
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Done<'a> {
    /// A call of a tool, and whether a rule or the request names the tool.
    Call { tool: &'a str, known: bool },
    /// A task, the rules whose topic it is about, and whether it is about any topic that is named.
    Task { rules: &'a [usize], known: bool },
}

/// The verdict with the texts behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nothing is broken.
    Allow,
    /// Rules are broken.
    Deny(Vec<String>),
    /// Only rules are broken that ask for approval.
    Ask(Vec<String>),
}

/// The id of a user of whom no other id is given.
pub(super) const USER: &str = "u-1";

/// A truth that may be unknown.
type Truth = Option<bool>;

impl World {
    /// A user always has an id and a list of roles; what else is not given is missing.
    fn get(&self, source: &Source) -> Option<Value> {
        if self.nobody && !matches!(source, Source::Argument(_)) {
            return None;
        }
        let always = match source {
            Source::Roles => Some(Value::Array(Vec::new())),
            Source::Id => Some(Value::from(USER)),
            _ => None,
        };
        self.values.get(source).cloned().filter(|value| !value.is_null()).or(always)
    }

    /// The attributes of the user.
    pub(super) fn attributes(&self) -> Map<String, Value> {
        let named = self.values.iter().filter_map(|(source, value)| {
            if let Source::Attribute(name) = source { Some((name.clone(), value.clone())) } else { None }
        });
        named.collect()
    }

    /// The arguments of the call.
    pub(super) fn arguments(&self) -> Map<String, Value> {
        let named = self.values.iter().filter_map(|(source, value)| {
            if let Source::Argument(name) = source { Some((name.clone(), value.clone())) } else { None }
        });
        named.collect()
    }
}

/// What has to become of it.
pub(super) fn expected(policy: &Policy, done: &Done<'_>, world: &World) -> Expected {
    let about = |n: usize, action: &Action| match (done, action) {
        (Done::Call { tool, .. }, Action::Tools(tools)) => tools.iter().any(|known| known == tool),
        (Done::Task { rules, .. }, Action::Task(_)) => rules.contains(&n),
        _ => false,
    };
    let broken = policy
        .rules
        .iter()
        .enumerate()
        .filter(|(n, rule)| about(*n, &rule.action) && is_broken(&rule.when, &rule.require, world));
    let mut texts: Vec<(Effect, String)> = broken.map(|(_, rule)| (rule.effect, rule.text.clone())).collect();
    if let (Rest::Forbidden(text), Done::Call { known: false, .. } | Done::Task { known: false, .. }) =
        (&policy.rest, done)
    {
        texts.push((Effect::Deny, text.clone()));
    }
    let of = |effect: Effect| {
        let mut out: Vec<String> = Vec::new();
        for (_, text) in texts.iter().filter(|(known, _)| *known == effect) {
            if !out.contains(text) {
                out.push(text.clone());
            }
        }
        out
    };
    match (of(Effect::Deny), of(Effect::Ask)) {
        (denied, _) if !denied.is_empty() => Expected::Deny(denied),
        (_, waiting) if !waiting.is_empty() => Expected::Ask(waiting),
        _ => Expected::Allow,
    }
}

fn is_broken(when: &Alternatives, require: &Alternatives, world: &World) -> bool {
    let applies = when.is_empty() || when.iter().any(|case| case.iter().all(|c| truth(c, world) != Some(false)));
    applies && !require.iter().any(|way| way.iter().all(|c| truth(c, world) == Some(true)))
}

/// Whether the condition holds.
pub(super) fn truth(condition: &Condition, world: &World) -> Truth {
    let actual = world.get(&condition.of);
    let plain = if condition.op == Op::Exists {
        Some(actual.is_some_and(|value| value.as_str() != Some("") && value.as_bool() != Some(false)))
    } else {
        let wanted = match &condition.value {
            Operand::Literal(value) => Some(value.clone()),
            Operand::Of(source) => world.get(source),
        };
        compare(condition.op, &actual?, &wanted?)
    };
    plain.map(|holds| holds != condition.not)
}

fn compare(op: Op, actual: &Value, wanted: &Value) -> Truth {
    match (actual, op) {
        (Value::Array(items), Op::Contains) => Some(items.contains(wanted)),
        (Value::Array(items), Op::HasAny) => Some(items.iter().any(|item| list(wanted).contains(item))),
        (Value::Array(items), _) => {
            let mut seen = items.iter().map(|item| one(op, item, wanted));
            let first = seen.next()?;
            first.filter(|_| seen.all(|truth| truth == first))
        }
        _ => one(op, actual, wanted),
    }
}

fn one(op: Op, actual: &Value, wanted: &Value) -> Truth {
    let order = order(actual, wanted);
    match op {
        Op::Equal => equal(actual, wanted),
        Op::Less => order.map(|order| order == Ordering::Less),
        Op::AtMost => order.map(|order| order != Ordering::Greater),
        Op::More => order.map(|order| order == Ordering::Greater),
        Op::AtLeast => order.map(|order| order != Ordering::Less),
        Op::In => {
            let found: Vec<Truth> = list(wanted).iter().map(|item| equal(actual, item)).collect();
            if found.contains(&Some(true)) { Some(true) } else { found.iter().all(Option::is_some).then_some(false) }
        }
        Op::Contains => text(actual, wanted, |actual, wanted| actual.contains(wanted)),
        Op::StartsWith => {
            let climbs = wanted.as_str().is_some_and(|w| w.starts_with('/'))
                && actual.as_str().is_some_and(|a| a.contains(".."));
            if climbs { None } else { text(actual, wanted, |actual, wanted| actual.starts_with(wanted)) }
        }
        Op::EndsWith => text(actual, wanted, |actual, wanted| actual.ends_with(wanted)),
        Op::InDomain => in_domain(actual, wanted),
        Op::HasAny | Op::Exists => None,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn equal(actual: &Value, wanted: &Value) -> Truth {
    match (actual, wanted) {
        (Value::Number(a), Value::Number(b)) => Some(a.as_f64() == b.as_f64()),
        (Value::String(a), Value::String(b)) if a != b && a.to_lowercase() == b.to_lowercase() => None,
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => Some(actual == wanted),
        _ => None,
    }
}

fn order(actual: &Value, wanted: &Value) -> Option<Ordering> {
    match (actual, wanted) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Texts that differ only in capitals are neither the one nor the other.
fn text(actual: &Value, wanted: &Value, test: impl Fn(&str, &str) -> bool) -> Truth {
    let (actual, wanted) = (actual.as_str()?, wanted.as_str()?);
    if test(actual, wanted) {
        return Some(true);
    }
    (!test(&actual.to_lowercase(), &wanted.to_lowercase())).then_some(false)
}

fn in_domain(actual: &Value, wanted: &Value) -> Truth {
    let address = actual.as_str()?.to_lowercase();
    let (name, domain) = address.split_once('@')?;
    let plain =
        !name.is_empty() && !address.contains([' ', ',', ';', '<', '>', '\n', '\t', '"']) && !domain.contains('@');
    plain.then(|| list(wanted).iter().any(|known| known.as_str() == Some(domain)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is(op: Op, actual: Value, wanted: Value) -> Truth {
        compare(op, &actual, &wanted)
    }

    #[test]
    fn what_cannot_be_compared_is_unknown() {
        assert_eq!(is(Op::AtMost, json!("500"), json!(1000)), None);
        assert_eq!(is(Op::Equal, json!("Main"), json!("main")), None);
        assert_eq!(is(Op::Equal, json!("dev"), json!("main")), Some(false));
        assert_eq!(is(Op::StartsWith, json!("/home/app/../../etc"), json!("/home/app/")), None);
        assert_eq!(is(Op::InDomain, json!("a@example.com, b@evil.test"), json!(["example.com"])), None);
        assert_eq!(is(Op::InDomain, json!("a@example.com.evil.test"), json!(["example.com"])), Some(false));
    }

    #[test]
    fn of_a_list_each_item_has_to_compare_alike() {
        assert_eq!(is(Op::In, json!(["a", "b"]), json!(["a", "b"])), Some(true));
        assert_eq!(is(Op::In, json!(["a", "x"]), json!(["a", "b"])), None);
        assert_eq!(is(Op::In, json!([]), json!(["a"])), None);
    }
}
