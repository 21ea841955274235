//! Which changes of a guard its tests have to notice.

use super::*;

#[test]
fn a_change_that_no_test_notices_is_named_with_what_to_add() {
    let report = limit().call(r#"{"amount": 7}"#, ALLOW).call(r#"{"amount": 7000}"#, DENY).check();
    assert_eq!(
        complaints(&report, Check::Mutants),
        [
            "warning (mutants): line 4: with `>` changed to `>=` no test fails; add a test where both sides are equal",
            "warning (mutants): `facts.most`: with `500` changed to `501` no test fails; add a test at the edge of this number",
            "warning (mutants): the tests notice 6 of 9 changes of the guard (66 %), fewer than 70 %; add tests for the changes \
             that are listed, and let tests expect `reason_code` and `details` too",
        ]
    );
    let mutants = report.mutants.unwrap();
    let changes: Vec<&str> = mutants.survivors.iter().map(|survivor| survivor.change.as_str()).collect();
    assert_eq!(changes, ["`>` changed to `>=`", "`500` changed to `501`", "`500` changed to `499`"]);
    assert_eq!((mutants.killed, mutants.survived, mutants.possible), (6, 3, 9));
}

#[test]
fn a_test_on_both_sides_of_the_edge_notices() {
    assert_eq!(complaints(&well_tested().check(), Check::Mutants), [""; 0]);
}

#[test]
fn both_sides_of_a_logical_operator_have_to_matter() {
    let code = "fn check(event) {\n    let json = event.parts[0].json;\n    if json.a && !json.b { deny(\"x\", \"\") } else { allow() }\n}";
    let weak = Sample::new(code).call(r#"{"a": true, "b": false}"#, DENY).call(r#"{"a": false, "b": true}"#, ALLOW);
    assert_eq!(
        complaints(&weak.check(), Check::Mutants),
        [
            "warning (mutants): line 3: with `&&` changed to `||` no test fails; add a test where exactly one of the two sides is true"
        ]
    );
    let strong = weak.call(r#"{"a": true, "b": true}"#, ALLOW);
    assert_eq!(complaints(&strong.check(), Check::Mutants), [""; 0]);
}

#[test]
fn an_entry_of_the_facts_that_no_test_needs_is_named() {
    let code = "fn check(event) {\n    if facts.tools.contains(event.parts[0].tool) { allow() } else { deny(\"unknown\", \"\") }\n}";
    let sample = Sample { facts: "tools = [\"pay\", \"refund\"]", ..Sample::new(code) };
    let report = sample.call("{}", ALLOW).event(r#"{"parts": [{"tool": "shell", "json": {}}]}"#, DENY).check();
    assert_eq!(
        complaints(&report, Check::Mutants),
        [
            "warning (mutants): `facts.tools[1]`: with `\"refund\"` removed no test fails; add a test whose verdict or `details` \
             depend on this entry"
        ]
    );
}

#[test]
fn code_that_no_test_runs_is_counted_and_not_complained_of_twice() {
    let code = "fn check(event) {\n    if event.parts[0].json.a { return deny(\"a\", \"\"); }\n    \
                if event.parts[0].json.b {\n        let n = 1 + 2;\n        if n == 3 && n != 4 { return deny(\"b\", \"\"); }\n    }\n    allow()\n}";
    let report =
        Sample::new(code).call(r#"{"a": true, "b": false}"#, DENY).call(r#"{"a": false, "b": false}"#, ALLOW).check();
    let mutants = report.mutants.as_ref().unwrap();
    assert!(mutants.unreached > 5, "{mutants:?}");
    assert_eq!(mutants.survived, mutants.unreached + 1);
    let told = complaints(&report, Check::Mutants);
    assert!(told[0].starts_with("warning (mutants): line 3: with `if event.parts[0].json.b {"), "{told:?}");
    assert!(told[1].starts_with("warning (mutants): the tests notice "), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_mutant_that_does_not_build_says_nothing_about_the_tests() {
    // Without the loop, `break` has nothing to end.
    let code = "fn check(event) {\n    let found = false;\n    while true {\n        found = event.parts[0].json.a;\n        break;\n    }\n    \
                if found { deny(\"a\", \"\") } else { allow() }\n}";
    let report = Sample::new(code).call(r#"{"a": true}"#, DENY).call(r#"{"a": false}"#, ALLOW).check();
    let mutants = report.mutants.unwrap();
    // A loop without its end, or one that is never entered, is noticed by the budget or by a test.
    assert_eq!(mutants.possible, mutants.killed + mutants.survived + mutants.unbuildable + mutants.not_tried);
    assert!(mutants.killed >= 5, "{mutants:?}");
}

#[test]
fn of_many_mutants_an_even_sample_is_tried_and_the_rest_is_counted() {
    let options = CheckOptions { max_mutants: 4, ..CheckOptions::default() };
    let mutants = well_tested().check_with(&options).mutants.unwrap();
    assert_eq!((mutants.possible, mutants.killed, mutants.not_tried), (9, 4, 5));
    let none = CheckOptions { max_mutant_fuel: 0, ..CheckOptions::default() };
    let mutants = well_tested().check_with(&none).mutants.unwrap();
    assert_eq!((mutants.killed, mutants.not_tried), (0, 9));
}

#[test]
fn tests_with_facts_of_their_own_count() {
    let code = "fn check(event) {\n    if facts.denied.contains(event.parts[0].tool) { return deny(\"denied\", \"\"); }\n    allow()\n}";
    let sample = Sample { facts: "denied = []\nmost = 3", ..Sample::new(code) }.call("{}", ALLOW);
    let denied = format!("{DENY}, \"facts\": {{\"denied\": [\"pay\"]}}");
    let report = sample.call("{}", &denied).check();
    assert!(report.counts(), "{}", report.to_text());
    assert_eq!(complaints(&report, Check::Coverage), [""; 0]);
    let mutants = report.mutants.unwrap();
    let changes: Vec<&str> = mutants.survivors.iter().filter_map(|survivor| survivor.fact.as_deref()).collect();
    assert_eq!(changes, ["facts.most"; 3]);
    assert!(mutants.survivors.iter().all(|survivor| survivor.fact.is_some()), "{:?}", mutants.survivors);
}

#[test]
fn facts_with_which_the_guard_does_not_build_are_complained_of() {
    let huge = "x".repeat(5 << 20);
    let sample = Sample { facts: "note = \"\"", ..Sample::new("fn check(event) { allow() }") };
    let report = sample.call("{}", &format!("{ALLOW}, \"facts\": {{\"note\": \"{huge}\"}}")).check();
    let told = complaints(&report, Check::Tests);
    assert!(told[0].starts_with("error (tests): with the `facts` of a test the guard does not build: "), "{told:?}");
}
