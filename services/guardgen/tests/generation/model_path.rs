//! What a model says, well or badly, and what becomes of it.

use parapet_guardgen::generate::Stopped;
use parapet_guardgen::{GenerateError, GenerateOptions, GuardRequest, Method, Progress};
use parapet_models::{Budget, Limit};
use parapet_test_model_server::{Server, Step, answer, body, refusal, said};

use crate::fixture::{BROKEN, GOOD, LAX, generate, generator, options, plan, proposals, request, verdict};

#[tokio::test]
async fn a_right_answer_is_taken_at_once_with_its_facts_and_provenance() {
    let (made, seen, server) = generate(vec![plan(), said(GOOD)], &options()).await;
    let made = made.unwrap();
    assert!(made.report.tests.as_ref().unwrap().failed == 0);
    assert_eq!(made.draft.manifest.facts["limit"].as_integer(), Some(100));
    assert_eq!(made.draft.manifest.stages, [parapet_domain::Stage::ToolCall]);
    assert_eq!(made.draft.manifest.tools, Vec::<String>::new(), "nothing is granted that is not called");
    let provenance = &made.provenance;
    assert_eq!((provenance.rounds.len(), provenance.taken, &provenance.stopped), (1, 1, &Stopped::Passed));
    assert_eq!((provenance.made_by.as_str(), provenance.prompts.len(), provenance.spent.calls), ("small", 2, 2));
    assert!(provenance.request_digest.starts_with("guard-request:"));
    assert!(matches!(seen.first(), Some(Progress::Recalled { cases }) if !cases.is_empty()), "{seen:?}");
    assert!(matches!(seen.last(), Some(Progress::Checked { .. })));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn wrong_code_is_repaired_in_round_2_by_its_failing_test() {
    let (made, _, server) = generate(vec![plan(), said(LAX), said(GOOD)], &options()).await;
    let made = made.unwrap();
    assert_eq!((made.provenance.rounds.len(), made.provenance.taken), (2, 2));
    assert_eq!((made.provenance.rounds[0].passed, made.provenance.rounds[1].passed), (2, 4));
    let asked = server.asked();
    let messages = asked[2].body["messages"].as_array().unwrap();
    let complaint = messages.last().unwrap()["content"].to_string();
    assert!(complaint.contains("above the limit") && complaint.contains("verdict is"), "{complaint}");
    let before = messages[messages.len() - 2]["content"].to_string();
    assert!(before.contains("allow()"), "the conversation goes on from the attempt: {before}");
}

#[tokio::test]
async fn code_that_cannot_be_built_is_repaired_by_the_builders_complaint() {
    let (made, seen, server) = generate(vec![plan(), said(BROKEN), said(GOOD)], &options()).await;
    assert!(made.unwrap().provenance.taken == 2);
    assert!(seen.iter().any(|step| matches!(step, Progress::Tried { round: 1, built: false, .. })));
    let complaint = server.asked()[2].body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(complaint.contains("variable `amount` is not defined") && complaint.contains("Line 2"), "{complaint}");
}

#[tokio::test]
async fn what_never_gets_right_ends_with_the_best_attempt_and_does_not_count() {
    let (made, _, _) = generate(vec![plan(), said(BROKEN), said(LAX), said(BROKEN)], &options()).await;
    let made = made.unwrap();
    assert!(!made.counts());
    assert_eq!((made.provenance.taken, &made.provenance.stopped), (2, &Stopped::RoundsUsed));
    assert_eq!(made.report.tests.as_ref().unwrap().failed, 2);
}

#[tokio::test]
async fn a_model_that_writes_no_program_is_an_error_that_shows_what_it_said() {
    let steps = vec![plan(), said("I cannot help"), said("I cannot help"), said("I cannot help")];
    let (made, _, _) = generate(steps, &options()).await;
    let error = made.unwrap_err();
    assert_eq!(error.to_string(), "in 3 rounds the model wrote no program; the last answer began with `I cannot help`");
}

#[tokio::test]
async fn a_cut_off_answer_is_asked_for_again() {
    let half = answer(200, body("```rhai\nfn check(event) {\n    for part in eve", "length"));
    let (made, _, _) = generate(vec![plan(), half, said(GOOD)], &options()).await;
    let made = made.unwrap();
    assert_eq!((made.provenance.rounds.len(), made.provenance.taken), (2, 2));
}

#[tokio::test]
async fn a_plan_that_is_no_plan_is_asked_for_once_more() {
    // Four ways to ask for JSON are tried before the answer counts as malformed.
    let steps = vec![said("no"), said("no"), said("no"), said("no"), plan(), said(GOOD)];
    let (made, _, _) = generate(steps, &options()).await;
    assert!(made.is_ok(), "{:?}", made.err().map(|error| error.to_string()));
}

#[tokio::test]
async fn a_server_that_wants_fewer_requests_is_waited_for() {
    let busy = Step::Answer(429, vec![("retry-after", "0".to_owned())], "{}".to_owned());
    let (made, _, server) = generate(vec![busy.clone(), plan(), busy, said(GOOD)], &options()).await;
    assert!(made.is_ok());
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_slow_server_ends_by_the_time_limit_of_the_budget() {
    let budget = Budget { seconds: Some(1), ..Budget::default() };
    let options = GenerateOptions { model_budget: budget, ..options() };
    let (made, _, _) = generate(vec![plan(), said(LAX), Step::Hang], &options).await;
    let made = made.unwrap();
    assert!(!made.counts(), "the attempt before stands as it is");
    assert!(
        matches!(made.provenance.stopped, Stopped::BudgetSpent { limit: Limit::Time }),
        "{:?}",
        made.provenance.stopped
    );
}

#[tokio::test]
async fn the_budget_of_calls_ends_the_repairs() {
    let options = GenerateOptions { model_budget: Budget { calls: Some(2), ..Budget::default() }, ..options() };
    let (made, _, server) = generate(vec![plan(), said(LAX), said(GOOD)], &options).await;
    let made = made.unwrap();
    assert!(matches!(made.provenance.stopped, Stopped::BudgetSpent { limit: Limit::Calls }));
    assert_eq!(server.asked().len(), 2, "the third question is never sent");
}

#[tokio::test]
async fn a_server_that_is_lost_on_the_way_leaves_the_best_attempt() {
    let (made, _, _) = generate(vec![plan(), said(LAX), refusal(401, "key expired")], &options()).await;
    let made = made.unwrap();
    assert!(matches!(&made.provenance.stopped, Stopped::ModelFailed { error } if error.contains("key expired")));
    let (made, _, _) = generate(vec![refusal(401, "no such key")], &options()).await;
    assert!(matches!(made.unwrap_err(), GenerateError::Model(_)));
}

#[tokio::test]
async fn proposed_tests_count_only_when_the_program_or_a_second_look_agrees() {
    let options = GenerateOptions { proposed_tests: 5, ..options() };
    // 99 agrees; 101 stands in the examples already; 300 and 150 are disputed, and only the wrong claim of 150 is withdrawn.
    let rows = proposals(&[(99, "allow"), (101, "deny"), (150, "allow")]);
    let (made, _, _) = generate(vec![plan(), said(GOOD), rows, verdict("deny")], &options).await;
    let made = made.unwrap();
    let proposed = made.provenance.proposed_tests;
    assert_eq!((proposed.proposed, proposed.agreed, proposed.upheld, proposed.dropped), (2, 1, 0, 1));
    assert_eq!(made.draft.tests.len(), 5);
}

#[tokio::test]
async fn a_proposed_test_that_is_upheld_has_the_program_repaired() {
    let options = GenerateOptions { proposed_tests: 5, ..options() };
    let close =
        GOOD.replace("limit = 100", "limit = 100\nleast = 100").replace("> facts.limit", "> 100 + 0 * facts.limit");
    let rows = proposals(&[(0, "deny")]);
    let repaired = GOOD
        .replace("(part.json.amount ?? 0) > facts.limit", "(part.json.amount == 0 || part.json.amount > facts.limit)");
    let (made, _, _) = generate(vec![plan(), said(&close), rows, verdict("deny"), said(&repaired)], &options).await;
    let made = made.unwrap();
    assert_eq!((made.provenance.proposed_tests.upheld, made.provenance.taken), (1, 2));
    assert_eq!(made.report.tests.as_ref().unwrap().failed, 0);
}

#[tokio::test]
async fn without_a_model_only_structure_is_understood_and_the_reason_says_what_to_do() {
    let rules = GenerateOptions { method: Method::Auto, ..options() };
    let error = generator(None).generate(&request(), &rules, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, GenerateError::NotUnderstood(_)), "{error}");
    let model = GenerateOptions { method: Method::Model, ..options() };
    let error = generator(None).generate(&request(), &model, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("no model is configured; set PARAPET_MODEL_URL"), "{error}");
}

/// The model's answer to the question what a sentence means.
fn rules(rows: &[serde_json::Value]) -> Step {
    said(&serde_json::json!({"rules": rows}).to_string())
}

fn at_most(value: &str) -> serde_json::Value {
    serde_json::json!({
        "action": "refund", "effect": "only_if",
        "when": [{"about": "amount", "is": "at most", "values": [value]}],
    })
}

/// What leaves out half of the sentence.
fn never() -> serde_json::Value {
    serde_json::json!({"action": "refund", "effect": "forbidden_if"})
}

#[tokio::test]
async fn prose_that_the_model_restates_is_compiled_and_needs_no_program() {
    let options = GenerateOptions { restate: true, ..options() };
    let (made, seen, server) = generate(vec![rules(&[at_most("100")])], &options).await;
    let made = made.unwrap();
    assert_eq!((server.asked().len(), made.provenance.restated.len(), made.provenance.rounds.len()), (1, 1, 0));
    assert!(made.counts(), "{}", made.report.to_text());
    assert_eq!(made.draft.manifest.request, request().request, "the guard is for what was asked");
    assert!(
        made.draft.plan.steps[0].what.contains("`refund` requires `amount` <= 100."),
        "how it was understood stands in the plan"
    );
    assert!(made.draft.tests.len() > 4, "the compiler's own tests are there beside the examples");
    assert!(seen.iter().any(|step| matches!(step, Progress::Restated { restated, .. } if restated.len() == 1)));
}

#[tokio::test]
async fn what_was_restated_is_corrected_by_what_it_leaves_out_and_by_the_examples() {
    let options = GenerateOptions { restate: true, ..options() };
    let steps = vec![rules(&[never()]), rules(&[never()]), rules(&[at_most("100")]), rules(&[at_most("100")])];
    let (made, _, server) = generate(steps, &options).await;
    let made = made.unwrap();
    assert_eq!((made.provenance.restated.len(), made.provenance.rounds.len()), (4, 0));
    let complaint =
        |n: usize| server.asked()[n].body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(complaint(1).contains("It also speaks of 100"), "{}", complaint(1));
    assert!(complaint(2).ends_with("nobody gets back more than a hundred.\""), "what is missing is asked about alone");
    assert!(complaint(3).contains("decided wrongly") && complaint(3).contains("a small refund"), "{}", complaint(3));
}

#[tokio::test]
async fn what_cannot_be_restated_is_programmed() {
    let options = GenerateOptions { restate: true, ..options() };
    let mut steps = vec![rules(&[never()]), rules(&[never()]), rules(&[at_most("100")])];
    steps.extend(vec![rules(&[never()]); 12]);
    steps.extend([plan(), said(GOOD)]);
    let (made, _, _) = generate(steps, &options).await;
    let made = made.unwrap();
    assert_eq!((made.provenance.restated.len(), made.provenance.rounds.len()), (15, 1));
}

/// A clause after a clause on who may reach which data, with the table declared beside them.
fn archive() -> GuardRequest {
    let test = |role: &str, fields: &[&str], verdict: &str| -> parapet_judge::GuardTest {
        serde_json::from_value(serde_json::json!({
            "description": format!("a {role} reads {fields:?}"),
            "event": {
                "stage": "tool_call", "principal": {"id": "u", "roles": [role]},
                "parts": [{"tool": "look_up", "json": {"table": "books", "fields": fields}}],
            },
            "expect": {"verdict": verdict},
        }))
        .unwrap()
    };
    GuardRequest {
        id: "archive".to_owned(),
        request: "Clerks have a look at the title of books. Auditors see books, but never the reader. The tables are books (title, \
                  reader, due_on). The assistant is polite. Whatever is not mentioned is denied."
            .to_owned(),
        agent: "The assistant of an archive. The tool `look_up` with arguments `table`, `fields` and `filter` reads records. Roles: \
                clerk, auditor."
            .to_owned(),
        examples: vec![
            test("clerk", &["title"], "allow"),
            test("clerk", &["due_on"], "deny"),
            test("auditor", &["due_on"], "allow"),
            test("auditor", &["reader"], "deny"),
        ],
        facts: toml::Table::new(),
    }
}

#[tokio::test]
async fn who_may_reach_what_is_asked_clause_by_clause_and_declarations_are_not() {
    let grants = |rows: serde_json::Value| said(&serde_json::json!({"grants": rows}).to_string());
    let clerk = serde_json::json!([{"by": ["clerk"], "can": "may", "do": ["read"], "of": "books", "part": "only", "which": ["title"]}]);
    let auditor = serde_json::json!([{"by": ["auditor"], "can": "may", "do": ["read"], "of": "books", "part": "all_but", "which": ["reader"]}]);
    let server = Server::new([grants(clerk), grants(auditor)]).await;
    let options = GenerateOptions { restate: true, ..options() };
    let made = generator(Some(server.client())).generate(&archive(), &options, &mut |_| {}).await.unwrap();
    assert!(made.counts(), "{}", made.report.to_text());
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "three of five sentences are declarations, descriptions and the rest");
    let texts = |n: usize| asked[n].body["messages"].as_array().unwrap().clone();
    let (first, second) = (texts(0), texts(1));
    assert_eq!(first[..first.len() - 1], second[..second.len() - 1], "all but the sentence is read once");
    assert!(
        second.last().unwrap()["content"]
            .as_str()
            .unwrap()
            .ends_with("Sentence: Auditors see books, but never the reader.")
    );
    assert!(made.draft.plan.steps[0].what.contains("Taken for descriptions: The tables are books"));
}

#[tokio::test]
async fn the_nearest_attempt_is_kept_when_the_budget_ends_while_restating() {
    let budget = Budget { calls: Some(3), ..Budget::default() };
    let options = GenerateOptions { restate: true, model_budget: budget, ..options() };
    let (made, _, _) = generate(vec![rules(&[never()]), rules(&[never()]), rules(&[at_most("100")])], &options).await;
    let made = made.unwrap();
    assert!(!made.counts(), "small refunds are refused, and an example says otherwise");
    assert!(matches!(made.provenance.stopped, Stopped::BudgetSpent { limit: Limit::Calls }));
}
