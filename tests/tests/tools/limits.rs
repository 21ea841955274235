//! Tools that do not end, take or give too much, or answer with rubbish: each ends as a typed outcome, within its budget.

use parapet_domain::{Budget, FailureKind};
use parapet_sandbox::{ToolCode, ToolType};
use parapet_test_sandbox::shared;
use serde_json::json;

use crate::fixture::{BUDGET, calling, failure, refusal, result, rhai_tool, run, wasm_guard, wasm_tool, wat_tool};

fn endless() -> ToolCode {
    rhai_tool("endless", &[], "fn endless() { loop { } }")
}

#[test]
fn a_tool_that_does_not_end_uses_up_its_own_fuel_and_fails_its_caller() {
    let budget = Budget { fuel: 3_000_000, ..BUDGET };
    let code = calling("endless()", &ToolCode { budget, ..endless() });
    let run = run(&code, &BUDGET);
    assert!(run.fuel_used < 10_000_000, "{}", run.fuel_used);
    assert_eq!(
        failure(&code, &BUDGET),
        (FailureKind::ToolFailed, "tool `endless`: out_of_fuel: all fuel was used".to_owned())
    );
}

#[test]
fn a_tool_never_uses_more_fuel_than_its_caller_has_left() {
    let budget = Budget { fuel: 20_000_000, ..BUDGET };
    let code = calling("endless()", &endless());
    assert_eq!(failure(&code, &budget).0, FailureKind::OutOfFuel);
    assert_eq!(run(&code, &budget).fuel_used, budget.fuel);
}

#[test]
fn a_tool_that_takes_too_long_fails_at_its_own_deadline_or_at_its_callers() {
    let endless_fuel = Budget { fuel: u64::MAX / 2, ..BUDGET };
    let slow = |deadline_ms| ToolCode { budget: Budget { deadline_ms, ..endless_fuel }, ..endless() };
    assert_eq!(
        failure(&calling("endless()", &slow(20)), &endless_fuel),
        (FailureKind::ToolFailed, "tool `endless`: timed_out: the deadline passed".to_owned())
    );
    let hurried = Budget { deadline_ms: 20, ..endless_fuel };
    assert_eq!(failure(&calling("endless()", &slow(60_000)), &hurried).0, FailureKind::TimedOut);
}

#[test]
fn a_tool_gets_no_more_memory_than_its_own_budget_gives() {
    let grow = wat_tool("", "(drop (memory.grow (i32.const 200))) (i64.const 0)");
    let budget = Budget { memory_bytes: 1 << 20, ..BUDGET };
    let tool = ToolCode { budget, ..wasm_tool("grows", &grow, &[]) };
    let (kind, message) = failure(&calling("grows(1)", &tool), &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed);
    assert!(message.starts_with("tool `grows`: out_of_memory: memory of "), "{message}");
}

#[test]
fn a_tool_with_less_memory_than_its_script_needs_is_refused_when_it_is_built() {
    let budget = Budget { memory_bytes: 65_536, ..BUDGET };
    let error = shared().build_tool(&ToolCode { budget, ..endless() }).unwrap_err();
    assert!(
        refusal(&error).contains("tool would always run out of memory; give it a `memory_bytes` of at least "),
        "{error}"
    );
}

#[test]
fn a_result_that_is_too_large_is_a_failure() {
    let tool = |length: usize| {
        let script = format!("fn long() {{ let text = \"x\"; text.pad({length}, 'x'); text }}");
        ToolCode { budget: Budget { output_bytes: 1_000, ..BUDGET }, ..rhai_tool("long", &[], &script) }
    };
    assert_eq!(result("long().len()", &tool(998)), json!(998));
    let (kind, message) = failure(&calling("long().len()", &tool(999)), &BUDGET);
    assert_eq!(
        (kind, message.as_str()),
        (FailureKind::ToolFailed, "tool `long`: bad_output: result of 1001 bytes, 1000 allowed")
    );
    let (kind, message) = failure(&calling("long().len()", &tool(300_000)), &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed);
    assert!(message.starts_with("tool `long`: bad_output: output of 30000"), "{message}");
}

#[test]
fn arguments_that_are_too_large_are_refused_before_they_are_read() {
    let tool = rhai_tool("takes", &["value"], "fn takes(value) { 1 }");
    let script = "let text = \"x\"; text.pad(1_100_000, 'x'); takes(text)";
    let (kind, message) = failure(&calling(&format!("{{ {script} }}"), &tool), &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed);
    assert_eq!(message, "tool `takes`: 1100004 bytes of arguments given, at most 1048576 allowed");
    let (kind, message) = failure(&calling("{ let all = []; all.pad(30_000, 1); takes(all) }", &tool), &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed);
    assert!(message.starts_with("tool `takes`: arguments are no acceptable JSON: "), "{message}");
}

#[test]
fn an_answer_that_is_no_json_or_nested_without_end_is_a_failure() {
    let answer = |text: &str| {
        let body = format!("(i64.or (i64.shl (i64.const 2048) (i64.const 32)) (i64.const {}))", text.len());
        let module = wat_tool("", &body);
        let data = format!("(data (i32.const 2048) \"{}\")", text.replace('"', "\\\""));
        wasm_tool(
            "answers",
            &module.replace("(func (export \"tool_abi\")", &format!("{data}(func (export \"tool_abi\")")),
            &[],
        )
    };
    let deep = format!("{{\"ok\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    for text in ["", "nothing", "{\"ok\":1", "{\"ok\":1,\"ok\":2}", "{\"ok\":{\"a\":1,\"a\":2}}", "[1]", &deep] {
        let (kind, message) = failure(&calling("answers(1)", &answer(text)), &BUDGET);
        assert_eq!(kind, FailureKind::ToolFailed, "{text}: {message}");
    }
    let (_, message) = failure(&calling("answers(1)", &answer("{\"error\":\"no such word\"}")), &BUDGET);
    assert_eq!(message, "tool `answers`: no such word");
    let outside = wat_tool("", "(i64.const -1)");
    assert_eq!(
        failure(&calling("outside(1)", &wasm_tool("outside", &outside, &[])), &BUDGET).0,
        FailureKind::ToolFailed
    );
    let traps = wasm_tool("traps", &wat_tool("", "unreachable"), &[]);
    assert_eq!(failure(&wasm_guard(&traps, &json!([1])), &BUDGET).0, FailureKind::ToolFailed);
}

#[test]
fn a_stack_that_overflows_three_instances_deep_ends_the_run_and_nothing_else() {
    // The guard is deep in its own stack when it calls the tool, and so is the tool when it calls the parser.
    let deep = |then: &str, levels: u32| {
        format!(
            "fn deep(n, text) {{ if n == 0 {{ {then} }} else {{ [deep(n - 1, text)][0] }} }} fn start(text) {{ deep({levels}, text) }}"
        )
    };
    let tool = ToolCode {
        tools: vec!["python_calls".to_owned()],
        ..rhai_tool(
            "sinks",
            &["text"],
            &format!("{} fn sinks(text) {{ start(text) }}", deep("python_calls(text).calls.len()", 40)),
        )
    };
    let script = format!(
        "{} fn check(event) {{ let text = \"x\"; text.pad(30_000, '('); deny(\"a\", \"b\", #{{ result: start(text) }}) }}",
        deep("sinks(text)", 40)
    );
    let code = crate::fixture::guard(&script, &["sinks"], &[&tool]);
    assert_eq!(
        failure(&code, &BUDGET),
        (
            FailureKind::ToolFailed,
            "tool `sinks`: tool_failed: tool `python_calls`: trapped: wasm trap: call stack exhausted".to_owned()
        )
    );
    // A tool that never stops to call itself fails, and its caller with it.
    let sinks = rhai_tool("sinks", &["text"], "fn sinks(text) { sinks(text) }");
    let (kind, message) = failure(&calling("sinks(\"a\")", &sinks), &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed, "{message}");
    let sinks = wat_tool("", "(call $again (local.get $at)) (i64.const 0)").replace(
        "(func (export \"tool_abi\")",
        "(func $again (param i32) (call $again (local.get 0)) (call $again (local.get 0)))(func (export \"tool_abi\")",
    );
    let (kind, message) = failure(&calling("overflows(1)", &wasm_tool("overflows", &sinks, &[])), &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed, "{message}");
}

/// A function that calls itself `levels` times before it calls `then`, with a frame of some size.
fn descent(levels: u32, then: &str) -> String {
    format!(
        "(func $down (param $n i32) (param $at i32) (param $len i32) (result i32) (local $r i32)
            (if (i32.eqz (local.get $n)) (then (return {then})))
            (local.set $r (call $down (i32.sub (local.get $n) (i32.const 1)) (local.get $at) (local.get $len)))
            (i32.add (local.get $r) (i32.mul (i32.const 0) (local.get $n))))
         (func $start (param $at i32) (param $len i32) (result i32)
            (call $down (i32.const {levels}) (local.get $at) (local.get $len)))"
    )
}

/// A tool that goes down `levels` and then passes its argument on to `python_calls`.
fn diver(levels: u32) -> ToolCode {
    let imports = format!(
        "(import \"parapet:tool/1\" \"python_calls\" (func $parse (param i32 i32) (result i32))) {}",
        descent(levels, "(call $parse (local.get $at) (local.get $len))")
    );
    wasm_tool(
        "dives",
        &wat_tool(&imports, "(drop (call $start (local.get $at) (local.get $len))) (i64.const 0)"),
        &["python_calls"],
    )
}

/// The deepest descent that a guard's own stack allows, before a call of a tool.
fn deepest() -> u32 {
    let (mut fits, mut too_deep) = (1_000, 100_000);
    while too_deep - fits > 200 {
        let levels = (fits + too_deep) / 2;
        let tool = shared().build_tool(&diver(levels)).unwrap();
        let overflows =
            shared().run_tool(&tool, &[json!("f()")]).result.is_err_and(|e| e.message.contains("call stack exhausted"));
        *(if overflows { &mut too_deep } else { &mut fits }) = levels;
    }
    fits
}

#[test]
fn stacks_that_are_full_in_a_guard_a_tool_and_a_parser_at_once_fit_the_threads_stack() {
    let levels = deepest();
    let tool = diver(levels);
    // The guard goes as deep as the tool does, and the parser is given what overflows its own stack.
    let text = json!(["(".repeat(30_000)]).to_string();
    let guard = format!(
        "(module (import \"parapet:tool/1\" \"dives\" (func $dives (param i32 i32) (result i32)))
            (memory (export \"memory\") 3) (data (i32.const 16) \"{}\") {}
            (func (export \"guard_abi\") (result i32) i32.const 1)
            (func (export \"guard_alloc\") (param i32) (result i32) i32.const 65536)
            (func (export \"guard_check\") (param i32 i32) (result i64)
                (drop (call $start (i32.const 16) (i32.const {}))) (i64.const 0)))",
        text.replace('"', "\\\""),
        descent(levels - 200, "(call $dives (local.get $at) (local.get $len))"),
        text.len()
    );
    let code = parapet_sandbox::GuardCode {
        language: parapet_sandbox::Language::Wasm,
        code: wat::parse_str(&guard).unwrap(),
        ..crate::fixture::guard("", &["dives"], &[&tool])
    };
    let (kind, message) = failure(&code, &BUDGET);
    assert_eq!(kind, FailureKind::ToolFailed);
    assert_eq!(message, "tool `dives`: tool_failed: tool `python_calls`: trapped: wasm trap: call stack exhausted");
}

#[test]
fn a_tool_called_alone_has_the_same_limits() {
    let budget = Budget { fuel: 3_000_000, ..BUDGET };
    let tool = shared().build_tool(&ToolCode { budget, ..endless() }).unwrap();
    let answer = shared().run_tool(&tool, &[]);
    assert_eq!(answer.result.unwrap_err().message, "tool `endless`: out_of_fuel: all fuel was used");
    assert_eq!(answer.fuel_used, budget.fuel);
    let mut tool = rhai_tool("half", &["number"], "fn half(number) { number / 2 }");
    tool.params[0].kind = ToolType::Integer;
    let tool = shared().build_tool(&tool).unwrap();
    assert_eq!(shared().run_tool(&tool, &[json!(8)]).result, Ok(json!(4)));
    assert!(shared().run_tool(&tool, &[json!("8")]).result.unwrap_err().message.contains("expected integer"));
}
