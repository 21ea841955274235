//! `parapet guard check` from outside: text, JSON and exit code.
#![expect(clippy::unwrap_used, reason = "a test's own helpers fail by panicking")]

use std::path::Path;
use std::process::Command;

const MANIFEST: &str = "id = \"limit\"\ntitle = \"Limit\"\nrequest = \"No payment above 500.\"\nstages = [\"tool_call\"]\n[budget]\nfuel = 50000000\n\
                        memory_bytes = 16777216\ndeadline_ms = 1000\noutput_bytes = 65536\n[facts]\nmost = 500\n";
const CODE: &str = "fn check(event) {\n    if event.parts[0].json.amount > facts.most { deny(\"too_much\", \"\") } else { allow() }\n}\n";

/// Writes the guard with tests of these amounts and verdicts, and checks it; the exit code and what was printed.
fn check(dir: &Path, tests: &[(i64, &str)], options: &[&str]) -> (Option<i32>, String) {
    let folder = dir.join("limit");
    std::fs::create_dir_all(&folder).unwrap();
    let line = |(amount, verdict): &(i64, &str)| {
        format!(
            "{{\"description\": \"{amount}\", \"event\": {{\"parts\": [{{\"tool\": \"pay\", \"json\": {{\"amount\": {amount}}}}}]}}, \
             \"expect\": {{\"verdict\": \"{verdict}\"}}}}\n"
        )
    };
    std::fs::write(folder.join("guard.toml"), MANIFEST).unwrap();
    std::fs::write(folder.join("guard.rhai"), CODE).unwrap();
    std::fs::write(folder.join("tests.jsonl"), tests.iter().map(line).collect::<String>()).unwrap();
    // Parapet's own guests are compiled once for all tests, not once for each.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guard-check-cache");
    let mut command = Command::new(env!("CARGO_BIN_EXE_parapet"));
    command.args(["guard", "check"]).arg(&folder).arg("--cache-dir").arg(cache).args(options);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_guard_with_weak_tests_counts_and_is_told_what_to_add() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = check(dir.path(), &[(1, "allow"), (900, "deny")], &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("ok     limit\n"), "{text}");
    let warning =
        "  warning (mutants): line 2: with `>` changed to `>=` no test fails; add a test where both sides are equal\n";
    assert!(text.contains(warning), "{text}");
    assert!(text.contains("\n  tests: 2 passed, 0 failed (1 allow, 1 deny)\n"), "{text}");
    assert!(text.ends_with("\n1 count, 0 do not\n"), "{text}");
}

#[test]
fn a_guard_that_does_not_count_ends_as_failing_tests_do() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = check(dir.path(), &[(1, "allow")], &["--max-mutants", "0"]);
    assert_eq!(code, Some(4), "{text}");
    assert!(
        text.starts_with("FAILED limit\n  error (constant): no test expects `deny`, `ask` or `redact`; "),
        "{text}"
    );
    assert!(text.ends_with("\n0 count, 1 do not\n"), "{text}");
}

#[test]
fn the_report_as_json_has_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = check(dir.path(), &[(500, "allow"), (501, "deny")], &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json[0]["counts"]), (Some(0), &serde_json::Value::Bool(true)));
    assert_eq!(json[0]["report"]["coverage"]["branches"], serde_json::json!({"reached": 2, "total": 2}));
    assert_eq!(json[0]["report"]["mutants"]["survived"], 0);
}
