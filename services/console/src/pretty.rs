//! JSON for reading: one member a line, but short lists of plain values stay on one line.

use serde_json::Value;

/// Longest list that stays on one line, in bytes.
const LINE: usize = 72;

/// `value` as indented text.
pub(crate) fn json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let members = map.iter().map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value));
            block(out, ['{', '}'], members, depth);
        }
        Value::Array(list) if !fits(list, value) => {
            block(out, ['[', ']'], list.iter().map(|value| (String::new(), value)), depth)
        }
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(Value::to_string).collect();
            out.push_str(&format!("[{}]", items.join(", ")));
        }
        other => out.push_str(&other.to_string()),
    }
}

fn fits(list: &[Value], whole: &Value) -> bool {
    list.iter().all(|item| !item.is_object() && !item.is_array()) && whole.to_string().len() + list.len() <= LINE
}

fn block<'a>(
    out: &mut String,
    [open, close]: [char; 2],
    members: impl Iterator<Item = (String, &'a Value)>,
    depth: usize,
) {
    out.push(open);
    for (n, (name, value)) in members.enumerate() {
        out.push_str(if n > 0 { ",\n" } else { "\n" });
        out.push_str(&"  ".repeat(depth + 1));
        out.push_str(&name);
        write(out, value, depth + 1);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_lists_stay_on_one_line_and_the_text_is_still_json() {
        let value = json!({"a": ["x", 1, null], "b": {"c": [[1], {}], "quote\"": []}, "long": vec!["abcdefghij"; 8]});
        let text = json(&value);
        assert!(
            text.starts_with("{\n  \"a\": [\"x\", 1, null],\n  \"b\": {\n    \"c\": [\n      [1],\n      {}\n    ],"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
