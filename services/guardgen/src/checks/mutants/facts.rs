//! Changes of the facts: an entry less, another number, another text, a switch turned.

use serde_json::{Number, Value};

use super::code::rounded;
use super::{Edit, Mutant};
use crate::checks::report::Survivor;
use crate::checks::script::excerpt;

/// Where in the facts.
pub(super) type Path = Vec<Step>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// What happens there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    Drop,
    Set(Value),
}

/// All changes, in the order of the facts.
pub(super) fn mutants(facts: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    walk(facts, &mut Vec::new(), &mut mutants);
    mutants
}

fn walk(value: &Value, path: &mut Path, mutants: &mut Vec<Mutant>) {
    let entries: Vec<(Step, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (Step::Index(n), value)).collect(),
        _ => return,
    };
    for (step, value) in entries {
        let in_list = matches!(step, Step::Index(_));
        path.push(step);
        mutants.push(mutant(path, value, Change::Drop));
        mutants.extend(others(value, in_list).into_iter().map(|new| mutant(path, value, Change::Set(new))));
        walk(value, path, mutants);
        path.pop();
    }
}

/// What a scalar is changed to. In a list of texts, one less says as much as another one.
fn others(value: &Value, in_list: bool) -> Vec<Value> {
    match value {
        Value::Bool(flag) => vec![Value::Bool(!flag)],
        Value::String(text) if !in_list => vec![Value::String(format!("{text}~"))],
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(n), _) => [n.checked_add(1), n.checked_sub(1)].into_iter().flatten().map(Value::from).collect(),
            (None, Some(n)) => {
                [n + 1.0, n - 1.0].into_iter().map(rounded).filter_map(Number::from_f64).map(Value::Number).collect()
            }
            (None, None) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn mutant(path: &Path, old: &Value, change: Change) -> Mutant {
    let old = excerpt(&old.to_string());
    let (what, help) = match &change {
        Change::Drop => (format!("`{old}` removed"), "add a test whose verdict or `details` depend on this entry"),
        Change::Set(new) if new.is_number() => {
            (format!("`{old}` changed to `{new}`"), "add a test at the edge of this number")
        }
        Change::Set(new) => {
            (format!("`{old}` changed to `{}`", excerpt(&new.to_string())), "add a test that depends on this value")
        }
    };
    let survivor = Survivor { line: 0, column: 0, fact: Some(dotted(path)), change: what, unreached: false };
    Mutant { survivor, help: help.to_owned(), edit: Edit::Facts(path.clone(), change) }
}

/// The path as people write it.
fn dotted(path: &Path) -> String {
    path.iter().fold("facts".to_owned(), |text, step| match step {
        Step::Key(key) => format!("{text}.{}", excerpt(key)),
        Step::Index(index) => format!("{text}[{index}]"),
    })
}

/// A copy of `facts` with `change` made at `path`.
pub(super) fn changed(facts: &Value, path: &Path, change: &Change) -> Value {
    let mut copy = facts.clone();
    let Some((last, way)) = path.split_last() else { return copy };
    let parent = way.iter().try_fold(&mut copy, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(*index),
    });
    match (parent, last, change) {
        (Some(Value::Object(map)), Step::Key(key), Change::Drop) => {
            map.remove(key);
        }
        (Some(Value::Object(map)), Step::Key(key), Change::Set(new)) => {
            map.insert(key.clone(), new.clone());
        }
        (Some(Value::Array(items)), Step::Index(index), Change::Drop) if *index < items.len() => {
            items.remove(*index);
        }
        (Some(Value::Array(items)), Step::Index(index), Change::Set(new)) => {
            if let Some(item) = items.get_mut(*index) {
                *item = new.clone();
            }
        }
        _ => {}
    }
    copy
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_entry_number_switch_and_text_is_changed_once_at_a_time() {
        let facts = json!({"limits": {"amount": 500, "rate": 0.5, "strict": true}, "names": ["a", {"b": "c"}]});
        let seen: Vec<(String, Value)> = mutants(&facts)
            .iter()
            .map(|mutant| match &mutant.edit {
                Edit::Facts(path, change) => (
                    format!("{}: {}", mutant.survivor.fact.as_deref().unwrap(), mutant.survivor.change),
                    changed(&facts, path, change),
                ),
                Edit::Code { .. } => panic!("no code here"),
            })
            .collect();
        let names: Vec<&str> = seen.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "facts.limits: `{\"amount\":500,\"rate\":0.5,\"strict\":true}` removed",
                "facts.limits.amount: `500` removed",
                "facts.limits.amount: `500` changed to `501`",
                "facts.limits.amount: `500` changed to `499`",
                "facts.limits.rate: `0.5` removed",
                "facts.limits.rate: `0.5` changed to `1.5`",
                "facts.limits.rate: `0.5` changed to `-0.5`",
                "facts.limits.strict: `true` removed",
                "facts.limits.strict: `true` changed to `false`",
                "facts.names: `[\"a\",{\"b\":\"c\"}]` removed",
                "facts.names[0]: `\"a\"` removed",
                "facts.names[1]: `{\"b\":\"c\"}` removed",
                "facts.names[1].b: `\"c\"` removed",
                "facts.names[1].b: `\"c\"` changed to `\"c~\"`",
            ]
        );
        assert!(seen.iter().all(|(_, changed)| *changed != facts));
        assert_eq!(seen[13].1["names"], json!(["a", {"b": "c~"}]));
        assert_eq!(seen[10].1["names"], json!([{"b": "c"}]));
    }
}
