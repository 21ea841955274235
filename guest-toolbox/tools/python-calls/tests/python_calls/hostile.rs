//! Code that tries to hide, or to exhaust the tool.

use serde_json::json;

use crate::{argument, report};

#[test]
fn ways_around_the_parser_are_listed() {
    for code in [
        "eval('LoadDB(\"x\")')",
        "exec(s)",
        "getattr(m, n)('x')",
        "globals()['LoadDB']('x')",
        "__import__('os').system('ls')",
        "import importlib\nimportlib.import_module('os')",
        "e = eval\ne('x')",
        "[].__class__.__base__.__subclasses__()",
        "f.__globals__['x']",
        "map(eval, xs)",
        "import builtins\nbuiltins.eval('x')",
        "from builtins import exec as run\nrun('x')",
        "compile('x', '', 'exec')",
        "import pickle\npickle.loads(x)",
        "setattr(m, 'LoadDB', x)",
    ] {
        assert_ne!(report(code)["dynamic"], json!([]), "{code}");
    }
    assert_eq!(report("x = LoadDB('a')\nprint(x)\nif __name__ == '__main__': main()")["dynamic"], json!([]));
}

#[test]
fn code_that_can_set_any_name_leaves_no_variable_certain() {
    for code in ["x = 'a'\nexec(s)\nf(x)", "x = 'a'\nglobals()['x'] = y\nf(x)", "x = 'a'\nfrom m import *\nf(x)"] {
        let found = report(code);
        assert_eq!(found["followed"], false, "{code}");
        assert_eq!(argument(code)["resolved"], false, "{code}");
    }
}

#[test]
fn monkeypatching_a_module_is_seen_as_a_reference() {
    let found = report("import math\nmath.floor = LoadDB\nmath.floor('secret')");
    assert!(found["references"].as_array().unwrap().iter().any(|mention| mention["name"] == "LoadDB"));
    let call = &found["calls"][0];
    assert!(call["targets"].as_array().unwrap().contains(&json!("LoadDB")));
}

#[test]
fn too_much_code_is_refused() {
    let error = parapet_python_calls::python_calls(&"#".repeat(64 * 1024 + 1)).unwrap_err();
    assert_eq!(error, "the code has 65537 bytes; at most 65536 are read");
}

#[test]
fn a_report_that_explodes_is_refused() {
    let code = format!("x = '{}'\n{}", "A".repeat(10_000), "f(x)\n".repeat(2_000));
    let error = parapet_python_calls::python_calls(&code).unwrap_err();
    assert_eq!(error, "the findings are larger than 1 MB; pass the code in smaller pieces");
}

#[test]
fn nesting_beyond_the_limit_is_an_error() {
    let code = format!("x{}", ".f()".repeat(300));
    assert_eq!(report(&code)["error"]["message"], "nested deeper than 200 levels");
    let code = format!("x = {}1{}", "[".repeat(250), "]".repeat(250));
    assert_eq!(report(&code)["error"]["message"], "nested deeper than 200 levels");
}

#[test]
fn a_deep_constant_is_unresolved_so_that_the_report_stays_shallow() {
    let nested = |depth: usize| argument(&format!("f({}1{})", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(nested(16)["resolved"], true);
    assert_eq!(nested(17)["resolved"], false);
    assert_eq!(nested(150)["literals"], json!([]));
}

#[test]
fn a_long_chain_of_additions_is_not_nesting() {
    let code = format!("f('a'{})", " + 'b'".repeat(2_000));
    let found = argument(&code);
    assert_eq!(found["literal"].as_str().unwrap().len(), 2_001);
}

#[test]
fn copies_that_run_backwards_through_a_loop_end_in_time() {
    let copies: String = (0..200).map(|i| format!("  a{i} = a{}\n", i + 1)).collect();
    let found = report(&format!("a200 = 'x'\nfor q in z:\n{copies}\nf(a0)"));
    // Either followed to the end or given up, but never silently wrong.
    let call = &found["calls"][0]["args"][0];
    assert!(call["resolved"] == false || call["literals"] == json!(["x"]));
}

#[test]
fn odd_text_does_not_break_the_report() {
    for code in
        ["f('\\ud800')", "f('\0')", "\u{202e}f('x')", "ｆ('x')", "f('\u{1f600}')", "\x0c\tf('x')", "f(\n\\\n'x')"]
    {
        let found = report(code);
        assert!(found["calls"].is_array(), "{code:?}");
    }
    // Python folds identifiers by NFKC: the wide letter is the same name.
    assert_eq!(report("ｆ('x')")["calls"][0]["name"], "f");
}

#[test]
fn wrong_arguments_of_the_tool_are_an_error() {
    for arguments in ["", "{}", "[]", "[1]", "[\"a\", \"b\"]", "[\"a\"", "\"a\""] {
        let answer = parapet_python_calls::call(arguments.as_bytes());
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            r#"{"error":"expected one argument: the code as a string"}"#,
            "{arguments}"
        );
    }
}
