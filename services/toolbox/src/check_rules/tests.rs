//! Behaviour of rules: when they apply, what breaks them, how mistakes are told.

use serde_json::{Value, json};

use super::run;
use crate::Prepared;

fn check(rules: Value, attributes: Value) -> Result<Value, String> {
    run(&Prepared::default(), &[rules, attributes]).map_err(|e| e.message)
}

/// Whether `attributes` satisfy the one condition.
fn satisfies(attribute: Value, op: &str, value: Value) -> bool {
    let rule = json!([{"require": {"attribute": "a", "op": op, "value": value}, "violation": "v"}]);
    check(rule, json!({ "a": attribute })).unwrap()["allowed"] == json!(true)
}

#[test]
fn all_violated_rules_are_listed_in_order() {
    let rules = json!([
        {"when": {"action": "shop"}, "require": {"membership": true}, "violation": "members only"},
        {"when": {"action": "hotel"}, "require": {"age": {"op": ">=", "value": 18}}, "violation": "adults only"},
        {"require": [{"attribute": "banned", "op": "exists", "value": false}], "violation": "banned"},
        {"when": {"action": {"op": "in", "value": ["shop", "hotel"]}}, "require": {"age": {"op": ">", "value": 12}}, "violation": "no children"},
    ]);
    let attributes = json!({"action": "shop", "membership": false, "age": 12, "banned": "yes"});
    let violated = json!(["members only", "banned", "no children"]);
    assert_eq!(check(rules.clone(), attributes), Ok(json!({"allowed": false, "violated": violated})));
    let fine = json!({"action": "other", "age": 3});
    assert_eq!(check(rules, fine), Ok(json!({"allowed": true, "violated": []})));
}

#[test]
fn a_missing_attribute_violates_whatever_the_operator() {
    for op in ["==", "!=", "<", "<=", ">", ">=", "contains"] {
        assert!(!satisfies(Value::Null, op, json!(1)), "{op}");
    }
    assert!(!satisfies(Value::Null, "in", json!([null])));
    assert!(!satisfies(Value::Null, "not_in", json!([1])));
    assert!(!satisfies(Value::Null, "exists", json!(true)));
    assert!(satisfies(Value::Null, "exists", json!(false)));
}

#[test]
fn a_rule_whose_condition_names_a_missing_attribute_does_not_apply() {
    let rules = json!([{"when": {"action": {"op": "!=", "value": "x"}}, "require": {"a": 1}, "violation": "v"}]);
    assert_eq!(check(rules, json!({})).unwrap()["allowed"], json!(true));
}

#[test]
fn operators_compare_numbers_strings_and_lists() {
    assert!(satisfies(json!(18), "==", json!(18.0)));
    assert!(satisfies(json!(18.5), ">", json!(18)));
    assert!(!satisfies(json!(9_007_199_254_740_993_u64), "<=", json!(9_007_199_254_740_992_u64)));
    assert!(satisfies(json!("2026-01-31"), "<", json!("2026-02-01")));
    assert!(satisfies(json!("de"), "in", json!(["at", "de"])));
    assert!(satisfies(json!("us"), "not_in", json!(["at", "de"])));
    assert!(satisfies(json!(["nurse", "admin"]), "contains", json!("admin")));
    assert!(satisfies(json!("read write"), "contains", json!("write")));
    assert!(satisfies(json!(false), "!=", json!(true)));
}

#[test]
fn unlike_types_break_a_requirement_and_are_an_error_in_a_condition() {
    assert!(!satisfies(json!("18"), ">=", json!(18)));
    assert!(!satisfies(json!("true"), "==", json!(true)));
    let rules = json!([{"when": {"age": {"op": "<", "value": 18}}, "require": {"a": 1}, "violation": "v"}]);
    assert_eq!(
        check(rules, json!({"age": "16"})).unwrap_err(),
        "rule 1 of `check_rules`: `<` cannot compare `age`, which is a string, with a number"
    );
}

#[test]
fn mistakes_in_a_rule_are_told_with_its_number() {
    let ok = json!({"require": {"a": 1}, "violation": "v"});
    for (rule, complaint) in [
        (json!({"require": {"a": 1}}), "`violation` must be a text"),
        (json!({"violation": "v"}), "`require` is missing"),
        (json!({"require": {}, "violation": "v"}), "`require` has no condition, so the rule could never be broken"),
        (
            json!({"require": {"a": 1}, "violation": "v", "if": {}}),
            "`if` is not known; a rule has `when`, `require` and `violation`",
        ),
        (
            json!({"require": {"a": {"op": "~", "value": 1}}, "violation": "v"}),
            "condition on `a`: `~` is no operator; use ==, !=, <, <=, >, >=, in, not_in, contains or exists",
        ),
        (
            json!({"require": {"a": {"op": "in", "value": 1}}, "violation": "v"}),
            "condition on `a`: `in` takes an array",
        ),
        (json!({"require": {"a": {"op": "<"}}, "violation": "v"}), "condition on `a`: `value` is missing"),
        (
            json!({"require": {"a": {"operator": "<"}}, "violation": "v"}),
            "`operator` is not known; a condition has `attribute`, `op` and `value`",
        ),
        (json!({"require": "a", "violation": "v"}), "conditions must be a map or an array, not a string"),
        (json!({"when": [1], "require": {"a": 1}, "violation": "v"}), "a condition must be a map"),
        (json!(1), "a rule must be a map"),
    ] {
        assert_eq!(check(json!([ok, rule]), json!({"a": 1})), Err(format!("rule 2 of `check_rules`: {complaint}")));
    }
}

#[test]
fn the_number_of_conditions_is_bounded() {
    let rules = vec![json!({"require": {"a": 1}, "violation": "v"}); 513];
    assert!(
        check(json!(rules), json!({"a": 1}))
            .unwrap_err()
            .contains("rule 513 of `check_rules`: the rules have more than 512 conditions")
    );
}
