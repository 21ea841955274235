//! The seeds are what a small model learns from: each must build in the real sandbox, pass its own tests and use what it
//! says it uses.
#![expect(clippy::unwrap_used, reason = "a test's own helpers fail by panicking")]

use std::collections::BTreeSet;

use parapet_domain::{Budget, Decision};
use parapet_guardgen::{Case, Draft, Memory, TestsPassed};
use parapet_judge::{Guard, Manifest, Parts, Streaming};

fn draft(case: &Case) -> Draft {
    let plan = case.plan.clone().unwrap();
    let manifest = Manifest {
        id: case.guard.clone(),
        title: plan.title.clone(),
        request: case.request.clone(),
        agent: case.agent.clone(),
        stages: plan.stages.clone(),
        tools: plan.tools.clone(),
        streaming: Streaming::Whole,
        parts: Parts::Together,
        per_event: false,
        session: Default::default(),
        words: Default::default(),
        budget: Budget { fuel: 200_000_000, memory_bytes: 16 << 20, deadline_ms: 2_000, output_bytes: 16_384 },
        facts: toml::Table::try_from(&case.facts).unwrap(),
        patterns: case.patterns.clone(),
        phrases: case.phrases.clone(),
    };
    Draft { manifest, plan, code: case.code.clone(), tests: case.tests.clone() }
}

#[test]
fn every_seed_builds_and_passes_its_tests() {
    let sandbox = parapet_test_sandbox::shared();
    let mut faults = Vec::new();
    for case in Memory::seeds() {
        match Guard::build(&sandbox, draft(case).source().unwrap()) {
            Err(error) => faults.push(format!("{}: {error}", case.id)),
            Ok(guard) => faults.extend(TestsPassed::run(&sandbox, &guard).err().map(|error| error.to_string())),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_seed_shows_both_sides_of_its_rules() {
    for case in Memory::seeds() {
        let verdicts: Vec<Decision> = case.tests.iter().filter_map(|test| test.expect.verdict).collect();
        assert!(verdicts.contains(&Decision::Allow), "{}", case.id);
        assert!(verdicts.iter().any(|verdict| *verdict != Decision::Allow), "{}", case.id);
        assert!(case.tests.len() >= 6, "{} has {} tests", case.id, case.tests.len());
        for step in &case.plan.as_ref().unwrap().steps {
            for code in &step.reason_codes {
                let tested = case.tests.iter().any(|test| test.expect.reason_code.as_ref() == Some(code));
                assert!(tested, "{}: no test ends with `{code}`", case.id);
            }
        }
    }
}

#[test]
fn every_plan_names_what_its_code_uses() {
    for case in Memory::seeds() {
        let plan = case.plan.as_ref().unwrap();
        for tool in &plan.tools {
            assert!(case.code.contains(&format!("{tool}(")), "{}: `{tool}` is not called", case.id);
            assert!(
                plan.steps.iter().any(|step| step.tool.as_ref() == Some(tool)),
                "{}: no step uses `{tool}`",
                case.id
            );
        }
        let facts: BTreeSet<&String> = plan.steps.iter().flat_map(|step| &step.facts).collect();
        let there: BTreeSet<&String> = case.facts.as_object().unwrap().keys().collect();
        assert_eq!(facts, there, "{}: the facts of the plan are not those of the case", case.id);
        assert!(case.code.lines().count() <= 60, "{}: the code is too long for an example", case.id);
    }
}

#[test]
fn together_the_seeds_show_the_toolbox() {
    let tools: BTreeSet<&str> =
        Memory::seeds().iter().flat_map(|case| &case.plan.as_ref().unwrap().tools).map(String::as_str).collect();
    for tool in [
        "check_rules",
        "find_phrases",
        "find_pii",
        "find_regex",
        "find_secrets",
        "json_pointer",
        "python_calls",
        "sql_columns",
        "url_parts",
    ] {
        assert!(tools.contains(tool), "no seed uses `{tool}`");
    }
    let verdicts: BTreeSet<&str> = Memory::seeds().iter().map(|case| case.verdict.as_str()).collect();
    assert_eq!(verdicts, BTreeSet::from(["ask", "deny", "redact"]));
}
