//! `check_rules`: which rules, given as data, a set of attributes violates.

use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

mod condition;

use condition::{Truth, each};

const NAME: &str = "check_rules";
/// Most conditions of all rules together: each may read its attribute in full.
const MAX_CONDITIONS: usize = 512;
const TOO_MANY: &str = "the rules have more than 512 conditions";
const KEYS: &[&str] = &["when", "require", "violation"];

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "check_rules(rules: array, attributes: map) -> {\"allowed\": bool, \"violated\": [string]}",
    doc: "Checks `attributes` against every rule and lists the `violation` texts of all that are broken, in the order of the rules. \
          A rule is #{\"when\": conditions, \"require\": conditions, \"violation\": text}. It applies when all conditions of `when` \
          hold (no `when`: always), and is broken when one of `require` does not. Conditions are #{attribute: value} for equality, \
          #{attribute: #{\"op\": op, \"value\": value}}, one #{\"attribute\", \"op\", \"value\"}, or an array of these. Operators: ==, !=, <, <=, \
          >, >= (numbers, or strings by code point), in and not_in (value is an array), contains (the attribute is an array or a string), \
          exists (value true or false). A missing or null attribute fulfils only exists false: in `require` it breaks the rule, in `when` the \
          rule does not apply. Values of different types that cannot be ordered break the rule in `require` and are an error in `when`.",
    example: "check_rules([#{\"when\": #{\"action\": \"book_hotel\"}, \"require\": #{\"attribute\": \"age\", \"op\": \">=\", \"value\": 18}, \
              \"violation\": \"User aged under 18 cannot book a hotel\"}], #{\"action\": \"book_hotel\", \"age\": 16}) \
              == #{\"allowed\": false, \"violated\": [\"User aged under 18 cannot book a hotel\"]}",
    min_args: 2,
    max_args: 2,
    pure: true,
    base_fuel: 500,
    fuel_per_byte: 20,
    max_input_bytes: 64 << 10,
    run: ToolRun::Native(run),
};

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let (rules, attributes) = (args.array(0, "rules")?, args.object(1, "attributes")?);
    let mut budget = MAX_CONDITIONS;
    let mut violated = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let outcome = check(rule, attributes, &mut budget);
        let violation =
            outcome.map_err(|problem| ToolError::new(format!("rule {} of `{NAME}`: {problem}", index + 1)))?;
        violated.extend(violation);
    }
    Ok(json!({ "allowed": violated.is_empty(), "violated": violated }))
}

/// The violation text, if the rule applies and is broken. The whole rule is read either way, so that a mistake in it
/// shows on the first call and not on the first violation.
fn check<'a>(rule: &'a Value, attributes: &Map<String, Value>, budget: &mut usize) -> Result<Option<&'a str>, String> {
    let rule = rule.as_object().ok_or("a rule must be a map")?;
    if let Some(key) = rule.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}` is not known; a rule has `when`, `require` and `violation`"));
    }
    let violation = rule.get("violation").and_then(Value::as_str).ok_or("`violation` must be a text")?;
    let mut spend = || budget.checked_sub(1).map(|left| *budget = left).ok_or(TOO_MANY);
    let (mut required, mut holds) = (false, true);
    each(rule.get("require").ok_or("`require` is missing")?, |condition| {
        required = true;
        holds &= condition.test(attributes) == Truth::Holds;
        Ok(spend()?)
    })?;
    if !required {
        return Err("`require` has no condition, so the rule could never be broken".to_owned());
    }
    let mut applies = true;
    each(rule.get("when").unwrap_or(&Value::Array(Vec::new())), |condition| {
        match condition.test(attributes) {
            Truth::Incomparable if applies => return Err(condition.incomparable(attributes)),
            truth => applies &= truth == Truth::Holds,
        }
        Ok(spend()?)
    })?;
    Ok((applies && !holds).then_some(violation))
}

#[cfg(test)]
mod tests;
