//! Behaviours of the wall: what a guard sees, what it cannot do, how each run ends. The larger hostile corpus is in
//! `tests/hostile`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own helpers fail by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parapet_domain::{Budget, Decision, FailureKind, Outcome, Verdict};
use parapet_sandbox::{
    BuildError, BuilderCommand, GuardCode, Language, LoadedGuard, Run, Sandbox, SandboxConfig, ToolLibrary,
};
use parapet_test_sandbox::{config, shared};
use parapet_toolbox::ToolConfig;
use serde_json::{Value, json};

const BUDGET: Budget = Budget { fuel: 20_000_000, memory_bytes: 8 << 20, deadline_ms: 5_000, output_bytes: 16 << 10 };

fn code(script: &str, facts: Value, tools: &[&str]) -> GuardCode {
    GuardCode {
        language: Language::Rhai,
        code: script.as_bytes().to_vec(),
        facts,
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        tool_config: ToolConfig::default(),
        library: ToolLibrary::default(),
    }
}

fn module(wat: &str) -> GuardCode {
    GuardCode { language: Language::Wasm, code: wat::parse_str(wat).unwrap(), ..code("", Value::Null, &[]) }
}

fn build(code: &GuardCode) -> LoadedGuard {
    shared().build(code).unwrap_or_else(|error| panic!("{error}"))
}

fn run_with(guard: &LoadedGuard, event: &Value, budget: &Budget) -> Run {
    shared().run(guard, event.to_string().as_bytes(), &[100], budget)
}

fn verdict(script: &str, facts: Value, tools: &[&str], event: &Value) -> Verdict {
    match run_with(&build(&code(script, facts, tools)), event, &BUDGET).outcome {
        Outcome::Verdict(verdict) => verdict,
        Outcome::Failure(failure) => panic!("{failure:?}"),
    }
}

fn failure(script: &str, budget: &Budget) -> (FailureKind, String) {
    match run_with(&build(&code(script, Value::Null, &[])), &json!({}), budget).outcome {
        Outcome::Failure(failure) => (failure.kind, failure.message),
        Outcome::Verdict(verdict) => panic!("{verdict:?}"),
    }
}

fn complaints(script: &str) -> Vec<String> {
    let Err(BuildError::Refused(complaints)) = shared().build(&code(script, Value::Null, &["find_pii"])) else {
        panic!("{script} was not refused")
    };
    complaints.iter().map(|c| format!("{}:{} {}; {}", c.line, c.column, c.message, c.help)).collect()
}

/// A cache folder of its own that has Parapet's own modules already: compiling them takes seconds.
fn warm_cache(parent: &Path) -> PathBuf {
    use std::os::unix::fs::DirBuilderExt;
    let warm = config(1).cache_dir;
    let _ = shared();
    let dir = parent.join("cache");
    std::fs::DirBuilder::new().mode(0o700).create(&dir).unwrap();
    for entry in std::fs::read_dir(&warm).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if name == "key" || name.to_string_lossy().starts_with("own-") {
            std::fs::copy(entry.path(), dir.join(name)).unwrap();
        }
    }
    dir
}

#[test]
fn a_script_sees_the_event_and_its_facts_and_decides() {
    let script = r#"fn check(event) {
        if facts.banned.contains(event.word) { deny("banned_word", `the word ${event.word} is banned`, #{word: event.word}) } else { allow() }
    }"#;
    let facts = json!({"banned": ["foo", "bär"]});
    assert_eq!(verdict(script, facts.clone(), &[], &json!({"word": "ok"})), Verdict::allow());
    let denied = verdict(script, facts, &[], &json!({"word": "bär"}));
    assert_eq!((denied.decision, denied.reason_code.as_str()), (Decision::Deny, "banned_word"));
    assert_eq!((denied.message.as_str(), denied.details), ("the word bär is banned", json!({"word": "bär"})));
}

#[test]
fn facts_are_visible_inside_functions_and_closures() {
    let script = r#"fn limit() { facts.limit }
    fn check(event) {
        let f = facts;
        let over = event.numbers.filter(|n| n > f.limit);
        if over.is_empty() && limit() == 3 { allow() } else { deny("over", "too large", #{over: over}) }
    }"#;
    assert_eq!(verdict(script, json!({"limit": 3}), &[], &json!({"numbers": [1, 2, 3]})).decision, Decision::Allow);
    assert_eq!(verdict(script, json!({"limit": 3}), &[], &json!({"numbers": [1, 4]})).details, json!({"over": [4]}));
}

#[test]
fn values_of_every_kind_survive_the_way_in_and_out() {
    let event = json!({"v": {"null": null, "yes": true, "i": i64::MIN, "big": i64::MAX, "f": -0.125, "t": "ä€😀\u{0}", "a": [[], {}]}});
    let script = r#"fn check(event) { deny("echo", "", event.v) }"#;
    assert_eq!(verdict(script, Value::Null, &[], &event).details, event["v"]);
}

#[test]
fn every_tool_of_its_own_kind_answers() {
    let script = r#"fn check(event) {
        let calls = python_calls("db = LoadDB('lab')").calls;
        let tables = sql_columns("select labname from lab where labresult > 3").read;
        deny("seen", "", #{name: calls[0].name, columns: tables.lab, mail: find_pii("a@example.com")[0].type})
    }"#;
    let seen = verdict(script, Value::Null, &["python_calls", "sql_columns", "find_pii"], &json!({}));
    assert_eq!(seen.details, json!({"name": "LoadDB", "columns": ["labname", "labresult"], "mail": "email"}));
}

#[test]
fn nothing_survives_from_one_run_to_the_next() {
    let guard = build(&code(
        r#"fn check(event) { facts.seen.push(1); if facts.seen.len() == 1 { allow() } else { deny("leak", "state survived") } }"#,
        json!({"seen": []}),
        &[],
    ));
    for _ in 0..20 {
        assert_eq!(run_with(&guard, &json!({}), &BUDGET).outcome, Outcome::Verdict(Verdict::allow()));
    }
}

#[test]
fn the_same_event_costs_the_same_fuel_every_time() {
    let guard =
        build(&code(r#"fn check(event) { let n = 0; for i in 0..event.n { n += i; } allow() }"#, Value::Null, &[]));
    let fuel = |n: u64| run_with(&guard, &json!({"n": n}), &BUDGET).fuel_used;
    assert_eq!(fuel(100), fuel(100));
    assert!(fuel(200) > fuel(100));
}

#[test]
fn each_limit_ends_a_run_with_its_own_outcome() {
    let endless = "fn check(event) { loop { } }";
    assert_eq!(failure(endless, &BUDGET).0, FailureKind::OutOfFuel);
    let unlimited_fuel = Budget { fuel: u64::MAX / 2, deadline_ms: 50, ..BUDGET };
    assert_eq!(failure(endless, &unlimited_fuel).0, FailureKind::TimedOut);
    let bomb = r#"fn check(event) { let s = "x"; loop { s += s; } }"#;
    assert_eq!(failure(bomb, &BUDGET).0, FailureKind::OutOfMemory);
    let wide = Budget { output_bytes: 10, ..BUDGET };
    assert_eq!(failure(r#"fn check(event) { deny("a_long_reason_code", "") }"#, &wide).0, FailureKind::BadOutput);
}

#[test]
fn a_failing_script_does_not_carry_its_content_into_the_log() {
    let (_, message) = failure(r#"fn check(event) { throw "the patient's name" }"#, &BUDGET);
    assert_eq!(message, "line 1, column 19: script threw a value of type string");
}

#[test]
fn facts_that_differ_only_in_their_kind_of_number_are_different_guards() {
    let script = r#"fn check(event) { deny("kind", type_of(facts.rate)) }"#;
    assert_eq!(verdict(script, json!({"rate": 3}), &[], &json!({})).message, "i64");
    assert_eq!(verdict(script, json!({"rate": 3.0}), &[], &json!({})).message, "f64");
}

#[test]
fn a_failing_script_says_where() {
    let (kind, message) = failure("fn check(event) {\n    let x = 1;\n    x.no_such_thing\n}", &BUDGET);
    assert_eq!(kind, FailureKind::Trapped);
    assert!(message.starts_with("line 3, column 7: "), "{message}");
}

#[test]
fn complaints_say_where_what_and_what_to_do() {
    assert_eq!(
        complaints("fn check(event) {\n  find_pi(event);\n  allow()\n}"),
        ["2:3 function `find_pi` does not exist; did you mean `find_pii`"]
    );
    assert_eq!(
        complaints("fn check(event) { find_regex(\"a\", \"b\"); allow() }"),
        [
            "1:19 tool `find_regex` was not granted to this guard; add \"find_regex\" to `tools` in guard.toml, or do without it"
        ]
    );
    assert_eq!(
        complaints("fn check(event) { find_pii(); allow() }"),
        ["1:19 `find_pii` takes 1 to 2 arguments, not 0; correct the call"]
    );
    assert_eq!(
        complaints("fn check(event) { if x > 1 { allow() } else { y } }"),
        [
            "1:22 variable `x` is not defined; declare it with `let` before its first use; a function sees only its parameters, its own variables and `facts`"
        ]
    );
    assert_eq!(
        complaints("fn check(event) { sleep(1); eval(\"1\"); allow() }"),
        [
            "1:29 `eval` is not available in guards; a guard computes its verdict from `event` and `facts` alone; remove the call"
        ]
    );
    assert_eq!(
        complaints("fn check(event) { facts.x = 1; allow() }"),
        ["1:19 `facts` cannot be changed; copy what you need with `let`, and change the copy"]
    );
    assert_eq!(
        complaints("fn judge(event) { allow() }"),
        [
            "0:0 function `check` with one parameter is missing; define `fn check(event) { … }`; it must return `allow()`, `deny(…)`, `redact(…)` or `ask(…)`"
        ]
    );
    assert_eq!(
        complaints("fn check(event) { [1].filter(|n| n == facts.x); allow() }"),
        ["0:0 closure uses `facts`, which closures do not see; write `let f = facts;` before it, and use `f` inside"]
    );
    // Everything that is wrong is said at once.
    assert_eq!(complaints("fn check(event) {\n  aaa();\n  bbb();\n  ccc()\n}").len(), 3);
}

#[test]
fn an_unknown_tool_in_the_grants_is_refused() {
    let error = shared().build(&code("fn check(event) { allow() }", Value::Null, &["launch_missiles"])).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "tool `launch_missiles` does not exist; correct `tools` in guard.toml; there are: check_access, "
        ),
        "{error}"
    );
}

#[test]
fn a_full_pool_sheds_load_with_its_own_outcome() {
    let sandbox =
        Arc::new(Sandbox::new(SandboxConfig { slots: 1, max_wait: Duration::from_millis(20), ..config(1) }).unwrap());
    let slow = sandbox.build(&code("fn check(event) { loop { } }", Value::Null, &[])).unwrap();
    let quick = sandbox.build(&code("fn check(event) { allow() }", Value::Null, &[])).unwrap();
    let budget = Budget { fuel: u64::MAX / 2, deadline_ms: 1_000, ..BUDGET };
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| sandbox.run(&slow, b"{}", &[], &budget));
        // Until the slow run holds the place, quick ones succeed; then one is shed.
        let shed = (0..100_000)
            .map(|_| sandbox.run(&quick, b"{}", &[], &BUDGET).outcome)
            .find(|outcome| matches!(outcome, Outcome::Failure(_)));
        let Some(Outcome::Failure(shed)) = shed else { panic!("nothing was shed") };
        assert_eq!(shed.kind, FailureKind::NoCapacity);
        assert!(
            matches!(busy.join().unwrap().outcome, Outcome::Failure(failure) if failure.kind == FailureKind::TimedOut)
        );
    });
    assert_eq!(sandbox.run(&quick, b"{}", &[], &BUDGET).outcome, Outcome::Verdict(Verdict::allow()));
}

#[test]
fn a_wasm_guard_runs_without_any_import() {
    let guard = build(&module(
        r#"(module (memory (export "memory") 1) (data (i32.const 16) "{\"verdict\":\"allow\"}")
            (func (export "guard_abi") (result i32) (i32.const 1))
            (func (export "guard_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "guard_check") (param i32 i32) (result i64) (i64.const 0x0000001000000013)))"#,
    ));
    let run = run_with(&guard, &json!({}), &BUDGET);
    assert_eq!(run.outcome, Outcome::Verdict(Verdict::allow()));
    assert!(run.fuel_used < 100, "{}", run.fuel_used);
}

#[test]
fn a_cache_file_without_the_right_mark_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let cache_dir = warm_cache(dir.path());
    let sandbox = Sandbox::new(SandboxConfig { cache_dir: cache_dir.clone(), ..config(2) }).unwrap();
    let guard = code("fn check(event) { deny(\"first\", \"\") }", Value::Null, &[]);
    sandbox.build(&guard).unwrap();
    // Someone replaces every built file by something of the same name.
    for entry in std::fs::read_dir(&cache_dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("built-") {
            std::fs::write(&path, b"mac:0000000000000000000000000000000000000000000000000000000000000000evil").unwrap();
        }
    }
    let rebuilt = sandbox.build(&guard).unwrap();
    let Outcome::Verdict(verdict) = sandbox.run(&rebuilt, b"{}", &[], &BUDGET).outcome else { panic!() };
    assert_eq!(verdict.reason_code, "first");
}

#[test]
fn a_cache_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let error = Sandbox::new(SandboxConfig { cache_dir: open, ..config(1) }).err().unwrap().to_string();
    assert!(error.contains("others can read or write it"), "{error}");
}

#[test]
fn a_missing_builder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let builder = BuilderCommand { program: "/no/such/builder".into(), arguments: Vec::new() };
    let config = SandboxConfig { builder, cache_dir: warm_cache(dir.path()), ..config(1) };
    let error =
        Sandbox::new(config).unwrap().build(&code("fn check(event) { allow() }", Value::Null, &[])).unwrap_err();
    assert!(error.to_string().starts_with("the guard builder failed: `/no/such/builder` cannot be started"), "{error}");
}

/// A builder that says `times` times that the machine is short of something, and notes in `dir` how often it was asked.
fn short_of_something(dir: &Path, times: usize) -> BuilderCommand {
    let reply = br#"[{"busy":"a memory image cannot be sealed"}]"#;
    let message = [&(reply.len() as u64).to_le_bytes()[..], reply, &0_u64.to_le_bytes()].concat();
    std::fs::write(dir.join("reply"), message).unwrap();
    let script = r#"echo asked >> "$1/asked"
        n=0; while read -r _; do n=$((n + 1)); done < "$1/asked"
        if [ "$n" -le "$2" ]; then exec /bin/cat "$1/reply"; fi
        exec "$3""#;
    let real = config(1).builder.program;
    let words = ["-c", script, "builder", &dir.display().to_string(), &times.to_string(), &real.display().to_string()];
    BuilderCommand { program: "/bin/sh".into(), arguments: words.map(str::to_owned).to_vec() }
}

#[test]
fn a_builder_that_is_short_of_something_is_asked_again() {
    for (times, asked, builds) in [(0, 1, true), (2, 3, true), (100, 3, false)] {
        let dir = tempfile::tempdir().unwrap();
        let builder = short_of_something(dir.path(), times);
        let sandbox = Sandbox::new(SandboxConfig { builder, cache_dir: warm_cache(dir.path()), ..config(1) }).unwrap();
        let built = sandbox.build(&code("fn check(event) { allow() }", Value::Null, &[]));
        let notes = std::fs::read_to_string(dir.path().join("asked")).unwrap();
        assert_eq!((notes.lines().count(), built.is_ok()), (asked, builds), "{built:?}");
        if !builds {
            assert!(matches!(built, Err(BuildError::Busy(why)) if why == "a memory image cannot be sealed"));
        }
    }
}
