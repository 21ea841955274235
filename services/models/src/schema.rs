//! Checks a value against a JSON Schema, with a complaint that a model can act on. The keywords that schemas for models
//! are made of: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, the limits on lengths
//! and numbers, `anyOf`, `oneOf`, `allOf` and local `$ref`. Others are left to whoever reads the value.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Nesting of schemas beyond which a check gives up; a schema that refers to itself without end gets there.
const DEEPEST: usize = 64;

/// The first complaint about `value`, by `schema`.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Checker { root: schema }.check(schema, value, &Place::default())
}

/// What `reference`, such as `#/$defs/step`, stands for within `root`.
pub(crate) fn resolve<'s>(root: &'s Value, reference: &str) -> Option<&'s Value> {
    root.pointer(reference.strip_prefix('#')?)
}

struct Checker<'s> {
    root: &'s Value,
}

#[derive(Default, Clone)]
struct Place {
    pointer: String,
    depth: usize,
}

impl Place {
    fn below(&self, step: &str) -> Self {
        let step = step.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{step}", self.pointer), depth: self.depth + 1 }
    }

    fn same(&self) -> Self {
        Self { pointer: self.pointer.clone(), depth: self.depth + 1 }
    }

    fn complain<T>(&self, what: impl std::fmt::Display) -> Result<T, String> {
        let place = if self.pointer.is_empty() { "the value" } else { &self.pointer };
        Err(if self.pointer.is_empty() { format!("{place} {what}") } else { format!("`{place}` {what}") })
    }
}

impl Checker<'_> {
    fn check(&self, schema: &Value, value: &Value, place: &Place) -> Result<(), String> {
        if place.depth > DEEPEST {
            return place.complain("is nested too deeply");
        }
        let Value::Object(schema) = schema else {
            return if schema == &Value::Bool(false) { place.complain("must not be there") } else { Ok(()) };
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let Some(target) = resolve(self.root, reference) else { return Ok(()) };
            self.check(target, value, &place.same())?;
        }
        check_type(schema, value, place)?;
        check_choice(schema, value, place)?;
        self.check_combined(schema, value, place)?;
        match value {
            Value::Object(object) => self.check_object(schema, object, place),
            Value::Array(items) => self.check_array(schema, items, place),
            Value::String(text) => check_range(schema, "Length", text.chars().count(), "characters", place),
            Value::Number(number) => check_number(schema, number.as_f64().unwrap_or(f64::NAN), place),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn check_combined(&self, schema: &Map<String, Value>, value: &Value, place: &Place) -> Result<(), String> {
        let list = |key: &str| schema.get(key).and_then(Value::as_array);
        for part in list("allOf").into_iter().flatten() {
            self.check(part, value, &place.same())?;
        }
        // `oneOf` is read as `anyOf`: a value that fits two branches is of use all the same.
        for branches in [list("anyOf"), list("oneOf")].into_iter().flatten() {
            let mut complaints = branches.iter().map(|branch| self.check(branch, value, &place.same()));
            let first = complaints.next();
            let fits = matches!(first, Some(Ok(()))) || complaints.any(|complaint| complaint.is_ok());
            if let (false, Some(Err(first))) = (fits, first) {
                return place
                    .complain(format!("fits none of the {} allowed forms; of the first: {first}", branches.len()));
            }
        }
        Ok(())
    }

    fn check_object(
        &self,
        schema: &Map<String, Value>,
        object: &Map<String, Value>,
        place: &Place,
    ) -> Result<(), String> {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        if let Some(missing) = names.filter_map(Value::as_str).find(|name| !object.contains_key(*name)) {
            return place.complain(format!("lacks `{missing}`"));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            match (properties.and_then(|properties| properties.get(name)), schema.get("additionalProperties")) {
                (Some(property), _) => self.check(property, value, &place.below(name))?,
                (None, Some(Value::Bool(false))) => {
                    let known: BTreeSet<_> =
                        properties.into_iter().flat_map(Map::keys).map(|key| format!("`{key}`")).collect();
                    let known: Vec<_> = known.into_iter().collect();
                    return place.complain(format!("has `{name}`, but may only have {}", known.join(", ")));
                }
                (None, Some(others)) => self.check(others, value, &place.below(name))?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn check_array(&self, schema: &Map<String, Value>, items: &[Value], place: &Place) -> Result<(), String> {
        check_range(schema, "Items", items.len(), "items", place)?;
        let Some(of_items) = schema.get("items") else { return Ok(()) };
        items.iter().enumerate().try_for_each(|(at, item)| self.check(of_items, item, &place.below(&at.to_string())))
    }
}

fn check_type(schema: &Map<String, Value>, value: &Value, place: &Place) -> Result<(), String> {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let is = |wanted: &str| match value {
        Value::Null => wanted == "null",
        Value::Bool(_) => wanted == "boolean",
        Value::String(_) => wanted == "string",
        Value::Array(_) => wanted == "array",
        Value::Object(_) => wanted == "object",
        Value::Number(number) => {
            let whole = number.as_f64().is_some_and(|n| n.fract() == 0.0);
            wanted == "number" || (wanted == "integer" && whole)
        }
    };
    if types.iter().any(|wanted| is(wanted)) {
        return Ok(());
    }
    place.complain(format!("is {}, but must be of type `{}`", kind(value), types.join("` or `")))
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn check_choice(schema: &Map<String, Value>, value: &Value, place: &Place) -> Result<(), String> {
    let choices = match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(choices)), _) => choices.as_slice(),
        (_, Some(only)) => std::slice::from_ref(only),
        _ => return Ok(()),
    };
    if choices.contains(value) {
        return Ok(());
    }
    let choices: Vec<_> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    place.complain(format!("must be one of {}", choices.join(", ")))
}

/// The limits `minLength`, `maxLength`, `minItems` and `maxItems`.
fn check_range(schema: &Map<String, Value>, of: &str, count: usize, unit: &str, place: &Place) -> Result<(), String> {
    let limit = |side: &str| schema.get(&format!("{side}{of}")).and_then(Value::as_u64);
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    if let Some(least) = limit("min").filter(|least| count < *least) {
        return place.complain(format!("has {count} {unit}, but must have at least {least}"));
    }
    if let Some(most) = limit("max").filter(|most| count > *most) {
        return place.complain(format!("has {count} {unit}, but must have at most {most}"));
    }
    Ok(())
}

fn check_number(schema: &Map<String, Value>, number: f64, place: &Place) -> Result<(), String> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    if let Some(least) = limit("minimum").filter(|least| number < *least) {
        return place.complain(format!("is {number}, but must be at least {least}"));
    }
    if let Some(most) = limit("maximum").filter(|most| number > *most) {
        return place.complain(format!("is {number}, but must be at most {most}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
