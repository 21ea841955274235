//! The values of a tool call's arguments and the texts of a part, found without recursion and within limits.

use serde_json::Value;

use crate::Part;

/// A text or number in JSON.
pub(super) struct Leaf {
    pub(super) pointer: String,
    pub(super) text: String,
    pub(super) is_number: bool,
}

/// The leaves of `part`'s JSON in order, at most `max`; its whole text when it has none. The flag tells of more.
pub(super) fn of_call(part: &Part, max: usize) -> (Vec<Leaf>, bool) {
    let Some(json) = &part.json else {
        return (vec![Leaf { pointer: String::new(), text: part.text.clone(), is_number: false }], false);
    };
    let (mut found, mut more) = (Vec::new(), false);
    let mut stack = vec![(String::new(), json)];
    while let Some((pointer, value)) = stack.pop() {
        let leaf = match value {
            Value::String(text) => Some((text.clone(), false)),
            Value::Number(number) => Some((number.to_string(), true)),
            Value::Array(items) => {
                more |=
                    push(&mut stack, max, items.iter().enumerate().map(|(n, item)| (format!("{pointer}/{n}"), item)));
                None
            }
            Value::Object(map) => {
                let children = map.iter().map(|(key, item)| (format!("{pointer}/{}", escaped(key)), item));
                more |= push(&mut stack, max, children);
                None
            }
            Value::Bool(_) | Value::Null => None,
        };
        if let Some((text, is_number)) = leaf {
            if found.len() == max {
                return (found, true);
            }
            found.push(Leaf { pointer, text, is_number });
        }
    }
    (found, more)
}

/// Puts children on the stack so that the first is taken first. At most `max` of them: a longer list has more leaves than
/// are looked at anyway, or nothing but flags.
fn push<'v>(
    stack: &mut Vec<(String, &'v Value)>,
    max: usize,
    children: impl Iterator<Item = (String, &'v Value)>,
) -> bool {
    let before = stack.len();
    let mut children = children;
    stack.extend(children.by_ref().take(max));
    if let Some(new) = stack.get_mut(before..) {
        new.reverse();
    }
    children.next().is_some()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The texts of a part that is content: the strings and keys of its JSON, so that their escapes are out of the way.
pub(super) fn of_content(part: &Part) -> Vec<String> {
    let Some(json) = &part.json else { return vec![part.text.clone()] };
    let mut texts = Vec::new();
    let mut stack = vec![json];
    while let Some(value) = stack.pop() {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Number(number) => texts.push(number.to_string()),
            Value::Array(items) => stack.extend(items.iter().rev()),
            Value::Object(map) => {
                for (key, value) in map.iter().rev() {
                    stack.push(value);
                    texts.push(key.clone());
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
    }
    texts
}
