//! What the checks stand on: traced builds, and many variants of a guard built at once.

use parapet_domain::{Budget, FailureKind, Outcome};
use parapet_sandbox::{ProbeKind, TokenKind, TracedGuard, TracedRun, Variant};
use serde_json::json;

use super::*;

const BUDGET: Budget = Budget { fuel: 20_000_000, memory_bytes: 16 << 20, deadline_ms: 20_000, output_bytes: 65_536 };

fn traced(code: &str) -> TracedGuard {
    shared().build_traced(&Sample::new(code).source().to_code()).unwrap()
}

fn run(guard: &TracedGuard, budget: &Budget) -> TracedRun {
    shared().run_traced(guard, b"{}", &[], budget)
}

#[test]
fn a_run_tells_what_it_reached_and_ends_as_the_plain_one_does() {
    let guard = traced("fn check(event) {\n    if event.n == () { return allow(); }\n    deny(\"x\", \"\")\n}");
    let run = run(&guard, &BUDGET);
    assert!(matches!(&run.run.outcome, Outcome::Verdict(verdict) if verdict.decision.as_str() == "allow"));
    let reached: Vec<(ProbeKind, u32)> = guard
        .probes()
        .iter()
        .zip(&run.hits)
        .filter(|(_, hit)| **hit)
        .map(|(probe, _)| (probe.kind, probe.line))
        .collect();
    let (statement, when_true) = (ProbeKind::Statement, ProbeKind::WhenTrue);
    assert_eq!(reached, [(ProbeKind::Function, 1), (statement, 2), (when_true, 2), (statement, 2)]);
    assert_eq!(guard.tokens().iter().filter(|token| token.kind == TokenKind::Keyword).count(), 3);
}

#[test]
fn a_script_that_fails_is_a_failure_that_still_tells_how_far_it_came() {
    let run = run(&traced("fn check(event) {\n    let a = 1;\n    throw a;\n}"), &BUDGET);
    let Outcome::Failure(failure) = &run.run.outcome else { panic!("{run:?}") };
    assert_eq!((failure.kind, run.hits), (FailureKind::Trapped, vec![true, true, true]));
}

#[test]
fn the_limits_hold_for_traced_runs_too() {
    let endless = run(&traced("fn check(event) { loop { } }"), &BUDGET);
    assert!(matches!(&endless.run.outcome, Outcome::Failure(failure) if failure.kind == FailureKind::OutOfFuel));
    assert!(endless.hits.iter().all(|hit| !hit), "{endless:?}");
    let wide =
        run(&traced("fn check(event) { deny(\"a_long_reason_code\", \"\") }"), &Budget { output_bytes: 10, ..BUDGET });
    assert!(
        matches!(&wide.run.outcome, Outcome::Failure(failure) if failure.kind == FailureKind::BadOutput),
        "{wide:?}"
    );
}

#[test]
fn a_module_cannot_be_traced() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-toolbox/examples/table-access");
    let source = GuardSource::parse(&GuardFiles::read(std::path::Path::new(dir)).unwrap()).unwrap();
    let error = shared().build_traced(&source.to_code()).unwrap_err();
    assert_eq!(error.to_string(), "only scripts can be traced; test the module with its own tools");
}

#[test]
fn a_variant_that_does_not_build_leaves_the_others_alone() {
    let base = Sample { facts: "most = 1", ..Sample::new("fn check(event) { allow() }") }.source().to_code();
    let variant = |code: &str, most: i64| Variant { code: code.as_bytes().to_vec(), facts: json!({ "most": most }) };
    let code = "fn check(event) { deny(\"most\", \"\", #{ most: facts.most }) }";
    // More than one child builds.
    let mut variants: Vec<Variant> = (0..40).map(|most| variant(code, most)).collect();
    variants[7] = variant("fn check(event) { alow() }", 7);
    let built = shared().build_variants(&base, &variants).unwrap();
    assert_eq!(built.len(), 40);
    for (most, guard) in built.into_iter().enumerate() {
        match guard {
            Ok(guard) => {
                let outcome = shared().run(&guard, b"{}", &[], &BUDGET).outcome;
                assert!(matches!(outcome, Outcome::Verdict(verdict) if verdict.details == json!({ "most": most })));
            }
            Err(error) => {
                assert_eq!(most, 7);
                assert!(error.to_string().contains("did you mean `allow`"), "{error}");
            }
        }
    }
}
