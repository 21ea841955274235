//! The checks before a guard counts, in the real sandbox. The texts are asserted: a model acts on them.
#![expect(clippy::unwrap_used, reason = "a test's own helpers fail by panicking")]

#[path = "checks/bundled.rs"]
mod bundled;
#[path = "checks/findings.rs"]
mod findings;
#[path = "checks/mutations.rs"]
mod mutations;
#[path = "checks/tracing.rs"]
mod tracing;

use std::collections::BTreeMap;

use parapet_guardgen::checks::{Check, CheckOptions, CheckReport, check_guard};
use parapet_judge::{GuardFiles, GuardSource};
use parapet_test_sandbox::shared;

/// A guard in the making; [`Sample::check`] checks it.
struct Sample {
    code: String,
    tools: &'static str,
    facts: &'static str,
    fuel: u64,
    tests: Vec<String>,
}

impl Sample {
    /// A guard with `code` and no tests.
    fn new(code: &str) -> Self {
        Self { code: code.to_owned(), tools: "", facts: "", fuel: 50_000_000, tests: Vec::new() }
    }

    /// A test whose event is one tool call with `json` as arguments.
    fn call(self, json: &str, expect: &str) -> Self {
        self.event(&format!(r#"{{"parts": [{{"tool": "pay", "json": {json}}}]}}"#), expect)
    }

    fn event(mut self, event: &str, expect: &str) -> Self {
        let number = self.tests.len() + 1;
        self.tests.push(format!(r#"{{"description": "number {number}", "event": {event}, "expect": {expect}}}"#));
        self
    }

    fn source(&self) -> GuardSource {
        let manifest = format!(
            "id = \"sample\"\ntitle = \"Sample\"\nrequest = \"A request.\"\nstages = [\"tool_call\"]\ntools = [{}]\n\
             [budget]\nfuel = {}\nmemory_bytes = 16777216\ndeadline_ms = 1000\noutput_bytes = 65536\n[facts]\n{}\n",
            self.tools, self.fuel, self.facts
        );
        let files = BTreeMap::from([
            ("guard.toml", manifest.into_bytes()),
            ("guard.rhai", self.code.clone().into_bytes()),
            ("tests.jsonl", self.tests.join("\n").into_bytes()),
        ]);
        GuardSource::parse(&GuardFiles { name: "sample".to_owned(), files, ..GuardFiles::default() }).unwrap()
    }

    fn check(&self) -> CheckReport {
        self.check_with(&CheckOptions::default())
    }

    fn check_with(&self, options: &CheckOptions) -> CheckReport {
        check_guard(&shared(), &self.source(), options, &mut |_| {})
    }
}

/// The texts of what `check` complains of.
fn complaints(report: &CheckReport, check: Check) -> Vec<String> {
    report.complaints.iter().filter(|complaint| complaint.check == check).map(ToString::to_string).collect()
}

const DENY: &str = r#"{"verdict": "deny"}"#;
const ALLOW: &str = r#"{"verdict": "allow"}"#;

/// Denies amounts above the most that the facts say, and says how much was asked for.
fn limit() -> Sample {
    let code = "fn check(event) {\n    for part in event.parts {\n        let amount = part.json.amount;\n        \
                if amount > facts.most {\n            return deny(\"too_much\", \"too much\", #{ amount: amount });\n        \
                }\n    }\n    allow()\n}";
    Sample { facts: "most = 500", ..Sample::new(code) }
}

/// [`limit`] with tests that leave nothing open.
fn well_tested() -> Sample {
    limit()
        .call(r#"{"amount": 500}"#, ALLOW)
        .call(r#"{"amount": 501}"#, r#"{"verdict": "deny", "details": {"amount": 501}}"#)
}

#[test]
fn a_guard_that_is_tested_well_is_clean() {
    let report = well_tested().check();
    let about_tests: Vec<_> = report.complaints.iter().filter(|complaint| complaint.check != Check::Cost).collect();
    assert!(about_tests.is_empty() && report.counts(), "{}", report.to_text());
    let figures = report.figures();
    assert_eq!(
        figures[..4],
        [
            "tests: 2 passed, 0 failed (1 allow, 1 deny)",
            "lines: 5 of 5 run by a test (100 %)",
            "branches: 2 of 2 run by a test (100 %)",
            "mutants: 9 of 9 noticed by a test (100 %); 0 not, 0 of them in code that no test runs; 0 do not build, 0 not tried",
        ]
    );
}

#[test]
fn two_checks_of_one_guard_find_the_same() {
    let sample = limit().call(r#"{"amount": 7}"#, ALLOW).call(r#"{"amount": 7000}"#, DENY);
    let (first, second) = (sample.check(), sample.check());
    assert_eq!(first.complaints, second.complaints);
    assert_eq!((first.coverage, first.mutants), (second.coverage, second.mutants));
}

#[test]
fn progress_is_told_in_the_order_of_the_checks() {
    let mut seen = Vec::new();
    let options = CheckOptions::default();
    let _report = check_guard(&shared(), &well_tested().source(), &options, &mut |progress| {
        assert!(progress.done <= progress.total, "{progress:?}");
        seen.push(progress.check);
    });
    seen.dedup();
    assert_eq!(seen, [Check::Build, Check::Tests, Check::Cost, Check::Coverage, Check::Mutants]);
}

#[test]
fn the_report_is_json_that_programs_can_read() {
    let report = limit().call(r#"{"amount": 500}"#, ALLOW).check();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["tests"]["outcomes"], serde_json::json!({"allow": 1}));
    assert_eq!(json["complaints"][0]["check"], "constant");
    assert_eq!(json["complaints"][0]["fatal"], true);
    assert_eq!(json["coverage"]["unreached_branches"][0]["condition"], "amount > facts.most");
}
