//! A call is asked about once, answered once and let through once, whoever else does the same at the same time.

use parapet_domain::approval::{Asker, Question};
use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{ApprovalMark, ApprovalState, Approved, DecisionRecord, Stage, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::fixture::Fixture;
use super::on_both_stores;
use super::samples::sample;
use crate::{Answer, Answered, ApprovalFilter, Ask, Asked, AuditMode, Recorder, RecorderConfig, Store, StoreError};

on_both_stores!(
    a_question_comes_back_as_it_was,
    the_same_call_is_asked_about_once,
    one_of_two_answers_wins,
    an_answer_needs_somebody_who_gives_it,
    a_yes_is_used_once_and_its_use_is_recorded,
    a_record_that_is_written_again_uses_nothing_more,
    decisions_of_one_body_use_all_their_approvals_or_none,
    a_denied_call_stays_denied_until_its_time_is_over,
    what_is_overdue_can_be_neither_answered_nor_used,
    a_user_has_only_so_many_questions_waiting,
    lists_are_by_state_and_by_page,
    tenants_do_not_see_each_others_approvals,
    many_at_once_ask_one_question_and_use_one_answer,
    fields_that_are_too_long_are_refused_by_name,
    the_database_itself_refuses_steps_that_skip_one,
    an_approval_outlives_the_process,
);

const NOW: i64 = 1_793_491_200_000_000;
const MINUTE: i64 = 60_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_micros(NOW + minutes * MINUTE)
}

/// A question of the call `binding`, asked at minute 0 and open for ten.
fn ask(binding: &str) -> Ask {
    Ask {
        tenant: "default".to_owned(),
        id: Uuid::now_v7(),
        binding: binding.to_owned(),
        created_at: at(0),
        expires_at: at(10),
        exchange_id: Uuid::now_v7(),
        route: "chat".to_owned(),
        agent: "assistant".to_owned(),
        principal: Some(Asker { id: "u1".to_owned(), authenticated_by: AuthenticatedBy::Jwt }),
        session: None,
        stage: Stage::ToolCall,
        tool: Some("refund".to_owned()),
        call_digest: "call:00".to_owned(),
        questions: vec![Question {
            guard: "refunds".to_owned(),
            guard_hash: "guard:00".to_owned(),
            reason_code: "large".to_owned(),
            message: "more than 100".to_owned(),
        }],
        guard_set: "set:00".to_owned(),
        content: Some(json!({"amount": 1e16, "nul": "\u{0}"})),
    }
}

fn answer(approve: bool, by: &str) -> Answer {
    Answer { approve, by: by.to_owned(), note: "seen".to_owned(), at: at(1) }
}

async fn pending(store: &Store, ask: &Ask) -> Uuid {
    match store.ask(ask, 100).await.unwrap() {
        Asked::Pending(id) => id,
        other => panic!("{other:?}"),
    }
}

/// Asks and has it approved.
async fn approved(store: &Store, ask: &Ask) -> Uuid {
    let id = pending(store, ask).await;
    let answered = store.answer_approval(&ask.tenant, id, &answer(true, "ann")).await.unwrap();
    assert!(matches!(answered, Answered::Taken(_)), "{answered:?}");
    id
}

/// The same call once more, at minute `minutes`.
async fn again(store: &Store, binding: &str, minutes: i64) -> Asked {
    store.ask(&Ask { created_at: at(minutes), expires_at: at(minutes + 10), ..ask(binding) }, 100).await.unwrap()
}

async fn found(store: &Store, binding: &str, minutes: i64) -> Option<Approved> {
    match again(store, binding, minutes).await {
        Asked::Approved(approved) => Some(approved),
        _ => None,
    }
}

async fn state(store: &Store, id: Uuid, minutes: i64) -> ApprovalState {
    store.approval("default", id, at(minutes)).await.unwrap().unwrap().state
}

/// The `n`th decision, taken at minute 2, using `approval`.
fn using(n: u32, approval: Uuid) -> DecisionRecord {
    let mark = ApprovalMark { id: approval, state: ApprovalState::Used, by: Some("ann".to_owned()) };
    DecisionRecord { id: Uuid::now_v7(), at: at(2), approval: Some(mark), ..sample(n) }
}

async fn steps(store: &Store, id: Uuid) -> Vec<(&'static str, String)> {
    let steps = store.approval_steps("default", id).await.unwrap();
    steps.into_iter().map(|step| (step.state.as_str(), step.by)).collect()
}

fn told(steps: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    steps.iter().map(|(state, by)| (*state, (*by).to_owned())).collect()
}

fn recorder(store: &Store) -> Recorder {
    Recorder::start(store.clone(), RecorderConfig { deadline_ms: 30_000, ..RecorderConfig::default() })
}

async fn a_question_comes_back_as_it_was(fixture: &Fixture) {
    let mut new = ask("a");
    new.tool = Some("\u{0}\u{10}👩‍🚀".to_owned());
    new.session = Some("s".to_owned());
    let id = pending(&fixture.store, &new).await;
    let record = fixture.store.approval("default", id, at(1)).await.unwrap().unwrap();
    assert_eq!((record.ask, record.state, record.decided_by), (new, ApprovalState::Pending, None));

    let nobody = Ask { principal: None, tool: None, content: None, ..ask("b") };
    let id = pending(&fixture.store, &nobody).await;
    assert_eq!(fixture.store.approval("default", id, at(1)).await.unwrap().unwrap().ask, nobody);
    assert_eq!(fixture.store.approval("default", Uuid::now_v7(), at(1)).await.unwrap(), None);
}

async fn the_same_call_is_asked_about_once(fixture: &Fixture) {
    let id = pending(&fixture.store, &ask("a")).await;
    assert_eq!(pending(&fixture.store, &ask("a")).await, id);
    assert_ne!(pending(&fixture.store, &ask("b")).await, id);
    assert_eq!(fixture.number("select count(*) from approvals").await, 2);
}

async fn one_of_two_answers_wins(fixture: &Fixture) {
    let id = pending(&fixture.store, &ask("a")).await;
    let other = Store::open(&fixture.config).await.unwrap();
    let (yes, no) = (answer(true, "ann"), answer(false, "ben"));
    let (one, two) =
        tokio::join!(fixture.store.answer_approval("default", id, &yes), other.answer_approval("default", id, &no));
    other.close().await;
    let (taken, late) = match (one.unwrap(), two.unwrap()) {
        (Answered::Taken(taken), Answered::TooLate(late)) | (Answered::TooLate(late), Answered::Taken(taken)) => {
            (taken, late)
        }
        pair => panic!("{pair:?}"),
    };
    assert_eq!(taken, late);
    let by = taken.decided_by.clone().unwrap();
    assert_eq!(steps(&fixture.store, id).await, told(&[("pending", "parapet"), (taken.state.as_str(), &by)]));
    assert_eq!(fixture.store.answer_approval("default", Uuid::now_v7(), &yes).await.unwrap(), Answered::Unknown);
}

async fn an_answer_needs_somebody_who_gives_it(fixture: &Fixture) {
    let id = pending(&fixture.store, &ask("a")).await;
    for by in ["", " \t"] {
        let error = fixture.store.answer_approval("default", id, &answer(true, by)).await.unwrap_err();
        assert!(error.to_string().contains("say who answers"), "{error}");
    }
    let long = Answer { note: "x".repeat(4_097), ..answer(true, "ann") };
    let error = fixture.store.answer_approval("default", id, &long).await.unwrap_err();
    assert!(matches!(error, StoreError::FieldTooLong { field: "note", .. }), "{error}");
    assert_eq!(state(&fixture.store, id, 1).await, ApprovalState::Pending);
}

async fn a_yes_is_used_once_and_its_use_is_recorded(fixture: &Fixture) {
    let store = &fixture.store;
    let id = approved(store, &ask("a")).await;
    let yes = found(store, "a", 2).await.unwrap();
    assert_eq!((yes.id(), yes.by()), (id, "ann"));
    // Having been found is not being used.
    assert_eq!(found(store, "a", 2).await.unwrap().id(), id);

    let decision = using(1, id);
    let recorder = recorder(store);
    // Best effort or not: without the commit there is no use.
    let recorded = recorder.record(decision.clone(), AuditMode::BestEffort).await.unwrap();
    assert_eq!((recorded.approval(), recorded.receipt()), (Some(id), crate::Receipt::Durable));
    assert_eq!(store.decision("default", decision.id).await.unwrap(), Some(decision.clone()));
    let record = store.approval("default", id, at(2)).await.unwrap().unwrap();
    assert_eq!((record.state, record.used_by), (ApprovalState::Used, Some(decision.id)));
    assert_eq!(steps(store, id).await, told(&[("pending", "parapet"), ("approved", "ann"), ("used", "parapet")]));

    let error = recorder.record(using(2, id), AuditMode::Required).await.unwrap_err();
    assert!(error.is_spent_approval() && !error.is_transient(), "{error}");
    assert_eq!((fixture.rows().await, recorder.stats().rejected), (1, 0));
    assert_ne!(pending(store, &ask("a")).await, id);
    // One that was never given, or is not there, is none.
    for missing in [pending(store, &ask("b")).await, Uuid::now_v7()] {
        assert!(recorder.record(using(3, missing), AuditMode::Required).await.unwrap_err().is_spent_approval());
    }
}

async fn a_record_that_is_written_again_uses_nothing_more(fixture: &Fixture) {
    let id = approved(&fixture.store, &ask("a")).await;
    let decision = using(1, id);
    assert_eq!(fixture.store.insert(std::slice::from_ref(&decision)).await.unwrap(), 1);
    assert_eq!(fixture.store.insert(std::slice::from_ref(&decision)).await.unwrap(), 0);
    let error = fixture.store.insert(&[using(2, id)]).await.unwrap_err();
    assert_eq!(error.to_string(), format!("approval `{id}` can no longer be used; ask again"));
    assert_eq!(fixture.number("select count(*) from approval_events where state = 'used'").await, 1);
}

async fn decisions_of_one_body_use_all_their_approvals_or_none(fixture: &Fixture) {
    let store = &fixture.store;
    let (first, second) = (approved(store, &ask("a")).await, approved(store, &ask("b")).await);
    let recorder = recorder(store);
    recorder.record(using(1, second), AuditMode::Required).await.unwrap();
    let body = [using(2, first), DecisionRecord { approval: None, ..using(3, first) }, using(4, second)];
    assert!(recorder.record_together(&body).await.unwrap_err().is_spent_approval());
    assert_eq!((state(store, first, 2).await, fixture.rows().await), (ApprovalState::Approved, 1));
    let recorded = recorder.record_together(&body[..2]).await.unwrap();
    assert_eq!(recorded.iter().map(crate::Recorded::approval).collect::<Vec<_>>(), [Some(first), None]);
    assert_eq!(fixture.rows().await, 3);
}

async fn a_denied_call_stays_denied_until_its_time_is_over(fixture: &Fixture) {
    let store = &fixture.store;
    let id = pending(store, &ask("a")).await;
    store.answer_approval("default", id, &answer(false, "ben")).await.unwrap();
    match again(store, "a", 9).await {
        Asked::Denied(record) => {
            assert_eq!((record.decided_by.as_deref(), record.note.as_str()), (Some("ben"), "seen"))
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(again(store, "a", 10).await, Asked::Pending(new) if new != id));
    assert_eq!(state(store, id, 10).await, ApprovalState::Denied);
    assert!(fixture.store.insert(&[using(1, id)]).await.is_err());
}

async fn what_is_overdue_can_be_neither_answered_nor_used(fixture: &Fixture) {
    let store = &fixture.store;
    let (waiting, given) = (pending(store, &ask("a")).await, approved(store, &ask("b")).await);
    assert_eq!(
        (state(store, waiting, 9).await, state(store, waiting, 10).await),
        (ApprovalState::Pending, ApprovalState::Expired)
    );
    let late = store.answer_approval("default", waiting, &Answer { at: at(10), ..answer(true, "ann") }).await.unwrap();
    assert!(matches!(late, Answered::TooLate(record) if record.state == ApprovalState::Expired));
    let mut decision = using(1, given);
    decision.at = at(10);
    assert!(matches!(store.insert(&[decision]).await, Err(StoreError::ApprovalSpent { id }) if id == given));
    assert!(found(store, "b", 10).await.is_none());
    // Asking has noted both.
    assert_eq!(store.expire_approvals("default", at(10)).await.unwrap(), 0);
    assert_eq!(steps(store, waiting).await, told(&[("pending", "parapet"), ("expired", "parapet")]));
    assert_eq!(store.expire_approvals("default", at(20)).await.unwrap(), 1);
}

async fn a_user_has_only_so_many_questions_waiting(fixture: &Fixture) {
    let store = &fixture.store;
    let id = pending(store, &ask("a")).await;
    pending(store, &ask("b")).await;
    assert_eq!(store.ask(&ask("c"), 2).await.unwrap(), Asked::Full);
    // The same question is no further one; other users and routes have their own room.
    assert_eq!(store.ask(&ask("a"), 2).await.unwrap(), Asked::Pending(id));
    for other in [Ask { principal: None, ..ask("d") }, Ask { route: "other".to_owned(), ..ask("e") }] {
        assert!(matches!(store.ask(&other, 1).await.unwrap(), Asked::Pending(_)));
    }
    store.answer_approval("default", id, &answer(false, "ben")).await.unwrap();
    assert!(matches!(store.ask(&ask("c"), 2).await.unwrap(), Asked::Pending(_)));
    // What is overdue takes no room.
    let later = Ask { created_at: at(10), expires_at: at(20), ..ask("f") };
    assert!(matches!(store.ask(&later, 1).await.unwrap(), Asked::Pending(_)));
}

async fn lists_are_by_state_and_by_page(fixture: &Fixture) {
    let store = &fixture.store;
    let mut ids = Vec::new();
    for n in 0..25 {
        ids.push(pending(store, &ask(&format!("call {n}"))).await);
    }
    store.answer_approval("default", ids[0], &answer(true, "ann")).await.unwrap();
    store.answer_approval("default", ids[1], &answer(false, "ann")).await.unwrap();
    let of = |state| ApprovalFilter { tenant: "default".to_owned(), state };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.approvals(&of(None), at(1), 10, after).await.unwrap();
        seen.extend(page.approvals.iter().map(|record| record.ask.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids.iter().rev().copied().collect::<Vec<_>>());
    for (minutes, wanted) in [(1, [23, 1, 1, 0, 0]), (10, [0, 0, 1, 24, 0])] {
        for (state, count) in ApprovalState::ALL.into_iter().zip(wanted) {
            let page = store.approvals(&of(Some(state)), at(minutes), 100, None).await.unwrap();
            assert_eq!(page.approvals.len(), count, "{state:?} at {minutes}");
            assert!(page.approvals.iter().all(|record| record.state == state));
        }
    }
    let error = store.approvals(&of(None), at(1), 201, None).await.unwrap_err().to_string();
    assert_eq!(error, "`limit` is 201, but has to be between 1 and 200");
}

async fn tenants_do_not_see_each_others_approvals(fixture: &Fixture) {
    let store = &fixture.store;
    let theirs = approved(store, &Ask { tenant: "other".to_owned(), ..ask("a") }).await;
    assert!(matches!(again(store, "a", 2).await, Asked::Pending(_)));
    assert_eq!(store.approval("default", theirs, at(1)).await.unwrap(), None);
    assert_eq!(store.answer_approval("default", theirs, &answer(true, "ann")).await.unwrap(), Answered::Unknown);
    assert!(store.insert(&[using(1, theirs)]).await.is_err());
    assert!(store.approval_steps("default", theirs).await.unwrap().is_empty());
}

async fn many_at_once_ask_one_question_and_use_one_answer(fixture: &Fixture) {
    // Two stores on one database, as two processes would have.
    let stores = [fixture.store.clone(), Store::open(&fixture.config).await.unwrap()];
    let asking: Vec<_> = (0..16)
        .map(|n| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move { pending(&store, &ask("a")).await })
        })
        .collect();
    let mut ids = Vec::new();
    for task in asking {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    let [id] = ids.as_slice() else { panic!("{ids:?}") };
    fixture.store.answer_approval("default", *id, &answer(true, "ann")).await.unwrap();

    let recorders = [recorder(&stores[0]), recorder(&stores[1])];
    let using: Vec<_> = (0..16_usize)
        .map(|n| {
            let (recorder, decision) = (recorders[n % 2].clone(), using(1, *id));
            tokio::spawn(async move { recorder.record(decision, AuditMode::Required).await })
        })
        .collect();
    let mut used = 0;
    for task in using {
        match task.await.unwrap() {
            Ok(recorded) => used += usize::from(recorded.approval() == Some(*id)),
            Err(error) => assert!(error.is_spent_approval(), "{error}"),
        }
    }
    assert_eq!((used, fixture.rows().await), (1, 1));
    stores[1].close().await;
}

async fn fields_that_are_too_long_are_refused_by_name(fixture: &Fixture) {
    type Lengthen = fn(&mut Ask);
    let cases: [(&str, Lengthen); 5] = [
        ("tool", |a| a.tool = Some("x".repeat(4_097))),
        ("route", |a| a.route = "x".repeat(257)),
        ("principal", |a| a.principal.as_mut().unwrap().id = "x".repeat(1_025)),
        ("session", |a| a.session = Some("x".repeat(1_025))),
        ("content", |a| a.content = Some(json!("x".repeat(4 << 20)))),
    ];
    for (name, lengthen) in cases {
        let mut long = ask("a");
        lengthen(&mut long);
        let error = fixture.store.ask(&long, 9).await.unwrap_err();
        assert!(matches!(error, StoreError::FieldTooLong { field, .. } if field == name), "{name}: {error}");
    }
    assert_eq!(fixture.number("select count(*) from approvals").await, 0);
}

async fn the_database_itself_refuses_steps_that_skip_one(fixture: &Fixture) {
    pending(&fixture.store, &ask("a")).await;
    for (change, constraint) in [
        ("state = 'approved'", "approvals_answered"),
        ("state = 'used', decided_by = 'x', decided_at = created_at", "approvals_used"),
        ("state = 'forgotten'", "approvals_state_known"),
    ] {
        let error = fixture.try_execute(&format!("update approvals set {change}")).await.unwrap_err();
        assert!(error.contains(constraint), "{change}: {error}");
    }
}

async fn an_approval_outlives_the_process(fixture: &Fixture) {
    let id = {
        let store = Store::open(&fixture.config).await.unwrap();
        approved(&store, &ask("a")).await
        // Dropped without being closed.
    };
    let store = Store::open(&fixture.config).await.unwrap();
    assert_eq!(found(&store, "a", 2).await.unwrap().id(), id);
    store.insert(&[using(1, id)]).await.unwrap();
    store.close().await;
    assert_eq!(state(&fixture.store, id, 2).await, ApprovalState::Used);
}
