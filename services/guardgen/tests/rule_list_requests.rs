//! The written requests of rule lists, each compiled, built in the real sandbox, and tried with its own tests, with the
//! examples that were given and with further tests that were written by hand from what the request means.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own helpers fail by panicking")]

use std::path::{Path, PathBuf};

use parapet_guardgen::{Draft, GuardRequest, compile};
use parapet_judge::{Guard, GuardTest, run_tests};
use parapet_test_sandbox::shared;

const LEAST_TESTS: usize = 12;

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/generation").join(of)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn tests(path: &Path) -> Vec<GuardTest> {
    GuardTest::parse_lines(&text(path)).unwrap_or_else(|(line, why)| panic!("{} line {line}: {why}", path.display()))
}

fn compiled(id: &str, folder: &Path, examples: Vec<GuardTest>) -> Draft {
    let (request, agent) = (text(&folder.join("request.md")), text(&folder.join("agent.md")));
    let request = GuardRequest { id: id.to_owned(), request, agent, examples, ..GuardRequest::default() };
    compile(&request).unwrap_or_else(|refused| panic!("{id}: {refused}"))
}

/// Builds the draft and runs its tests; returns what failed.
fn failures(draft: &Draft) -> Vec<String> {
    let source = draft.source().unwrap();
    let guard = Guard::build(&shared(), source).unwrap_or_else(|error| panic!("{}: {error}", draft.manifest.id));
    let reports = run_tests(&shared(), &guard);
    assert_eq!(reports.len(), draft.tests.len());
    let failed =
        reports.into_iter().filter_map(|report| Some(format!("{}: {}", report.description, report.difference?)));
    failed.collect()
}

fn check_request(name: &str) {
    let folder = folder("requests").join(name);
    let examples = tests(&folder.join("examples.jsonl"));
    let held_out = tests(&folder.join("held-out.jsonl"));
    assert!(examples.len() == 4 && held_out.len() >= 8, "{name}");
    let mut draft = compiled(name, &folder, examples);
    assert!(draft.tests.len() >= LEAST_TESTS, "{name} has {} tests", draft.tests.len());
    draft.tests.extend(held_out);
    assert_eq!(failures(&draft), Vec::<String>::new(), "{name}");
}

#[test]
fn transfers_have_limits_for_roles_and_approval_above_a_bound() {
    check_request("bank-transfers");
}

#[test]
fn refunds_orders_and_discounts_of_a_shop() {
    check_request("shop-refunds");
}

#[test]
fn mail_stays_inside_but_for_one_role() {
    check_request("mail-recipients");
}

#[test]
fn a_table_says_who_may_do_what_in_repositories() {
    check_request("code-repository");
}

#[test]
fn a_clinic_is_asked_in_free_text() {
    check_request("clinic-desk");
}

#[test]
fn a_travel_desk_is_asked_in_free_text() {
    check_request("travel-desk");
}

#[test]
fn the_rules_of_the_web_agent_are_a_table_over_free_text() {
    let draft = compiled("web-rules", &folder("guardagent/web-rules"), Vec::new());
    assert!(draft.tests.len() >= LEAST_TESTS);
    assert_eq!(draft.manifest.tools, ["text_topic"]);
    assert_eq!(failures(&draft), Vec::<String>::new());
}

#[test]
fn the_same_request_gives_the_same_guard() {
    let folder = folder("requests/travel-desk");
    let files = || compiled("travel-desk", &folder, Vec::new()).files().unwrap().files;
    assert_eq!(files(), files());
}

#[test]
fn a_guard_on_calls_alone_is_granted_no_tool() {
    let draft = compiled("bank-transfers", &folder("requests/bank-transfers"), Vec::new());
    assert_eq!((draft.manifest.tools.len(), draft.plan.tools.len()), (0, 0));
}
