//! `json_pointer`: a value inside a value, by RFC 6901.

use serde_json::Value;

use crate::args::Args;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

const NAME: &str = "json_pointer";

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "json_pointer(value: any, pointer: string) -> any",
    doc: "The value that the JSON Pointer (RFC 6901) `pointer` names inside `value`, or null when there is none; null \
          therefore means missing or null. The empty pointer is the whole value. `~1` stands for `/` and `~0` for `~` \
          in a key. Text is not parsed: give it a part's `json`, not its `text`.",
    example: "json_pointer(#{\"to\": [#{\"iban\": \"DE89\"}]}, \"/to/0/iban\") == \"DE89\"",
    min_args: 2,
    max_args: 2,
    pure: true,
    base_fuel: 300,
    fuel_per_byte: 2,
    max_input_bytes: 1 << 20,
    run: ToolRun::Native(run),
};

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let (value, pointer) = (args.value(0, "value")?, args.text(1, "pointer")?);
    if let Some(complaint) = complaint(pointer) {
        return Err(ToolError::new(format!("`{pointer}` is no JSON Pointer: {complaint}")));
    }
    Ok(value.pointer(pointer).cloned().unwrap_or(Value::Null))
}

fn complaint(pointer: &str) -> Option<&'static str> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Some("it must be empty or start with `/`");
    }
    let bad_escape = |rest: &str| !rest.starts_with(['0', '1']);
    pointer.split('~').skip(1).any(bad_escape).then_some("`~` must be followed by `0` or `1`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(pointer: &str) -> Result<Value, String> {
        let value = json!({"a/b": {"~": [10, null]}, "": "empty"});
        run(&Prepared::default(), &[value, json!(pointer)]).map_err(|e| e.message)
    }

    #[test]
    fn keys_indices_and_escapes_follow_the_rfc() {
        assert_eq!(at("/a~1b/~0/0"), Ok(json!(10)));
        assert_eq!(at("/"), Ok(json!("empty")));
        assert!(at("").unwrap().is_object());
    }

    #[test]
    fn what_is_not_there_is_null() {
        for pointer in ["/x", "/a~1b/~0/2", "/a~1b/~0/01", "/a~1b/~0/-", "//x"] {
            assert_eq!(at(pointer), Ok(Value::Null), "{pointer}");
        }
    }

    #[test]
    fn a_malformed_pointer_is_an_error() {
        assert_eq!(at("a"), Err("`a` is no JSON Pointer: it must be empty or start with `/`".to_owned()));
        assert_eq!(at("/~2"), Err("`/~2` is no JSON Pointer: `~` must be followed by `0` or `1`".to_owned()));
        assert!(at("/a~").is_err());
    }
}
