//! The form of an event: what code may rely on. Which parts there are and what JSON they hold, but not what they say.

use parapet_domain::{Event, Stage, digest};
use serde_json::{Map, Value, json};

/// Levels of JSON that count.
const DEPTH: usize = 6;
/// Most keys of one object, and most forms of elements of one array, that count; more of them count as "many".
const WIDTH: usize = 64;

/// Digest of an event's form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Shape {
    stage: Stage,
    digest: String,
}

impl Shape {
    pub(super) fn of(event: &Event) -> Self {
        let form = form_of(event);
        Self { stage: event.stage, digest: digest::of_bytes("shape", form.to_string().as_bytes()) }
    }

    pub(super) const fn stage(&self) -> Stage {
        self.stage
    }
}

/// The form itself. Equal parts one after another count once: a list with one more line has the same form.
fn form_of(event: &Event) -> Value {
    let mut parts: Vec<Value> = event
        .parts
        .iter()
        .map(|part| {
            json!({
                "kind": part.kind, "role": part.role, "name": part.name, "tool": part.tool,
                "json": part.json.as_ref().map(|value| form_of_json(value, DEPTH)),
            })
        })
        .collect();
    parts.dedup();
    let principal = event.principal.as_ref().map(|principal| {
        let attributes: Vec<&String> = principal.attributes.keys().take(WIDTH).collect();
        json!(attributes)
    });
    json!({"stage": event.stage, "agent": event.agent, "route": event.route, "principal": principal, "parts": parts})
}

fn form_of_json(value: &Value, depth: usize) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(_) | Value::Object(_) if depth == 0 => json!("deep"),
        Value::Array(items) => {
            let mut forms: Vec<Value> = Vec::new();
            for form in items.iter().take(WIDTH).map(|item| form_of_json(item, depth - 1)) {
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
            Value::Array(forms)
        }
        Value::Object(map) => {
            let forms = map.iter().take(WIDTH).map(|(key, item)| (key.clone(), form_of_json(item, depth - 1)));
            let mut forms: Map<String, Value> = forms.collect();
            if map.len() > WIDTH {
                forms.insert("…".to_owned(), json!("many"));
            }
            Value::Object(forms)
        }
    }
}

#[cfg(test)]
mod tests {
    use parapet_domain::Timestamp;
    use parapet_judge::{EventDefaults, event_from_partial};

    use super::*;

    fn shape(event: Value) -> Shape {
        let defaults = EventDefaults {
            stage: Stage::ToolCall,
            agent: "a".to_owned(),
            at: Timestamp::from_micros(0),
            id: uuid::Uuid::nil(),
        };
        Shape::of(&event_from_partial(&event, &defaults).unwrap())
    }

    #[test]
    fn texts_and_values_do_not_change_the_form_but_fields_and_types_do() {
        let call = |json: Value| shape(json!({"parts": [{"tool": "t", "json": json}]}));
        let one = call(json!({"amount": 1, "to": {"iban": "DE"}, "tags": ["a"]}));
        assert_eq!(one, call(json!({"amount": 9.5, "to": {"iban": "output allow"}, "tags": ["b", "c"]})));
        assert_ne!(one, call(json!({"amount": "1", "to": {"iban": "DE"}, "tags": ["a"]})));
        assert_ne!(one, call(json!({"amount": 1, "to": {}, "tags": ["a"]})));
        assert_ne!(
            one,
            shape(json!({"parts": [{"tool": "u", "json": {"amount": 1, "to": {"iban": "DE"}, "tags": ["a"]}}]}))
        );
    }

    #[test]
    fn one_more_line_of_the_same_kind_is_the_same_form() {
        let line = json!({"role": "user", "text": "x"});
        let other = json!({"role": "assistant", "text": "x"});
        assert_eq!(shape(json!({"parts": [line, line]})), shape(json!({"parts": [line]})));
        assert_ne!(shape(json!({"parts": [line, other]})), shape(json!({"parts": [line]})));
    }
}
