//! Every tool keeps the promises of its entry: the example runs and gives what it says, the limits hold.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, in its helper functions too")]

use parapet_toolbox::{Prepared, ToolConfig, ToolRun, ToolSpec, find, tools};
use serde_json::Value;

/// The manifest that the examples of `find_regex` and `find_phrases` assume.
const MANIFEST: &str = r#"{
    "patterns": {"ids": {"ticket": "TK-[0-9]{4}"}},
    "phrases": {"injection": ["ignore previous instructions"]}
}"#;

fn prepared() -> Prepared {
    let config: ToolConfig = serde_json::from_str(MANIFEST).unwrap();
    Prepared::new(&config).unwrap()
}

/// Arguments and result of `name(arguments) == result`, read as JSON: in Rhai, `#{` opens a map and `()` is null.
fn example(tool: &ToolSpec) -> (Vec<Value>, Value) {
    let (call, result) = tool.example.split_once(") == ").expect(tool.example);
    let arguments = call.strip_prefix(tool.name).and_then(|rest| rest.strip_prefix('(')).expect(tool.example);
    let json = |rhai: &str| rhai.replace("#{", "{").replace("()", "null");
    (
        serde_json::from_str(&json(&format!("[{arguments}]"))).expect(tool.example),
        serde_json::from_str(&json(result)).expect(tool.example),
    )
}

#[test]
fn every_example_gives_the_result_that_it_shows() {
    let prepared = prepared();
    for tool in tools() {
        let ToolRun::Native(run) = tool.run else { continue };
        let (arguments, result) = example(tool);
        tool.admit(tool.example.len(), arguments.len()).unwrap();
        assert_eq!(run(&prepared, &arguments), Ok(result), "{}", tool.name);
    }
}

#[test]
fn names_are_unique_and_ids_are_positions() {
    for (id, tool) in tools().iter().enumerate() {
        assert_eq!(find(tool.name).map(|(at, _)| at), Some(id));
        assert!(tool.signature.starts_with(&format!("{}(", tool.name)), "{}", tool.signature);
        assert!(tool.pure && tool.min_args <= tool.max_args);
        assert!(!tool.doc.is_empty() && !tool.doc.contains("  "), "{}", tool.doc);
    }
    assert!(find("eval").is_none());
}

#[test]
fn calls_over_a_limit_are_refused_with_the_limit() {
    let (_, tool) = find("edit_distance").unwrap();
    assert_eq!(
        tool.admit(tool.max_input_bytes + 1, 2).unwrap_err().message,
        "arguments of `edit_distance` take 16385 bytes; the limit is 16384"
    );
    assert_eq!(
        tool.admit(10, 1).unwrap_err().message,
        "`edit_distance` was called with 1 arguments: edit_distance(a: string, b: string[, max: integer]) -> integer"
    );
    assert_eq!(tool.fuel(10), tool.base_fuel + 10 * tool.fuel_per_byte);
}

#[test]
fn arguments_of_the_wrong_type_are_errors_for_every_tool() {
    let prepared = prepared();
    for tool in tools() {
        let ToolRun::Native(run) = tool.run else { continue };
        let missing = run(&prepared, &[]).unwrap_err().message;
        assert!(missing.contains(tool.name), "{missing}");
        let wrong = vec![Value::Bool(true); usize::from(tool.max_args)];
        assert!(run(&prepared, &wrong).is_err(), "{}", tool.name);
    }
}

#[test]
fn the_number_of_sets_and_their_names_are_limited() {
    let set = |name: String| (name, vec!["phrase".to_owned()]);
    let error = |phrases| Prepared::new(&ToolConfig { phrases, ..ToolConfig::default() }).unwrap_err().to_string();
    assert_eq!(error((0..33).map(|n| set(format!("s{n}"))).collect()), "phrases: 33 sets; the limit is 32");
    assert_eq!(
        error([set("a set".to_owned())].into()),
        "phrases: `a set` is no name: use 1 to 64 letters, digits, `_`, `-` or `.`"
    );
}

#[test]
fn unknown_keys_in_the_configuration_are_refused() {
    assert!(serde_json::from_str::<ToolConfig>(r#"{"pattern": {}}"#).is_err());
}
