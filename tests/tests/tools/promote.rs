//! A function of a guard becomes a tool, and the guard and others call the tool.

use std::fs;
use std::path::Path;

use parapet_tests::command::{Done, run};
use serde_json::{Value, json};

use crate::fixture::{write_guard, write_tool};

const GUARD: &str = r#"// Orders above a limit need a second look.
fn check(event) {
    let order = event.parts[0].json;
    let total = order_total(order.items, "}");
    if total > limit() { return deny("too_much", `the order of ${total} is too much`); }
    if is_word("a") { deny("never", "never") } else { allow() }
}

// The sum of price times count over all items of an order,
// without those that are free.
fn order_total(items, note) {
    let sum = 0;
    for item in items { if !is_free(item) { sum += times(item.price, item.count); } }
    sum
}

/// Whether an item costs nothing.
fn is_free(item) { item.price == 0 || is_word(item.name) }

private fn times(a, b) { let m = #{ "fn": a, note: `${#{x: "}"}.x}` }; m["fn"] * b }

fn is_word(text) { edit_distance(text, "gift") == 0 }

fn limit() { 100 }
"#;

fn test(name: &str, items: &Value, expect: &Value) -> String {
    let order = json!({ "items": items });
    let part = json!({ "kind": "json", "text": order.to_string(), "json": order });
    json!({ "description": name, "event": { "parts": [part] }, "expect": expect }).to_string()
}

fn tests() -> String {
    [
        test(
            "a small order passes",
            &json!([{ "name": "tea", "price": 7, "count": 2 }]),
            &json!({ "verdict": "allow" }),
        ),
        test(
            "a large order is denied",
            &json!([{ "name": "pot", "price": 60, "count": 2 }, { "name": "gift", "price": 9, "count": 1 }]),
            &json!({ "verdict": "deny", "message": "the order of 120 is too much" }),
        ),
        test("an empty order passes", &json!([]), &json!({ "verdict": "allow" })),
    ]
    .join("\n")
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "orders", &["edit_distance"], GUARD, &tests());
    dir
}

fn promote(dir: &Path, more: &[&str]) -> Done {
    let guard = dir.join("orders").display().to_string();
    run(&[&["tool", "promote", "--guard", &guard], more].concat()).unwrap()
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap()
}

#[test]
fn a_function_with_what_it_calls_becomes_a_tool_and_the_guard_calls_it() {
    let dir = folder();
    let done = promote(dir.path(), &["--function", "order_total", "--json"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["signature"], "order_total(items: array, note: string) -> integer");
    assert_eq!(
        (&report["observed_calls"], &report["tool_tests"], &report["guard_tests"]),
        (&json!(3), &json!(3), &json!(3))
    );

    // What only the function called went with it; what the guard calls too stayed, and went as well.
    let (tool, guard) = (read(dir.path(), "tools/order_total/tool.rhai"), read(dir.path(), "orders/guard.rhai"));
    for name in ["order_total", "is_free", "times", "is_word"] {
        assert!(tool.contains(&format!("fn {name}(")), "{name} in the tool:\n{tool}");
    }
    let left: Vec<&str> = guard.lines().filter(|line| line.starts_with("fn ")).collect();
    assert_eq!(
        left,
        ["fn check(event) {", "fn is_word(text) { edit_distance(text, \"gift\") == 0 }", "fn limit() { 100 }"]
    );
    assert!(guard.starts_with("// Orders above a limit need a second look.\nfn check(event) {\n"), "{guard}");
    assert!(!guard.contains("The sum of price") && tool.contains("// The sum of price"), "{guard}");
    let manifest = read(dir.path(), "tools/order_total/tool.toml");
    assert!(
        manifest.contains("The sum of price times count over all items of an order, without those that are free."),
        "{manifest}"
    );
    assert!(manifest.contains("promoted from `order_total` of guard `orders`"), "{manifest}");
    assert!(read(dir.path(), "orders/guard.toml").contains("tools = [\"edit_distance\", \"order_total\"]"));
    let first = read(dir.path(), "tools/order_total/tests.jsonl");
    let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(first["description"], "as `orders` calls it: a small order passes");
    assert_eq!((&first["args"][1], &first["expect"]), (&json!("}"), &json!(14)));

    // Both hold by themselves, and another guard can have the tool.
    let dir_name = dir.path().display().to_string();
    let tested = run(&["tool", "test", &dir_name]).unwrap();
    assert_eq!((tested.code, tested.out.lines().last()), (0, Some("4 passed, 0 failed")), "{}", tested.out);
    let another = "fn check(event) { if order_total([#{name: \"a\", price: 2, count: 3}], \"\") == 6 { allow() } else { deny(\"a\", \"b\") } }";
    let passes = r#"{"description": "it is six", "event": {"text": ""}, "expect": {"verdict": "allow"}}"#;
    write_guard(dir.path(), "another", &["order_total"], another, passes);
    let tested = run(&["guard", "test", &dir_name]).unwrap();
    assert_eq!((tested.code, tested.out.lines().last()), (0, Some("4 passed, 0 failed")), "{}", tested.out);
    // It is offered to whoever writes the next guard.
    let listed = run(&["tool", "list", &dir_name, "--own"]).unwrap();
    assert!(listed.out.starts_with("order_total(items: array, note: string) -> integer  yours\n"), "{}", listed.out);
}

#[test]
fn a_tool_can_have_another_name_and_a_dry_run_writes_nothing() {
    let dir = folder();
    let before = read(dir.path(), "orders/guard.rhai");
    let dry = promote(dir.path(), &["--function", "is_free", "--as", "costs_nothing", "--dry-run"]);
    assert_eq!(dry.code, 0, "{}{}", dry.out, dry.err);
    assert!(dry.out.starts_with("would promote costs_nothing(item: object) -> boolean\n"), "{}", dry.out);
    assert_eq!(read(dir.path(), "orders/guard.rhai"), before);
    assert!(!dir.path().join("tools").exists());

    let done = promote(dir.path(), &["--function", "is_free", "--as", "costs_nothing"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let guard = read(dir.path(), "orders/guard.rhai");
    assert!(guard.contains("if !costs_nothing(item) {") && !guard.contains("is_free"), "{guard}");
    assert!(
        read(dir.path(), "tools/costs_nothing/tool.rhai")
            .starts_with("/// Whether an item costs nothing.\nfn costs_nothing(item)")
    );
    let tested = run(&["guard", "test", &dir.path().join("orders").display().to_string()]).unwrap();
    assert_eq!((tested.code, tested.out.lines().last()), (0, Some("3 passed, 0 failed")), "{}", tested.out);
    // A function that calls a tool of the operator cannot be one itself.
    let refused = promote(dir.path(), &["--function", "order_total"]);
    assert_eq!(refused.code, 4);
    assert!(
        refused.err.contains(
            "`order_total` calls `costs_nothing`, a tool of the operator; a tool can call built-in tools alone"
        ),
        "{}",
        refused.err
    );
}

#[test]
fn what_cannot_stand_by_itself_is_refused_with_what_to_do_and_nothing_is_written() {
    let dir = folder();
    write_tool(dir.path(), "taken", &crate::fixture::manifest("taken"), "fn taken(text) { true }", "");
    let refused = |arguments: &[&str], expected: &str| {
        let (guard, before) = (dir.path().join("orders/guard.rhai"), read(dir.path(), "orders/guard.rhai"));
        let done = promote(dir.path(), arguments);
        assert_eq!(done.code, 4, "{arguments:?}: {}{}", done.out, done.err);
        assert!(done.err.contains(expected), "{expected}: {}", done.err);
        assert_eq!(fs::read_to_string(guard).unwrap(), before);
    };
    refused(
        &["--function", "nothing"],
        "the guard defines no function `nothing`; it has order_total, is_free, times, is_word, limit",
    );
    refused(&["--function", "check"], "`check` is the guard itself; name a function that it calls");
    refused(
        &["--function", "times"],
        "nothing says what `times` does, and models choose a tool by that; write a comment above it, or give `--doc`",
    );
    refused(
        &["--function", "limit", "--doc", "The limit."],
        "1 different calls of `limit` are known, and 2 are needed to prove it",
    );
    refused(&["--function", "times", "--doc", "A product.", "--as", "Times"], "`Times` is no tool's name");
    refused(&["--function", "times", "--doc", "A product.", "--as", "taken"], "there is a tool `taken` already");
    refused(
        &["--function", "times", "--doc", "A product.", "--as", "len"],
        "tool `len` cannot be built:\n`len` is the name of a built-in tool",
    );

    let wrong = dir.path().join("wrong.jsonl");
    fs::write(&wrong, "{\"description\": \"two and two\", \"args\": [2, 2], \"expect\": 5}\n").unwrap();
    refused(
        &["--function", "times", "--doc", "A product.", "--tests", &wrong.display().to_string()],
        "not promoted: tests of the tool fail:\n  two and two: gave 4, expected 5",
    );

    let with_facts = GUARD.replace("m[\"fn\"] * b", "m[\"fn\"] * b * facts.factor");
    fs::write(dir.path().join("orders/guard.rhai"), &with_facts).unwrap();
    fs::write(dir.path().join("orders/guard.toml"), read(dir.path(), "orders/guard.toml") + "[facts]\nfactor = 1\n")
        .unwrap();
    refused(
        &["--function", "order_total"],
        "`times` reads `facts`, which are the guard's; pass what it needs as an argument",
    );

    fs::write(dir.path().join("orders/guard.rhai"), GUARD.replace("> limit()", "< limit()")).unwrap();
    refused(
        &["--function", "order_total"],
        "tests of the guard fail already, so that they prove nothing:\n  a small order passes: ",
    );
}

#[test]
fn a_function_whose_removal_breaks_the_guard_is_not_promoted() {
    let dir = folder();
    // In the style of a method the value before the dot is no argument of a script's function, but it is one of a tool.
    let guard = "fn check(event) { let n = event.parts[0].json.items.len(); if n.twice_of(n) > 2 { deny(\"a\", \"b\") } else if twice_of(n) > 5 { deny(\"c\", \"d\") } else { allow() } }\n\n// Twice a number.\nfn twice_of(n) { n * 2 }\n";
    let tests = [
        test("one passes", &json!([1]), &json!({ "verdict": "allow" })),
        test("two is denied", &json!([1, 2]), &json!({ "verdict": "deny", "reason_code": "a" })),
    ];
    write_guard(dir.path(), "orders", &[], guard, &tests.join("\n"));
    let done = promote(dir.path(), &["--function", "twice_of"]);
    assert_eq!(done.code, 4, "{}{}", done.out, done.err);
    assert!(done.err.contains("`twice_of` takes 1 arguments, not 2"), "{}", done.err);
    assert!(!dir.path().join("tools").exists());
}
