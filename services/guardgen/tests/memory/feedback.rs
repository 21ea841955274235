//! Feedback: the log is believed for what was decided, a person for whether it was right; what is missing is said.

use parapet_domain::decision::{DECISION_VERSION, Engine};
use parapet_domain::fold::Coverage;
use parapet_domain::{
    Decision, DecisionRecord, Failure, FailureKind, GuardRun, Mode, OnError, Outcome, Stage, Surface, Timestamp,
    Verdict,
};
use parapet_guardgen::{CaseId, Feedback};
use parapet_store::Evidence;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{AGENT, CODE, Place, places};

fn run(guard: &str, outcome: Outcome) -> GuardRun {
    GuardRun {
        guard: guard.to_owned(),
        guard_hash: format!("guard:{guard}"),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome,
        fuel_used: 1,
        duration_us: 1,
    }
}

/// A decision on what the user asked, by one guard.
fn decision(place: &Place, content: Option<Value>) -> DecisionRecord {
    DecisionRecord {
        version: DECISION_VERSION.to_owned(),
        id: Uuid::now_v7(),
        event_id: Uuid::now_v7(),
        exchange_id: Uuid::now_v7(),
        sequence: 0,
        at: Timestamp::now(),
        tenant: place.tenant.clone(),
        route: "chat".to_owned(),
        agent: "library".to_owned(),
        principal: None,
        roles: vec![],
        session: None,
        trace_id: None,
        stage: Stage::Input,
        surface: Surface::OpenaiChat,
        content_digest: "content:00".to_owned(),
        coverage: Coverage::default(),
        runs: vec![run("loans", Outcome::Verdict(Verdict::allow()))],
        folded: Decision::Allow,
        enforced: Decision::Allow,
        reason_code: String::new(),
        message: String::new(),
        decided_by: None,
        approval: None,
        tokens: None,
        guard_set: "set:00".to_owned(),
        engine: Engine { parapet: "0".to_owned(), toolbox: "1".to_owned(), rhai_guest: "sha256:00".to_owned() },
        duration_us: 1,
        content,
        chain_sequence: None,
        chain_digest: None,
        chain_key_id: None,
    }
}

fn text(text: &str) -> Option<Value> {
    Some(json!([{ "pointer": "/messages/0/content", "text": text }]))
}

async fn recorded(place: &Place, decision: DecisionRecord) -> Feedback {
    let guard = |id: &str, code: Value| json!({ "id": id, "hash": format!("guard:{id}"), "request": "Three books.", "agent": AGENT, "plan": "# Plan\n", "code": code, "facts": { "most": 3 } });
    let set =
        json!({ "guards": [guard("loans", json!(CODE)), guard("cards", json!(CODE)), guard("module", Value::Null)] });
    place.store.record_guard_set(&place.tenant, "set:00", Timestamp::now(), &set).await.unwrap();
    place.store.insert(std::slice::from_ref(&decision)).await.unwrap();
    Feedback {
        decision: decision.id,
        right: true,
        by: "ben".to_owned(),
        note: "as it should be".to_owned(),
        ..Feedback::default()
    }
}

async fn refusal(place: &Place, feedback: &Feedback) -> String {
    place.memory.feedback(feedback.clone()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_right_decision_becomes_an_example() {
    for place in places().await {
        let feedback = recorded(&place, decision(&place, text("May I borrow two books?"))).await;
        let added = place.memory.feedback(feedback.clone()).await.unwrap();
        let hits = place.recall("May I borrow two books?", "", 1).await;
        let case = &hits[0].case;
        assert_eq!((&case.id, hits[0].distance), (&added.id, 0.0));
        assert_eq!((case.agent.as_str(), case.request.as_str(), case.code.as_str()), (AGENT, "Three books.", CODE));
        assert_eq!((case.verdict, &case.facts["most"]), (Decision::Allow, &json!(3)));
        let note = "as it should be".to_owned();
        let said = Evidence::Feedback { decision: feedback.decision, right: true, by: "ben".to_owned(), note };
        assert_eq!(case.evidence, said);
        let again = place.memory.feedback(feedback).await.unwrap();
        assert_eq!((again.id, again.new), (added.id, false));
    }
}

#[tokio::test]
async fn a_wrong_decision_is_kept_but_never_recalled() {
    for place in places().await {
        let mut feedback = recorded(&place, decision(&place, text("May I borrow nine books?"))).await;
        feedback.right = false;
        let added = place.memory.feedback(feedback.clone()).await.unwrap();
        let hits = place.recall("May I borrow nine books?", "", 50).await;
        assert!(hits.iter().all(|hit| matches!(hit.case.id, CaseId::Seed(_))), "{hits:?}");
        assert_eq!(place.memory.list(10, None).await.unwrap().cases[0].id, added.id);
        feedback.right = true;
        let error = refusal(&place, &feedback).await;
        assert!(error.contains(&format!("as case `{}`", added.id)), "{error}");
        assert!(place.memory.forget(&added.id).await.unwrap());
        assert!(place.memory.feedback(feedback).await.unwrap().new);
    }
}

#[tokio::test]
async fn what_the_agent_did_comes_with_what_the_user_asked() {
    for place in places().await {
        let asked = decision(&place, text("May I borrow four books?"));
        recorded(&place, asked.clone()).await;
        let answer = |content| DecisionRecord {
            stage: Stage::Output,
            exchange_id: asked.exchange_id,
            sequence: 1,
            ..decision(&place, content)
        };
        let feedback = recorded(&place, answer(text("Three at most."))).await;
        let added = place.memory.feedback(feedback).await.unwrap();
        let case = place.memory.show(&added.id).await.unwrap().unwrap();
        assert_eq!((case.input.as_str(), case.output.as_str()), ("May I borrow four books?", "Three at most."));

        let refused = json!([{ "pointer": "/x", "digest": "part:00", "chars": 7 }]);
        let mut feedback = recorded(&place, answer(Some(refused))).await;
        assert_eq!(
            refusal(&place, &feedback).await,
            format!(
                "content that was refused is not in the log, as that of decision `{}`; give `--output FILE` (what the agent did) yourself",
                feedback.decision
            )
        );
        feedback.output = Some("Take four.".to_owned());
        let added = place.memory.feedback(feedback).await.unwrap();
        assert_eq!(place.memory.show(&added.id).await.unwrap().unwrap().output, "Take four.");
    }
}

#[tokio::test]
async fn what_is_missing_is_said() {
    for place in places().await {
        let feedback = recorded(&place, decision(&place, None)).await;
        let error = refusal(&place, &feedback).await;
        assert!(error.starts_with("the log does not have the content of decision"), "{error}");
        assert!(error.ends_with("give `--input FILE` (what the user asked) yourself"), "{error}");

        let alone = DecisionRecord { stage: Stage::ToolCall, ..decision(&place, None) };
        let error = refusal(&place, &recorded(&place, alone).await).await;
        assert!(
            error.contains("`--input FILE` (what the user asked) and `--output FILE` (what the agent did)"),
            "{error}"
        );

        let nobody = Feedback { decision: Uuid::now_v7(), ..feedback };
        let error = refusal(&place, &nobody).await;
        assert!(error.contains("in the audit log; `parapet audit query` lists them with their ids"), "{error}");
    }
}

#[tokio::test]
async fn the_guard_that_it_is_about_is_known() {
    for place in places().await {
        let allowed = || Outcome::Verdict(Verdict::allow());
        let mut two = decision(&place, text("May I?"));
        two.runs = vec![run("loans", allowed()), run("cards", allowed())];
        let mut feedback = recorded(&place, two).await;
        let error = refusal(&place, &feedback).await;
        assert!(error.contains("was made by `loans`, `cards`; say which one the feedback is about"), "{error}");
        feedback.guard = Some("cards".to_owned());
        let added = place.memory.feedback(feedback).await.unwrap();
        assert_eq!(place.memory.show(&added.id).await.unwrap().unwrap().guard, "cards");

        let mut failed = decision(&place, text("May I?"));
        let failure = Failure { kind: FailureKind::OutOfFuel, message: String::new() };
        failed.runs = vec![run("loans", Outcome::Failure(failure))];
        failed.decided_by = Some("loans".to_owned());
        let error = refusal(&place, &recorded(&place, failed).await).await;
        assert!(error.contains("it failed (out_of_fuel); there is nothing to learn from"), "{error}");

        for guard in ["module", "unheard-of"] {
            let mut unknown = decision(&place, text("May I?"));
            unknown.runs = vec![run(guard, allowed())];
            let error = refusal(&place, &recorded(&place, unknown).await).await;
            assert!(error.contains("is not in the register of guard sets"), "{error}");
        }
    }
}
