//! Tools and guards that the tests build, and how a run ended.

use std::path::Path;
use std::sync::Arc;

use parapet_domain::{Budget, FailureKind, Outcome, Verdict};
use parapet_sandbox::{BuildError, GuardCode, Language, LoadedGuard, Run, ToolCode, ToolLibrary, ToolParam, ToolType};
use parapet_test_sandbox::shared;
use parapet_toolbox::ToolConfig;
use serde_json::{Value, json};

/// Ample, so that nothing but what a test is about ends a run.
pub(crate) const BUDGET: Budget =
    Budget { fuel: 2_000_000_000, memory_bytes: 16 << 20, deadline_ms: 20_000, output_bytes: 64 << 10 };

/// A tool in Rhai that takes `params` of any type, and gives anything.
pub(crate) fn rhai_tool(name: &str, params: &[&str], script: &str) -> ToolCode {
    let param =
        |name: &&str| ToolParam { name: (*name).to_owned(), kind: ToolType::Any, doc: String::new(), optional: false };
    ToolCode {
        name: name.to_owned(),
        params: params.iter().map(param).collect(),
        returns: ToolType::Any,
        language: Language::Rhai,
        code: script.as_bytes().to_vec(),
        facts: Value::Null,
        tools: Vec::new(),
        tool_config: ToolConfig::default(),
        budget: BUDGET,
    }
}

/// A tool in WebAssembly of one argument.
pub(crate) fn wasm_tool(name: &str, wat: &str, tools: &[&str]) -> ToolCode {
    ToolCode {
        language: Language::Wasm,
        code: wat::parse_str(wat).unwrap(),
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        ..rhai_tool(name, &["value"], "")
    }
}

/// What `tool/1` asks for, around a body that answers with what is at 1024: `(call …)`.
pub(crate) fn wat_tool(imports: &str, body: &str) -> String {
    format!(
        r#"(module {imports}
            (memory (export "memory") 2)
            (data (i32.const 1024) "{{\"ok\":")
            (func (export "tool_abi") (result i32) i32.const 1)
            (func (export "tool_alloc") (param i32) (result i32) i32.const 1030)
            (func (export "tool_call") (param $at i32) (param $len i32) (result i64) {body}))"#
    )
}

/// Closes the answer after a result of `$len` bytes at 1030 and packs it.
pub(crate) const ANSWER: &str = r"
    (i32.store8 (i32.add (i32.const 1030) (local.get $len)) (i32.const 125))
    (i64.or (i64.shl (i64.const 1024) (i64.const 32))
            (i64.extend_i32_u (i32.add (local.get $len) (i32.const 7))))";

/// A guard in Rhai, granted `tools` of `library`.
pub(crate) fn guard(script: &str, tools: &[&str], library: &[&ToolCode]) -> GuardCode {
    let (granted, others): (Vec<&ToolCode>, Vec<&ToolCode>) =
        library.iter().copied().partition(|tool| tools.contains(&tool.name.as_str()));
    GuardCode {
        language: Language::Rhai,
        code: script.as_bytes().to_vec(),
        facts: Value::Null,
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        tool_config: ToolConfig::default(),
        library: ToolLibrary {
            granted: granted.into_iter().cloned().map(Arc::new).collect(),
            others: others.into_iter().map(|tool| tool.name.clone()).collect(),
        },
    }
}

/// A guard in WebAssembly that calls `tool` with the JSON `arguments` and denies with its result as details.
pub(crate) fn wasm_guard(tool: &ToolCode, arguments: &Value) -> GuardCode {
    let arguments = arguments.to_string();
    let data = arguments.replace('"', "\\\"");
    let head = r#"{"verdict":"deny","reason_code":"called","message":"m","details":"#;
    let (head_data, head_len, name) = (head.replace('"', "\\\""), head.len(), &tool.name);
    let wat = format!(
        r#"(module
            (import "parapet:tool/1" "{name}" (func $tool (param i32 i32) (result i32)))
            (import "parapet:guard/1" "take_result" (func $take (param i32)))
            (memory (export "memory") 2)
            (data (i32.const 16) "{data}")
            (data (i32.const 4096) "{head_data}")
            (func (export "guard_abi") (result i32) i32.const 1)
            (func (export "guard_alloc") (param i32) (result i32) i32.const 65536)
            (func (export "guard_check") (param i32 i32) (result i64) (local $len i32)
                (local.set $len (call $tool (i32.const 16) (i32.const {arguments_len})))
                (call $take (i32.const {result_at}))
                (i32.store8 (i32.add (i32.const {result_at}) (local.get $len)) (i32.const 125))
                (i64.or (i64.shl (i64.const 4096) (i64.const 32))
                        (i64.extend_i32_u (i32.add (local.get $len) (i32.const {around}))))))"#,
        arguments_len = arguments.len(),
        result_at = 4096 + head_len,
        around = head_len + 1,
    );
    GuardCode { language: Language::Wasm, code: wat::parse_str(wat).unwrap(), ..guard("", &[name], &[tool]) }
}

pub(crate) fn build(code: &GuardCode) -> LoadedGuard {
    shared().build(code).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn run(code: &GuardCode, budget: &Budget) -> Run {
    shared().run(&build(code), json!({}).to_string().as_bytes(), &[], budget)
}

pub(crate) fn verdict(code: &GuardCode) -> Verdict {
    match run(code, &BUDGET).outcome {
        Outcome::Verdict(verdict) => verdict,
        Outcome::Failure(failure) => panic!("{failure:?}"),
    }
}

pub(crate) fn failure(code: &GuardCode, budget: &Budget) -> (FailureKind, String) {
    match run(code, budget).outcome {
        Outcome::Failure(failure) => (failure.kind, failure.message),
        Outcome::Verdict(verdict) => panic!("{verdict:?}"),
    }
}

/// A guard in Rhai that calls one tool and denies with the result as details.
pub(crate) fn calling(call: &str, tool: &ToolCode) -> GuardCode {
    let script = format!("fn check(event) {{ deny(\"called\", \"m\", #{{ result: {call} }}) }}");
    guard(&script, &[&tool.name], &[tool])
}

/// What a call of the tool in a guard gives.
pub(crate) fn result(call: &str, tool: &ToolCode) -> Value {
    verdict(&calling(call, tool)).details["result"].clone()
}

pub(crate) fn refusal(error: &BuildError) -> String {
    error.to_string()
}

/// A folder of guards with one guard that is granted `tools`, and the tools that are given as name, manifest and script.
pub(crate) fn write_tool(guards: &Path, name: &str, manifest: &str, script: &str, tests: &str) {
    let folder = guards.join("tools").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("tool.toml"), manifest).unwrap();
    std::fs::write(folder.join("tool.rhai"), script).unwrap();
    std::fs::write(folder.join("tests.jsonl"), tests).unwrap();
}

/// The manifest of a tool that takes a text and gives a boolean.
pub(crate) fn manifest(name: &str) -> String {
    format!(
        "name = \"{name}\"\ndoc = \"Whether a text is one of ours.\"\nexample = \"{name}(\\\"ours\\\")\"\n\
         returns = {{ type = \"boolean\", doc = \"whether it is\" }}\n\
         [[args]]\nname = \"text\"\ntype = \"string\"\ndoc = \"the text\"\n\
         [budget]\nfuel = 20_000_000\nmemory_bytes = 16_777_216\ndeadline_ms = 1_000\noutput_bytes = 4_096\n"
    )
}

/// Writes a guard that is granted `tools`.
pub(crate) fn write_guard(guards: &Path, id: &str, tools: &[&str], code: &str, tests: &str) {
    parapet_tests::guards::write(guards, id, &["input"], code).unwrap();
    let path = guards.join(id).join("guard.toml");
    let manifest = std::fs::read_to_string(&path).unwrap().replace("tools = []", &format!("tools = {tools:?}"));
    std::fs::write(&path, manifest).unwrap();
    std::fs::write(guards.join(id).join("tests.jsonl"), tests).unwrap();
}
