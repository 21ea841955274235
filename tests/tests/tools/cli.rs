//! `parapet tool` as its users call it: text, JSON and exit codes.

use parapet_tests::command::run;
use serde_json::{Value, json};

use crate::fixture::{manifest, write_guard, write_tool};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_new_tool_passes_its_tests_and_a_guard_can_call_it() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().display().to_string();
    let made = run(&["tool", "new", "our_host", "--dir", &dir]).unwrap();
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    let tested = run(&["tool", "test", &dir]).unwrap();
    assert_eq!(
        (tested.code, tested.out.lines().last()),
        (0, Some("5 passed, 0 failed")),
        "{}{}",
        tested.out,
        tested.err
    );
    // The tool's own folder and the folder of tools mean the same tool.
    for path in [format!("{dir}/tools"), format!("{dir}/tools/our_host")] {
        let tested = run(&["tool", "test", &path, "--json"]).unwrap();
        assert_eq!((tested.code, &json_of(&tested.out)[0]["tool"]), (0, &json!("our_host")), "{}", tested.err);
    }
    let again = run(&["tool", "new", "our_host", "--dir", &dir]).unwrap();
    assert_eq!(again.code, 1);
    assert!(again.err.contains("exists already; choose another name"), "{}", again.err);
    for name in ["find_pii", "Our-Host", "7up"] {
        assert_eq!(run(&["tool", "new", name, "--dir", &dir]).unwrap().code, 1, "{name}");
    }

    let guard =
        "fn check(event) { if our_host(event.parts[0].text) { allow() } else { deny(\"not_ours\", \"not ours\") } }";
    let tests = r#"{"description": "ours passes", "event": {"text": "www.example.com"}, "expect": {"verdict": "allow"}}
{"description": "others do not", "event": {"text": "example.net"}, "expect": {"verdict": "deny", "reason_code": "not_ours"}}
"#;
    write_guard(temp.path(), "only-ours", &["our_host"], guard, tests);
    for path in [format!("{dir}/only-ours"), dir.clone()] {
        let tested = run(&["guard", "test", &path]).unwrap();
        assert_eq!(
            (tested.code, tested.out.lines().last()),
            (0, Some("2 passed, 0 failed")),
            "{}{}",
            tested.out,
            tested.err
        );
    }
    let ran = run(&["guard", "run", &format!("{dir}/only-ours"), "--text", "example.net"]).unwrap();
    assert_eq!(ran.code, 12, "{}{}", ran.out, ran.err);
    let checked = run(&["check", "--guards", &dir, "--stage", "input", "--text", "example.net"]).unwrap();
    assert_eq!(checked.code, 12, "{}{}", checked.out, checked.err);
}

#[test]
fn a_guard_that_names_an_unknown_tool_is_told_where_tools_come_from() {
    let temp = tempfile::tempdir().unwrap();
    write_guard(temp.path(), "g", &["our_host"], "fn check(event) { allow() }", "");
    let built = run(&["guard", "build", &temp.path().join("g").display().to_string(), "--json"]).unwrap();
    assert_eq!(built.code, 4);
    let complaint = &json_of(&built.out)[0]["complaints"][0];
    assert_eq!(complaint["message"], "tool `our_host` does not exist");
    let help = complaint["help"].as_str().unwrap();
    assert!(
        help.contains(
            "a tool of your own is a folder tools/our_host in the guards' folder, made with `parapet tool new our_host`"
        ),
        "{help}"
    );
}

#[test]
fn failing_tests_and_refused_tools_exit_with_their_code_and_say_why() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().display().to_string();
    let tests = r#"{"description": "a text", "args": ["ours"], "expect": false}
{"description": "an error", "args": [1], "expect_error": "expected string"}
{"description": "no error", "args": ["a"], "expect_error": "anything"}
"#;
    write_tool(temp.path(), "is_ours", &manifest("is_ours"), "fn is_ours(text) { text == \"ours\" }", tests);
    write_tool(temp.path(), "no_tests", &manifest("no_tests"), "fn no_tests(text) { true }", "");
    write_tool(temp.path(), "refused", &manifest("refused"), "fn refused(text) {\n    find_pii(text)\n}", "");
    write_tool(
        temp.path(),
        "untrue",
        &manifest("untrue"),
        "fn untrue(text) { false }",
        r#"{"description": "a", "args": ["a"], "expect": false}"#,
    );
    let tested = run(&["tool", "test", &dir, "--json"]).unwrap();
    assert_eq!(tested.code, 4, "{}{}", tested.out, tested.err);
    let reports = json_of(&tested.out);
    let counts: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["tool"].as_str().unwrap(), r["passed"].as_u64().unwrap(), r["failed"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [("is_ours", 2, 2), ("no_tests", 0, 1), ("refused", 0, 1), ("untrue", 1, 1)]);
    let difference =
        |tool: usize, test: usize| reports[tool]["tests"][test]["difference"].as_str().unwrap_or_default().to_owned();
    assert_eq!(difference(0, 0), "gave true, expected false");
    assert_eq!(difference(0, 2), "gave false, expected an error with \"anything\"");
    assert_eq!(difference(3, 1), "the example is not true");
    assert!(reports[1]["error"].as_str().unwrap().contains("there is no test in tests.jsonl"));
    assert!(
        reports[2]["error"]
            .as_str()
            .unwrap()
            .contains("line 2, column 5: tool `find_pii` was not granted to this tool")
    );

    assert_eq!(run(&["tool", "test", &format!("{dir}/nothing")]).unwrap().code, 4);
    let empty = tempfile::tempdir().unwrap();
    let none = run(&["tool", "test", &empty.path().display().to_string()]).unwrap();
    assert_eq!(none.code, 1);
    assert!(none.err.contains("there is no tool to test; make one with `parapet tool new`"), "{}", none.err);
}

#[test]
fn tools_are_listed_and_shown_as_models_are_told_of_them() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().display().to_string();
    write_tool(temp.path(), "is_ours", &manifest("is_ours"), "fn is_ours(text) { text == \"ours\" }", "");
    let listed = json_of(&run(&["tool", "list", &dir, "--json"]).unwrap().out);
    assert_eq!(listed.as_array().unwrap().len(), 1 + parapet_toolbox::tools().len());
    let ours = json!({
        "name": "is_ours",
        "signature": "is_ours(text: string) -> boolean",
        "doc": "Whether a text is one of ours. `text`: the text. Gives whether it is.",
        "example": "is_ours(\"ours\")",
        "built_in": false,
    });
    assert_eq!(listed[0], ours);
    let own = run(&["tool", "list", &dir, "--own"]).unwrap();
    assert_eq!(
        own.out,
        "is_ours(text: string) -> boolean  yours\n  Whether a text is one of ours. `text`: the text. Gives whether it is.\n  is_ours(\"ours\")\n"
    );

    let shown = json_of(&run(&["tool", "show", "is_ours", "--dir", &dir, "--json"]).unwrap().out);
    assert_eq!(
        (&shown["tool"], &shown["language"], &shown["manifest"]["budget"]["fuel"]),
        (&ours, &json!("rhai"), &json!(20_000_000))
    );
    assert!(shown["hash"].as_str().unwrap().starts_with("tool:"));
    let built_in = run(&["tool", "show", "find_pii", "--dir", &dir]).unwrap();
    assert!(built_in.out.starts_with("find_pii("), "{}", built_in.out);
    let unknown = run(&["tool", "show", "nothing", "--dir", &dir, "--json"]).unwrap();
    assert_eq!(unknown.code, 1);
    assert_eq!(json_of(&unknown.err)["error"]["message"], "there is no tool `nothing`; `parapet tool list` shows all");
}
