//! Values that fulfil a condition, that do not, and that stand at its bounds.

use serde_json::{Number, Value, json};

use crate::rules::list::policy::{Condition, Op, Operand};

/// A value with which the condition holds; `None` for "not given".
pub(super) fn fulfilling(condition: &Condition) -> Option<Value> {
    if condition.not { plainly_failing(condition).into_iter().next()? } else { plainly_fulfilling(condition) }
}

/// Values with which it does not hold; `None` for "not given".
pub(super) fn failing(condition: &Condition) -> Vec<Option<Value>> {
    if condition.not { vec![plainly_fulfilling(condition)] } else { plainly_failing(condition) }
}

/// Just below, at and just above the bound of a number, or a text in other capitals.
pub(super) fn bounds(condition: &Condition) -> Vec<Value> {
    let Operand::Literal(value) = &condition.value else { return Vec::new() };
    match (condition.op, value) {
        (Op::Less | Op::AtMost | Op::More | Op::AtLeast, Value::Number(number)) => {
            [-1.0, 0.0, 1.0].iter().filter_map(|step| near(number, *step)).collect()
        }
        (Op::Equal | Op::StartsWith | Op::EndsWith | Op::Contains, Value::String(text)) => {
            vec![json!(text.to_uppercase())]
        }
        (Op::InDomain, Value::Array(domains)) => {
            let domain = domains.first().and_then(Value::as_str).unwrap_or_default();
            vec![
                json!(format!("ann@{}", domain.to_uppercase())),
                json!(format!("ann@{domain}, bob@elsewhere.test")),
                json!(domain),
            ]
        }
        _ => Vec::new(),
    }
}

/// A value of another type than the condition compares with.
pub(super) fn unlike(condition: &Condition) -> Option<Value> {
    match (&condition.op, &condition.value) {
        (Op::Exists, _) | (_, Operand::Of(_)) => None,
        (_, Operand::Literal(Value::Number(_) | Value::Bool(_))) => Some(json!("unclear")),
        (_, Operand::Literal(_)) => Some(json!(7)),
    }
}

fn plainly_fulfilling(condition: &Condition) -> Option<Value> {
    let Operand::Literal(value) = &condition.value else { return Some(json!(100)) };
    Some(match (condition.op, value) {
        (Op::Exists, _) => json!("given"),
        (Op::Less, Value::Number(number)) => near(number, -1.0)?,
        (Op::More, Value::Number(number)) => near(number, 1.0)?,
        (Op::In, Value::Array(items)) => items.first().cloned()?,
        (Op::HasAny, Value::Array(items)) => json!([items.first()?]),
        (Op::InDomain, Value::Array(items)) => json!(format!("ann@{}", items.first()?.as_str()?)),
        (Op::Contains, Value::String(text)) => json!(format!("x {text} y")),
        (Op::Contains, other) => json!([other]),
        (Op::StartsWith, Value::String(text)) => json!(format!("{text}x")),
        (Op::EndsWith, Value::String(text)) => json!(format!("x{text}")),
        (_, other) => other.clone(),
    })
}

fn plainly_failing(condition: &Condition) -> Vec<Option<Value>> {
    let Operand::Literal(value) = &condition.value else {
        return vec![Some(if matches!(condition.op, Op::Less | Op::AtMost) { json!(101) } else { json!(99) })];
    };
    let one = match (condition.op, value) {
        (Op::Exists, _) => return vec![None, Some(json!(""))],
        (Op::Equal, Value::Bool(wanted)) => json!(!wanted),
        (Op::Equal, Value::Number(number)) => near(number, 1.0).unwrap_or_default(),
        (Op::Less | Op::More, other) => other.clone(),
        (Op::AtMost, Value::Number(number)) => near(number, 1.0).unwrap_or_default(),
        (Op::AtLeast, Value::Number(number)) => near(number, -1.0).unwrap_or_default(),
        (Op::HasAny, _) => json!(["somebody-else"]),
        (Op::InDomain, Value::Array(items)) => {
            let domain = items.first().and_then(Value::as_str).unwrap_or_default();
            return vec![Some(json!("ann@elsewhere.test")), Some(json!(format!("ann@{domain}.elsewhere.test")))];
        }
        (Op::StartsWith, Value::String(text)) => json!(format!("x{text}")),
        (Op::EndsWith, Value::String(text)) => json!(format!("{text}x")),
        (Op::In, Value::Array(items)) if items.iter().all(Value::is_number) => json!(-987_654),
        (Op::AtMost, Value::String(_)) => json!("9999-12-31"),
        (Op::AtLeast, Value::String(_)) => json!("0001-01-01"),
        _ => json!("something-else"),
    };
    vec![Some(one)]
}

/// The next whole number, or the next hundredth of a broken one.
fn near(number: &Number, step: f64) -> Option<Value> {
    if let Some(whole) = number.as_i64() {
        let step = if step > 0.0 {
            1
        } else if step < 0.0 {
            -1
        } else {
            0
        };
        return whole.checked_add(step).map(Value::from);
    }
    let moved = ((number.as_f64()? + step / 100.0) * 1e6).round() / 1e6;
    Number::from_f64(moved).map(Value::Number)
}
