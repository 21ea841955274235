use super::*;
use crate::FailureKind;

fn run(guard: &str, mode: Mode, outcome: Outcome) -> GuardRun {
    GuardRun {
        guard: guard.to_owned(),
        guard_hash: "guard:00".to_owned(),
        mode,
        on_error: OnError::Deny,
        outcome,
        fuel_used: 0,
        duration_us: 0,
    }
}

fn says(guard: &str, decision: Decision, edits: Vec<Edit>) -> GuardRun {
    let verdict = Verdict {
        decision,
        reason_code: format!("{guard}_code"),
        message: guard.to_owned(),
        details: Value::Null,
        edits,
    };
    run(guard, Mode::Enforce, Outcome::Verdict(verdict))
}

fn fails(guard: &str, kind: FailureKind) -> GuardRun {
    run(guard, Mode::Enforce, Outcome::Failure(Failure { kind, message: "secret particulars".to_owned() }))
}

fn edit(start: usize, end: usize) -> Edit {
    Edit { part: 0, start, end, replacement: "#".to_owned() }
}

fn ruling(runs: &[GuardRun]) -> Ruling {
    fold((), runs, &Coverage::default(), FoldPolicy::default()).0
}

#[test]
fn the_most_severe_verdict_wins_and_the_earlier_guard_among_equals() {
    let all = Decision::ALL.map(|d| says(d.as_str(), d, Vec::new()));
    for (n, decision) in Decision::ALL.into_iter().enumerate() {
        assert_eq!(ruling(&all[..=n]).enforced, decision);
    }
    let twice = [says("first", Decision::Deny, vec![]), says("second", Decision::Deny, vec![])];
    assert_eq!(ruling(&twice).decided_by.as_deref(), Some("first"));
}

#[test]
fn edits_of_all_guards_are_united_and_survive_under_ask() {
    let runs = [
        says("a", Decision::Redact, vec![edit(0, 2)]),
        says("b", Decision::Ask, vec![edit(1, 4)]),
        says("c", Decision::Redact, vec![edit(6, 7)]),
    ];
    let ruling = ruling(&runs);
    assert_eq!((ruling.enforced, ruling.edits), (Decision::Ask, vec![edit(0, 4), edit(6, 7)]));
}

#[test]
fn every_failure_is_refused_unless_the_operator_chose_to_fail_open() {
    for kind in FailureKind::ALL {
        let closed = ruling(&[fails("g", kind)]);
        let refusal = closed.refusal.unwrap();
        assert_eq!((closed.enforced, refusal.reason_code.as_str()), (Decision::Deny, kind.reason_code()));
        let expected = if kind.is_transient() { RefusalKind::Unavailable } else { RefusalKind::GuardFailed };
        assert_eq!(refusal.kind, expected);
        assert!(!refusal.message.contains("secret particulars"));

        let open = ruling(&[GuardRun { on_error: OnError::Allow, ..fails("g", kind) }]);
        assert_eq!((open.enforced, open.refusal), (Decision::Allow, None));
    }
}

#[test]
fn a_block_beside_a_failure_is_reported_as_a_block() {
    let runs =
        [fails("g", FailureKind::OutOfFuel), says("d", Decision::Deny, vec![]), fails("h", FailureKind::TimedOut)];
    assert_eq!(ruling(&runs).refusal.unwrap().kind, RefusalKind::Blocked);
}

#[test]
fn shadow_and_off_change_nothing_that_is_enforced() {
    let mut shadow = says("s", Decision::Deny, vec![]);
    shadow.mode = Mode::Shadow;
    let mut off = says("o", Decision::Deny, vec![]);
    off.mode = Mode::Off;
    let ruling = ruling(&[says("a", Decision::Allow, vec![]), shadow.clone(), off]);
    assert_eq!((ruling.folded, ruling.enforced), (Decision::Deny, Decision::Allow));
    // A set whose every guard is in shadow mode judges nothing.
    let (alone, _) = fold((), &[shadow], &Coverage::default(), FoldPolicy::default());
    assert_eq!(alone.refusal.unwrap().reason_code, reason::NO_GUARD_MATCHED);
}

#[test]
fn what_nothing_judged_is_refused_unless_the_route_allows_it() {
    let blind = Coverage {
        not_inspected: vec![NotInspected { pointer: "/x".into(), reason: "image".into() }],
        ..Coverage::default()
    };
    let open = FoldPolicy { no_guard: Unjudged::Allow, not_inspected: Unjudged::Allow };
    assert!(matches!(fold((), &[], &Coverage::default(), FoldPolicy::default()).1, Folded::Refused(_)));
    assert!(matches!(fold((), &[], &blind, open).1, Folded::Permitted(_)));
    let allowed = [says("a", Decision::Allow, vec![])];
    let (ruling, _) = fold((), &allowed, &blind, FoldPolicy::default());
    assert_eq!(ruling.refusal.unwrap().reason_code, reason::PART_NOT_INSPECTED);
    assert!(matches!(fold((), &allowed, &blind, open).1, Folded::Permitted(_)));
    // No question makes it right: an approval would release what the route refuses.
    for (decision, edits) in [(Decision::Ask, vec![]), (Decision::Redact, vec![edit(0, 1)])] {
        let (ruling, _) = fold((), &[says("g", decision, edits)], &blind, FoldPolicy::default());
        assert_eq!((ruling.enforced, ruling.decided_by), (Decision::Deny, None));
    }
    let (ruling, _) = fold((), &[says("g", Decision::Deny, vec![])], &blind, FoldPolicy::default());
    assert_eq!(ruling.decided_by.as_deref(), Some("g"));
}
