//! Structured access requests of several domains: each compiles, and the guard passes its own tests, the examples that
//! came with the request, and tests that were written by hand from its meaning and never shown to the compiler.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that panics fails its test")]

use std::fs;
use std::path::{Path, PathBuf};

use parapet_guardgen::{Draft, GuardRequest, compile};
use parapet_judge::{Guard, GuardSource, GuardTest, Manifest, SetFiles, run_tests};
use parapet_test_sandbox::shared;

/// Least number of tests that a guard brings along.
const LEAST_TESTS: usize = 12;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/generation").join(path)
}

fn tests_of(path: &Path) -> Vec<GuardTest> {
    fs::read_to_string(path).map_or_else(|_| Vec::new(), |text| GuardTest::parse_lines(&text).unwrap())
}

fn request_of(path: &str) -> GuardRequest {
    let folder = folder(path);
    GuardRequest {
        id: folder.file_name().unwrap().to_string_lossy().into_owned(),
        request: fs::read_to_string(folder.join("request.md")).unwrap(),
        agent: fs::read_to_string(folder.join("agent.md")).unwrap(),
        examples: tests_of(&folder.join("examples.jsonl")),
        facts: toml::Table::new(),
    }
}

/// Compiles the request, builds the guard in the sandbox and runs all tests, with those held out.
fn passes(path: &str) -> Guard {
    let request = request_of(path);
    let mut draft = compile(&request).unwrap_or_else(|complaint| panic!("{path}: {complaint}"));
    assert!(draft.tests.len() >= LEAST_TESTS, "{path} has {} tests", draft.tests.len());
    draft.tests.extend(tests_of(&folder(path).join("held-out.jsonl")));
    run(draft, path)
}

/// Builds the guard in the sandbox; all its tests have to pass.
fn run(draft: Draft, path: &str) -> Guard {
    let source = draft.source().unwrap();
    let guard = Guard::build(&shared(), source).unwrap_or_else(|error| panic!("{path}: {error}"));
    let failed: Vec<String> = run_tests(&shared(), &guard)
        .into_iter()
        .filter_map(|report| Some(format!("{}: {}", report.description, report.difference?)))
        .collect();
    assert!(
        failed.is_empty(),
        "{path}: {} of {} failed:\n{}",
        failed.len(),
        guard.source.tests.len(),
        failed.join("\n")
    );
    guard
}

#[test]
fn the_bank_desk_works_with_tools_that_read_and_write() {
    let guard = passes("requests/bank-desk");
    assert_eq!(guard.source.manifest.tools, ["check_access"]);
}

#[test]
fn shop_support_writes_sql() {
    let guard = passes("requests/shop-support");
    assert_eq!(guard.source.manifest.tools, ["sql_columns", "check_access"]);
}

#[test]
fn university_records_are_read_by_programs_with_functions_and_separators_of_their_own() {
    let guard = passes("requests/university-records");
    assert_eq!(guard.source.manifest.tools, ["python_calls", "check_access"]);
}

#[test]
fn hr_documents_are_arguments_of_tools_and_the_rest_needs_approval() {
    passes("requests/hr-documents");
}

#[test]
fn the_hospital_agent_is_one_of_many() {
    let guard = passes("guardagent/eicu-access");
    assert_eq!(guard.source.manifest.tools, ["python_calls", "sql_columns", "check_access"]);
}

/// The hospital guard that comes with Parapet keeps its table in the facts; its request is understood as it stands there.
#[test]
fn a_table_in_the_facts_is_compiled_like_one_in_the_request() {
    let bundled = SetFiles::bundled().guards.into_iter().find(|guard| guard.name == "eicu-access").unwrap();
    let bundled = GuardSource::parse(&bundled).unwrap();
    let Manifest { request, agent, facts, .. } = bundled.manifest;
    let request = GuardRequest { id: "eicu-access".into(), request, agent, examples: Vec::new(), facts };
    let mut draft = compile(&request).unwrap();
    assert_eq!(draft.manifest.facts["access"], request.facts["access"]);
    assert_eq!(draft.manifest.facts["columns"], request.facts["columns"]);
    // What the hand-written guard is tested with holds for the compiled one.
    draft.tests.extend(bundled.tests);
    run(draft, "eicu-access with facts");
}

#[test]
fn every_request_has_examples_and_held_out_tests() {
    for name in ["bank-desk", "shop-support", "university-records", "hr-documents"] {
        let folder = folder(&format!("requests/{name}"));
        assert_eq!(tests_of(&folder.join("examples.jsonl")).len(), 4, "{name}");
        assert!(tests_of(&folder.join("held-out.jsonl")).len() >= 8, "{name}");
        assert!(fs::read_to_string(folder.join("prose.md")).unwrap().len() > 200, "{name}");
    }
}
