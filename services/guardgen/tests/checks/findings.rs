//! What each check finds, and in which words.

use super::*;

#[test]
fn a_guard_that_does_not_build_gets_the_complaints_of_the_build_and_nothing_else() {
    let report = Sample::new("fn check(event) {\n    find_pii(event.parts[0].text);\n    alow()\n}").check();
    assert!(!report.counts() && report.tests.is_none());
    assert_eq!(
        complaints(&report, Check::Build),
        [
            "error (build): line 2: tool `find_pii` was not granted to this guard; add \"find_pii\" to `tools` in guard.toml, \
             or do without it",
            "error (build): line 3: function `alow` does not exist; did you mean `allow`",
        ]
    );
    assert_eq!(report.complaints.len(), 2);
}

#[test]
fn tests_that_fail_are_named_and_no_mutant_is_tried() {
    let report = limit()
        .call(r#"{"amount": 500}"#, DENY)
        .call(r#"{"amount": 501}"#, DENY)
        .call(r#"{"amount": 1}"#, ALLOW)
        .check();
    assert_eq!(
        complaints(&report, Check::Tests),
        [
            "error (tests): test \"number 1\" fails: verdict is \"allow\", expected \"deny\"; correct the code or the facts; \
             change the test only when the request does not ask for what it expects"
        ]
    );
    assert!(report.mutants.is_none() && report.coverage.is_some() && !report.counts());
}

#[test]
fn an_event_that_is_none_is_a_failed_test() {
    let report = well_tested().event(r#"{"parts": []}"#, DENY).check();
    assert_eq!(
        complaints(&report, Check::Tests),
        [
            "error (tests): test \"number 3\" fails: event: give `text` or at least one entry in `parts`; correct the code or \
             the facts; change the test only when the request does not ask for what it expects"
        ]
    );
}

#[test]
fn a_guard_that_decides_nothing_does_not_count() {
    let allows = Sample::new("fn check(event) { allow() }").call("{}", ALLOW).call("[1]", ALLOW).check();
    assert_eq!(
        complaints(&allows, Check::Constant),
        [
            "error (constant): no test expects `deny`, `ask` or `redact`; add a test with an event that the guard must not let \
             pass as it is"
        ]
    );
    let denies = Sample::new("fn check(event) { deny(\"no\", \"\") }").call("{}", DENY).call("[1]", ALLOW).check();
    assert_eq!(
        complaints(&denies, Check::Constant),
        [
            "error (constant): the guard lets the event of no test pass; make its verdict depend on the event, as the request \
             says"
        ]
    );
    let untested = Sample::new("fn check(event) { allow() }").check();
    assert_eq!(complaints(&untested, Check::Constant).len(), 2);
}

#[test]
fn a_tool_that_is_never_called_is_a_power_for_nothing() {
    let report = Sample { tools: r#""find_pii", "find_regex""#, ..well_tested() };
    let report = Sample { code: format!("{}\nfn unused(t) {{ find_pii(t) }}", report.code), ..report }.check();
    assert_eq!(
        complaints(&report, Check::Tools),
        [
            "warning (tools): tool `find_regex` is granted and never called; remove \"find_regex\" from `tools` in guard.toml, \
             or call it"
        ]
    );
    assert!(report.counts());
}

#[test]
fn tables_in_the_code_belong_into_the_facts() {
    let words: Vec<String> = (0..45).map(|n| format!("\"word {n}\"")).collect();
    let code = format!(
        "fn check(event) {{\n    let list = [{}];\n    let map = #{{ a: 1, b: [-1, 2], c: true, d: 4 }};\n    \
         let computed = [event, event, event, event, event];\n    let small = [1, 2, 3];\n    \
         if list[0] == \"x\" {{ return deny(\"a\", \"b\"); }}\n    allow()\n}}",
        words.join(", ")
    );
    let options = CheckOptions { max_literal_entries: 3, ..CheckOptions::default() };
    let report = Sample::new(&code).check_with(&options);
    assert_eq!(
        complaints(&report, Check::Facts),
        [
            "warning (facts): line 2: this array has 45 constant entries; move it into `[facts]` of guard.toml, and read it as \
             `facts.…`",
            "warning (facts): line 3: this map has 4 constant entries; move it into `[facts]` of guard.toml, and read it as \
             `facts.…`",
            "warning (facts): the code has 46 different string constants, more than 40; move words and names that the rule is \
             about into `[facts]` of guard.toml, and read them as `facts.…`",
        ]
    );
}

#[test]
fn a_branch_that_no_test_runs_is_named_with_what_to_add() {
    let code = "fn check(event) {\n    let amount = event.parts[0].json.amount;\n    if amount > 500 {\n        \
                return deny(\"too_much\", \"\");\n    }\n    if type_of(amount) == \"string\" || amount < 0 {\n        \
                return deny(\"odd\", \"\");\n    }\n    switch amount {\n        0 => ask(\"zero\", \"\"),\n        \
                _ => allow(),\n    }\n}\n\nfn spare(x) {\n    if x { 1 } else { 2 }\n}";
    let report = Sample::new(code).call(r#"{"amount": 501}"#, DENY).check();
    assert_eq!(
        complaints(&report, Check::Coverage),
        [
            "warning (coverage): line 3: the branch where `amount > 500` is false is never run by a test; add a test whose \
             `amount` is at most `500`",
            "warning (coverage): line 6: the statement `if type_of(amount) == \"string\" || amount < 0 { return deny(\"odd\", \
             \"\"); }` is never run by a test; add a test whose event leads there, or remove it",
            "warning (coverage): line 15: function `spare` is never called by a test; add a test whose event leads there, or \
             remove the function",
            "warning (coverage): the tests run 3 of 7 lines (42 %), fewer than 90 %; add tests for the places that are listed",
            "warning (coverage): the tests run 1 of 8 branches (12 %), fewer than 80 %; add tests for the places that are listed",
        ]
    );
    let report = Sample::new(code).call(r#"{"amount": 501}"#, DENY).call(r#"{"amount": 5}"#, ALLOW).check();
    let found = complaints(&report, Check::Coverage);
    assert_eq!(
        found[..2],
        [
            "warning (coverage): line 6: the branch where `type_of(amount) == \"string\" || amount < 0` is true is never run by a \
             test; add a test for which this condition is true",
            "warning (coverage): line 10: the arm `0` of this `switch` is never run by a test; add a test where the value is `0`",
        ]
    );
    assert_eq!(report.coverage.unwrap().unreached_lines, [7, 16]);
}

#[test]
fn a_guard_that_is_too_costly_does_not_count_and_is_told_from_which_size_on() {
    let code = "fn check(event) {\n    let twice = 0;\n    for a in event.parts[0].text.to_chars() {\n        \
                for b in event.parts[0].text.to_chars() {\n            if a == b { twice += 1; }\n        }\n    }\n    \
                if twice > 3 { deny(\"twice\", \"\") } else { allow() }\n}";
    let sample = Sample { fuel: 200_000_000, ..Sample::new(code) };
    let report = sample.event(r#"{"text": "aaaa"}"#, DENY).event(r#"{"text": "a"}"#, ALLOW).check();
    assert!(!report.counts());
    assert_eq!(
        complaints(&report, Check::Cost)[0],
        "error (cost): on one long text of 1024 bytes there is no verdict but `out_of_fuel` (all fuel was used), after 200000000 \
         of 200000000 fuel; there is one up to 256 bytes; raise `fuel` in [budget], or do less for each part and each character"
    );
    assert_eq!((report.cost[0].works_up_to, report.cost[0].largest.bytes), (256, 4 << 20));
}

#[test]
fn a_guard_that_ends_without_a_verdict_on_the_largest_events_only_counts_with_a_warning() {
    let report = well_tested().check();
    let found = complaints(&report, Check::Cost);
    assert!(report.counts() && !found.is_empty());
    assert!(found.iter().all(|text| text.starts_with("warning (cost): on ")), "{found:?}");
    assert!(found[0].contains("larger events are refused as failures; if they have to be judged, "), "{found:?}");
}

#[test]
fn of_a_module_only_what_it_does_is_checked() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-toolbox/examples/table-access");
    let source = GuardSource::parse(&GuardFiles::read(std::path::Path::new(dir)).unwrap()).unwrap();
    let report = check_guard(&shared(), &source, &CheckOptions::default(), &mut |_| {});
    assert!(report.counts(), "{}", report.to_text());
    assert!(report.coverage.is_none() && report.mutants.is_none() && !report.cost.is_empty());
}
