//! Guards of both kinds call tools of both kinds.

use parapet_domain::{FailureKind, Outcome};
use parapet_sandbox::{ToolCode, ToolParam, ToolType};
use parapet_test_sandbox::shared;
use serde_json::{Value, json};

use crate::fixture::{
    ANSWER, BUDGET, build, calling, failure, guard, refusal, result, rhai_tool, run, verdict, wasm_guard, wasm_tool,
    wat_tool,
};

fn echo() -> ToolCode {
    wasm_tool("echo_arguments", &wat_tool("", ANSWER), &[])
}

fn joined() -> ToolCode {
    rhai_tool(
        "joined",
        &["words"],
        "fn joined(words) { let all = \"\"; for word in words { all += word + \".\"; } all }",
    )
}

#[test]
fn a_rhai_guard_calls_a_rhai_tool_as_an_ordinary_function_and_as_a_method() {
    assert_eq!(result("joined([\"a\", \"b\"])", &joined()), json!("a.b."));
    assert_eq!(result("[\"c\"].joined()", &joined()), json!("c."));
}

#[test]
fn a_wasm_guard_calls_a_rhai_tool_as_an_import() {
    assert_eq!(verdict(&wasm_guard(&joined(), &json!([["a", "b"]]))).details, json!("a.b."));
}

#[test]
fn guards_of_both_kinds_call_a_wasm_tool() {
    let value = json!({ "a": [1, 2.5, null, "ä\u{1f600}"], "b": true });
    assert_eq!(result("echo_arguments(#{a: [1, 2.5, (), \"ä\u{1f600}\"], b: true})", &echo()), json!([value]));
    assert_eq!(verdict(&wasm_guard(&echo(), &json!([7]))).details, json!([7]));
}

#[test]
fn a_tool_calls_the_built_in_tools_that_it_is_granted_and_the_guard_needs_no_grant_of_them() {
    let in_rhai = ToolCode {
        tools: vec!["url_parts".to_owned()],
        ..rhai_tool("host_of", &["url"], "fn host_of(url) { url_parts(url).host }")
    };
    assert_eq!(result("host_of(\"https://Shop.example/a\")", &in_rhai), json!("shop.example"));

    let imports = r#"(import "parapet:tool/1" "edit_distance" (func $distance (param i32 i32) (result i32)))
        (import "parapet:guard/1" "take_result" (func $take (param i32)))"#;
    // Its one argument is the list of arguments for `edit_distance`, so the outer brackets are left out.
    let body = format!(
        "(local.set $len (call $distance (i32.add (local.get $at) (i32.const 1)) (i32.sub (local.get $len) (i32.const 2))))
         (call $take (i32.const 1030)) {ANSWER}"
    );
    let in_wasm = wasm_tool("distance_of_pair", &wat_tool(imports, &body), &["edit_distance"]);
    assert_eq!(result("distance_of_pair([\"kitten\", \"sitting\"])", &in_wasm), json!(3));
    assert_eq!(verdict(&wasm_guard(&in_wasm, &json!([["a", "b"]]))).details, json!(1));

    let error = shared().build(&guard(
        "fn check(event) { url_parts(\"a\"); host_of(\"b\"); allow() }",
        &["host_of"],
        &[&in_rhai],
    ));
    assert!(refusal(&error.unwrap_err()).contains("tool `url_parts` was not granted to this guard"));
}

#[test]
fn a_tool_that_parses_hostile_text_with_a_built_in_wasm_tool_runs_three_instances_deep() {
    let tool = ToolCode {
        tools: vec!["python_calls".to_owned()],
        ..rhai_tool("called", &["code"], "fn called(code) { python_calls(code).calls.map(|found| found.name) }")
    };
    assert_eq!(result("called(\"f(g(1))\")", &tool), json!(["g", "f"]));
}

#[test]
fn an_optional_argument_that_is_left_out_is_nothing() {
    let mut tool = rhai_tool(
        "cut",
        &["text", "most"],
        "fn cut(text, most) { if most == () { text } else { text.sub_string(0, most) } }",
    );
    tool.params[1] = ToolParam { kind: ToolType::Integer, optional: true, ..tool.params[1].clone() };
    assert_eq!(result("cut(\"abcdef\")", &tool), json!("abcdef"));
    assert_eq!(result("cut(\"abcdef\", 2)", &tool), json!("ab"));
    assert_eq!(verdict(&wasm_guard(&tool, &json!(["abc", null]))).details, json!("abc"));
    assert_eq!(tool.signature(), "cut(text: any, most?: integer) -> any");
}

#[test]
fn the_number_and_the_types_of_the_arguments_are_checked() {
    let mut tool = rhai_tool("twice", &["number"], "fn twice(number) { number * 2 }");
    tool.params[0].kind = ToolType::Integer;
    assert_eq!(result("twice(21)", &tool), json!(42));
    let fails = |arguments: Value| failure(&wasm_guard(&tool, &arguments), &BUDGET);
    let (kind, message) = fails(json!(["2"]));
    assert_eq!(kind, FailureKind::ToolFailed);
    assert_eq!(message, "tool `twice`: argument `number` is string, expected integer");
    assert_eq!(fails(json!([null])).1, "tool `twice`: argument `number` is null, expected integer");
    assert_eq!(fails(json!([])).1, "tool `twice`: 0 arguments given, 1 expected: twice(number: integer) -> any");
    assert_eq!(fails(json!({})).1, "tool `twice`: arguments are no JSON array");
    // A script's calls are counted when it is built.
    let error = shared().build(&calling("twice(1, 2)", &tool)).unwrap_err();
    assert!(refusal(&error).contains("`twice` takes 1 arguments, not 2"), "{error}");
}

#[test]
fn a_result_of_another_type_than_declared_is_a_failure_of_the_tool() {
    let mut tool = rhai_tool("answer", &[], "fn answer() { 1 }");
    tool.returns = ToolType::String;
    let (kind, message) = failure(&calling("answer()", &tool), &BUDGET);
    assert_eq!(
        (kind, message.as_str()),
        (FailureKind::ToolFailed, "tool `answer`: bad_output: result is integer, string was declared")
    );
}

#[test]
fn a_text_that_a_tool_throws_is_its_refusal_and_other_errors_have_their_position() {
    let refuses = rhai_tool("refuses", &[], "fn refuses() {\n    throw \"give a date\";\n}");
    assert_eq!(
        failure(&calling("refuses()", &refuses), &BUDGET),
        (FailureKind::ToolFailed, "tool `refuses`: give a date".to_owned())
    );
    let broken = rhai_tool("broken", &["list"], "fn broken(list) {\n    let n = 4;\n    list[n]\n}");
    assert_eq!(
        failure(&calling("broken([1])", &broken), &BUDGET),
        (
            FailureKind::ToolFailed,
            "tool `broken`: trapped: line 3, column 10: array index 4 out of bounds: only 1 element in array"
                .to_owned()
        )
    );
}

#[test]
fn a_tool_has_its_own_facts_and_sees_nothing_of_its_caller() {
    let tool = ToolCode { facts: json!({ "own": 1 }), ..rhai_tool("sees", &[], "fn sees() { facts }") };
    let mut code = calling("sees()", &tool);
    code.facts = json!({ "secret": 2 });
    assert_eq!(verdict(&code).details, json!({ "result": { "own": 1 } }));
}

#[test]
fn what_a_tool_uses_is_paid_by_its_caller() {
    let tool =
        |rounds: u32| rhai_tool("spin", &[], &format!("fn spin() {{ let n = 0; while n < {rounds} {{ n += 1; }} n }}"));
    let used = |rounds| run(&calling("spin()", &tool(rounds)), &BUDGET).fuel_used;
    let (little, much) = (used(1), used(10_000));
    assert!(much > little + 10_000 * 50, "{little} and {much}");
}

#[test]
fn a_tool_keeps_nothing_from_one_call_to_the_next() {
    let counts = r#"(module (memory (export "memory") 2) (global $calls (mut i32) (i32.const 48))
        (data (i32.const 1024) "{\"ok\":0}")
        (func (export "tool_abi") (result i32) i32.const 1)
        (func (export "tool_alloc") (param i32) (result i32) i32.const 4096)
        (func (export "tool_call") (param i32 i32) (result i64)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (i32.store8 (i32.const 1030) (global.get $calls))
            (i64.or (i64.shl (i64.const 1024) (i64.const 32)) (i64.const 8))))"#;
    let tool = wasm_tool("calls_so_far", counts, &[]);
    assert_eq!(result("[calls_so_far(0), calls_so_far(0), calls_so_far(0)]", &tool), json!([1, 1, 1]));
}

#[test]
fn guards_that_call_tools_can_be_traced_and_varied() {
    let code = calling("joined([\"a\"])", &joined());
    let traced = shared().build_traced(&code).unwrap();
    let run = shared().run_traced(&traced, b"{}", &[], &BUDGET);
    assert!(matches!(run.run.outcome, Outcome::Verdict(_)), "{:?}", run.run.outcome);
    assert!(run.hits.iter().all(|hit| *hit), "{:?}", run.hits);
    let variant = parapet_sandbox::Variant { code: code.code.clone(), facts: Value::Null };
    let variants = shared().build_variants(&code, &[variant]).unwrap();
    let run = shared().run(variants[0].as_ref().unwrap(), b"{}", &[], &BUDGET);
    assert!(matches!(run.outcome, Outcome::Verdict(_)), "{:?}", run.outcome);
}

#[test]
fn calls_can_be_observed() {
    let guard = build(&calling("joined([\"a\", joined([\"b\"])])", &joined()));
    let (run, seen) = shared().run_observed(&guard, b"{}", &[], &BUDGET);
    assert!(matches!(run.outcome, Outcome::Verdict(_)), "{:?}", run.outcome);
    let seen: Vec<_> = seen.into_iter().map(|call| (call.tool, call.arguments, call.result)).collect();
    assert_eq!(
        seen,
        [
            ("joined".to_owned(), vec![json!(["b"])], json!("b.")),
            ("joined".to_owned(), vec![json!(["a", "b."])], json!("a.b.."))
        ]
    );
}
