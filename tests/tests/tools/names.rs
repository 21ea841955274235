//! Names and grants: what is not granted cannot be called, and no name can hide another.

use parapet_sandbox::ToolCode;
use parapet_test_sandbox::shared;

use crate::fixture::{calling, guard, refusal, rhai_tool, wasm_guard, wasm_tool, wat_tool};

fn tool(name: &str) -> ToolCode {
    rhai_tool(name, &[], &format!("fn {name}() {{ 1 }}"))
}

fn refused(code: &ToolCode) -> String {
    refusal(&shared().build_tool(code).unwrap_err())
}

#[test]
fn a_tool_cannot_have_the_name_of_anything_that_a_script_knows() {
    for name in [
        "len", "contains", "type_of", "deny", "allow", "edit", "check", "find_pii", "print", "eval", "if", "fn",
        "call", "event", "facts",
    ] {
        let message = refused(&tool(name));
        assert!(
            message.contains("choose another name") || message.contains("`check` is what the sandbox calls"),
            "{name}: {message}"
        );
        let module = wasm_tool(name, &wat_tool("", "(i64.const 0)"), &[]);
        assert!(refused(&module).contains("choose another name"), "{name} as a module");
    }
    shared().build_tool(&tool("length_of_ours")).unwrap();
}

#[test]
fn a_name_is_refused_also_when_the_same_module_was_built_under_another() {
    let module = wat_tool("", "(i64.const 0)");
    shared().build_tool(&wasm_tool("a_free_name", &module, &[])).unwrap();
    assert!(refused(&wasm_tool("len", &module, &[])).contains("choose another name"));
}

#[test]
fn a_guard_cannot_define_a_function_of_a_granted_tools_name_but_one_of_another_tools() {
    let tool = tool("ours");
    let script = "fn ours() { 2 } fn check(event) { if ours() == 2 { allow() } else { deny(\"a\", \"b\") } }";
    let error = shared().build(&guard(script, &["ours"], &[&tool])).unwrap_err();
    assert!(refusal(&error).contains("function `ours` hides the tool of that name; rename the function"), "{error}");
    shared().build(&guard(script, &[], &[&tool])).unwrap();
}

#[test]
fn a_tool_that_is_there_but_not_granted_is_told_from_one_that_does_not_exist() {
    let ours = tool("ours");
    let script = "fn check(event) {\n    if ours() == 1 { allow() } else { deny(\"a\", \"b\") }\n}";
    let error = shared().build(&guard(script, &[], &[&ours])).unwrap_err();
    assert_eq!(
        refusal(&error),
        "line 2, column 8: tool `ours` was not granted to this guard; add \"ours\" to `tools` in guard.toml, or do without it"
    );
    let mut module = wasm_guard(&ours, &serde_json::json!([]));
    module.tools.clear();
    module.library = guard("", &[], &[&ours]).library;
    let error = shared().build(&module).unwrap_err();
    assert!(refusal(&error).contains("tool `ours` was not granted to this guard"), "{error}");

    let error = shared().build(&guard(script, &["ours"], &[])).unwrap_err();
    let message = refusal(&error);
    assert!(
        message.starts_with("tool `ours` does not exist; correct `tools` in guard.toml; there are: check_access, "),
        "{message}"
    );
    assert!(
        message.ends_with(
            "a tool of your own is a folder tools/ours in the guards' folder, made with `parapet tool new ours`"
        ),
        "{message}"
    );
    assert!(refusal(&shared().build(&guard(script, &[], &[])).unwrap_err()).contains("function `ours` does not exist"));
}

#[test]
fn a_tool_cannot_be_granted_itself_or_another_tool_of_the_operator() {
    let granted = |name: &str| ToolCode { tools: vec![name.to_owned()], ..tool("ours") };
    for name in ["ours", "theirs", "nothing"] {
        let message = refused(&granted(name));
        assert!(
            message.contains(&format!(
                "tool `{name}` cannot be granted to a tool; a tool can be granted built-in tools alone"
            )),
            "{message}"
        );
    }
    let calls_another = rhai_tool("ours", &[], "fn ours() { theirs() }");
    assert!(refused(&calls_another).contains("function `theirs` does not exist"));
    let imports = r#"(import "parapet:tool/1" "theirs" (func (param i32 i32) (result i32)))"#;
    assert!(
        refused(&wasm_tool("ours", &wat_tool(imports, "(i64.const 0)"), &[])).contains("tool `theirs` does not exist")
    );
}

#[test]
fn a_tool_that_calls_what_it_was_not_granted_is_refused_in_both_languages() {
    let script = rhai_tool("ours", &["text"], "fn ours(text) {\n    find_pii(text)\n}");
    assert_eq!(
        refused(&script),
        "tool `ours` cannot be built:\nline 2, column 5: tool `find_pii` was not granted to this tool; add \"find_pii\" to \
         `tools` in tool.toml, or do without it"
    );
    let imports = r#"(import "parapet:tool/1" "find_pii" (func (param i32 i32) (result i32)))"#;
    let module = wasm_tool("ours", &wat_tool(imports, "(i64.const 0)"), &[]);
    assert!(
        refused(&module)
            .contains("tool `find_pii` was not granted to this tool; add \"find_pii\" to `tools` in tool.toml")
    );
    let wasi = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    assert!(refused(&wasm_tool("ours", &wat_tool(wasi, "(i64.const 0)"), &[])).contains("is not available to tools"));
}

#[test]
fn complaints_about_a_tool_are_about_what_its_author_wrote() {
    let message = |script: &str| refused(&rhai_tool("ours", &["a", "b"], script));
    let missing =
        "function `ours` with 2 parameters is missing; define `fn ours(a, b) { … }`, as `args` in tool.toml says";
    assert!(message("fn other() { 1 }").ends_with(missing), "{}", message("fn other() { 1 }"));
    assert!(message("fn ours(a) { 1 }").ends_with(missing), "{}", message("fn ours(a) { 1 }"));
    let check = message("fn ours(a, b) { 1 }\nfn check(event) { allow() }");
    assert!(check.contains("`check` is what the sandbox calls, and cannot be defined by a tool; rename it"), "{check}");
    let unclosed = message("fn ours(a, b) {\n    1\n");
    assert!(unclosed.starts_with("tool `ours` cannot be built:\nline "), "{unclosed}");
    let parse = message("fn ours(a, b) {\n    let = 1;\n}");
    assert!(parse.contains("line 2, column"), "{parse}");
    let commented = message("fn ours(a, b) { 1 }\n/* open");
    assert!(commented.starts_with("tool `ours` cannot be built:\n"), "{commented}");
}

#[test]
fn a_module_without_the_interface_is_refused() {
    let message = |wat: &str| refused(&wasm_tool("ours", wat, &[]));
    assert!(message("(module (memory (export \"memory\") 1))").contains("export `tool_abi` is missing"));
    let other = wat_tool("", "(i64.const 0)").replace("i32.const 1)", "i32.const 2)");
    assert!(
        message(&other).contains("tool speaks version 2 of the interface, this host version 1"),
        "{}",
        message(&other)
    );
    let as_guard = wat_tool("", "(i64.const 0)").replace("tool_", "guard_");
    assert!(message(&as_guard).contains("export `tool_abi` is missing"));
}

#[test]
fn arguments_are_declared_in_order_and_not_too_many() {
    let mut code = rhai_tool("ours", &["a", "b"], "fn ours(a, b) { 1 }");
    code.params[0].optional = true;
    assert!(refused(&code).contains("a required argument follows an optional one; put optional arguments last"));
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    assert!(
        refused(&rhai_tool("ours", &names, "fn ours() { 1 }")).contains("9 arguments declared, at most 8 are allowed")
    );
    let error = shared().build(&calling("ours()", &code)).unwrap_err();
    assert!(refusal(&error).starts_with("tool `ours` cannot be built:\n"), "{error}");
}
