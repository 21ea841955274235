use serde_json::{Map, Value, json};

use super::*;
use crate::event::EVENT_VERSION;
use crate::fold::fold_approved;
use crate::{
    Edit, Folded, OnError, Origin, Part, PartKind, Principal, RefusalKind, Role, Stage, Surface, Timestamp, Verdict,
};

const KEY: [u8; 32] = [7; 32];

fn call(tool: &str, arguments: &str) -> Event {
    let part = Part {
        kind: PartKind::ToolCall,
        tool: Some(tool.to_owned()),
        call_id: Some("call_1".to_owned()),
        pointer: "/choices/0/message/tool_calls/0/function/arguments".to_owned(),
        json: json::parse_str(arguments).ok(),
        ..Part::text(Role::Assistant, Origin::Model, arguments)
    };
    Event {
        version: EVENT_VERSION.to_owned(),
        id: Uuid::now_v7(),
        exchange_id: Uuid::now_v7(),
        sequence: 1,
        at: Timestamp::from_micros(5),
        zone: "UTC".to_owned(),
        tenant: "default".to_owned(),
        stage: Stage::ToolCall,
        surface: Surface::OpenaiChat,
        route: "chat".to_owned(),
        agent: "assistant".to_owned(),
        principal: Some(Principal {
            id: "u1".to_owned(),
            roles: Vec::new(),
            attributes: Map::new(),
            authenticated_by: AuthenticatedBy::Jwt,
        }),
        session: Some("s1".to_owned()),
        parts: vec![part],
        history: None,
    }
}

fn run(guard: &str, decision: Decision) -> GuardRun {
    let edits = vec![Edit { part: 0, start: 0, end: 1, replacement: "#".to_owned() }];
    let verdict = Verdict {
        decision,
        reason_code: if decision == Decision::Allow { String::new() } else { "large_refund".to_owned() },
        message: "a refund over 100".to_owned(),
        details: Value::Null,
        edits: if decision == Decision::Redact { edits } else { Vec::new() },
    };
    GuardRun {
        guard: guard.to_owned(),
        guard_hash: format!("guard:{guard}"),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome: Outcome::Verdict(verdict),
        fuel_used: 0,
        duration_us: 0,
    }
}

fn asked(runs: &[GuardRun]) -> Vec<Question> {
    questions(runs, &Coverage::default(), FoldPolicy::default())
}

fn yes(runs: &[GuardRun]) -> Approved {
    Approved::found_by_store(Uuid::from_u128(1), "ann".to_owned(), asked(runs))
}

fn bound(event: &Event) -> String {
    binding(event, &asked(&[run("refunds", Decision::Ask)]), "set:1", false, &KEY)
}

#[test]
fn the_same_call_is_found_again_wherever_it_stands_and_however_it_is_written() {
    let first = call("refund", r#"{"order":7,"amount":150.0}"#);
    let mut again = call("refund", r#"{ "amount": 1.5e2, "order": 7 }"#);
    again.parts[0].call_id = Some("call_2".to_owned());
    again.parts[0].pointer = "/choices/0/message/tool_calls/3/function/arguments".to_owned();
    again.session = Some("s2".to_owned());
    assert_eq!(bound(&first), bound(&again));
}

#[test]
fn whatever_an_approval_is_bound_to_makes_another_question() {
    type Change = fn(&mut Event);
    let first = call("refund", r#"{"amount":150,"order":7}"#);
    let changes: [(&str, Change); 11] = [
        ("arguments", |e| e.parts[0].json = Some(json!({"amount": 151, "order": 7}))),
        ("type of an argument", |e| e.parts[0].json = Some(json!({"amount": "150", "order": 7}))),
        ("tool", |e| e.parts[0].tool = Some("refund_all".to_owned())),
        ("no tool", |e| e.parts[0].tool = None),
        ("another part", |e| e.parts.push(Part::text(Role::Assistant, Origin::Model, ""))),
        ("stage", |e| e.stage = Stage::Output),
        ("principal", |e| e.principal.as_mut().unwrap().id = "u2".to_owned()),
        ("how it is known", |e| e.principal.as_mut().unwrap().authenticated_by = AuthenticatedBy::Asserted),
        ("no principal", |e| e.principal = None),
        ("route", |e| e.route = "other".to_owned()),
        ("tenant", |e| e.tenant = "other".to_owned()),
    ];
    for (what, change) in changes {
        let mut other = first.clone();
        change(&mut other);
        assert_ne!(bound(&first), bound(&other), "{what}");
    }
    let questions = asked(&[run("refunds", Decision::Ask)]);
    let of = |set: &str, questions: &[Question]| binding(&first, questions, set, false, &KEY);
    assert_ne!(of("set:1", &questions), of("set:2", &questions));
    assert_ne!(of("set:1", &questions), of("set:1", &asked(&[run("transfers", Decision::Ask)])));
    let mut reason = questions.clone();
    reason[0].reason_code = "third_refund_today".to_owned();
    assert_ne!(of("set:1", &questions), of("set:1", &reason));
    assert_ne!(binding(&first, &questions, "set:1", false, &KEY), binding(&first, &questions, "set:1", true, &KEY));
}

#[test]
fn numbers_that_canonical_json_would_change_count_as_they_are_written() {
    let pairs = [
        (r#"{"id":9007199254740993}"#, r#"{"id":"9007199254740993"}"#),
        (r#"{"id":9007199254740993}"#, r#"{"id":9007199254740992}"#),
        (r#"{"id":123456789012345678901234567890}"#, r#"{"id":"123456789012345678901234567890"}"#),
        (r#"{"x":[0.12345678901234567890123]}"#, r#"{"x":["0.12345678901234567890123"]}"#),
    ];
    for (one, other) in pairs {
        assert_ne!(bound(&call("t", one)), bound(&call("t", other)), "{one} {other}");
    }
}

#[test]
fn texts_count_to_the_letter_and_need_the_key() {
    let mut event = call("t", "no json");
    let before = call_digest(&event, &KEY);
    assert_ne!(before, call_digest(&event, &[8; 32]));
    event.parts[0].text.push(' ');
    assert_ne!(before, call_digest(&event, &KEY));
}

#[test]
fn a_yes_answers_the_question_and_nothing_else() {
    let policy = FoldPolicy::default();
    let ask = run("refunds", Decision::Ask);
    let fold =
        |runs: &[GuardRun], approved: &Approved| fold_approved((), runs, &Coverage::default(), policy, Some(approved));

    let (ruling, folded) = fold(std::slice::from_ref(&ask), &yes(std::slice::from_ref(&ask)));
    assert_eq!((ruling.folded, ruling.enforced, ruling.decided_by), (Decision::Ask, Decision::Allow, None));
    assert!(matches!(folded, Folded::Permitted(_)));

    let runs = [run("a", Decision::Redact), ask.clone(), run("z", Decision::Allow)];
    let (ruling, folded) = fold(&runs, &yes(&runs));
    assert_eq!((ruling.folded, ruling.enforced, ruling.refusal), (Decision::Ask, Decision::Redact, None));
    assert_eq!(ruling.approval, Some(Uuid::from_u128(1)));
    let Folded::Permitted(permitted) = folded else { panic!("refused") };
    assert_eq!((permitted.approval(), permitted.into_parts().1.len()), (Some(Uuid::from_u128(1)), 1));

    // Whatever else is wrong is still wrong, and then the approval is not used.
    let denied = [ask.clone(), run("d", Decision::Deny)];
    let (ruling, _) = fold(&denied, &yes(std::slice::from_ref(&ask)));
    assert_eq!((ruling.enforced, ruling.approval), (Decision::Deny, None));

    // Neither another guard, nor another version of it, nor another reason is answered.
    let more = [ask.clone(), run("transfers", Decision::Ask)];
    let mut changed = ask.clone();
    changed.guard_hash = "guard:new".to_owned();
    let mut other = ask.clone();
    if let Outcome::Verdict(verdict) = &mut other.outcome {
        verdict.reason_code = "third_refund_today".to_owned();
    }
    for runs in [more.as_slice(), &[changed], &[other]] {
        let (ruling, _) = fold(runs, &yes(std::slice::from_ref(&ask)));
        let refusal = ruling.refusal.unwrap();
        assert_eq!((refusal.kind, ruling.approval), (RefusalKind::ApprovalRequired, None));
    }
    // Where nobody asks, nothing is used.
    let calm = [run("refunds", Decision::Allow)];
    assert_eq!(fold(&calm, &yes(std::slice::from_ref(&ask))).0.approval, None);
}

#[test]
fn only_enforcing_guards_ask_and_only_where_nothing_weighs_more() {
    let mut shadow = run("s", Decision::Ask);
    shadow.mode = Mode::Shadow;
    assert!(asked(&[shadow.clone(), run("a", Decision::Allow)]).is_empty());
    assert!(asked(&[run("a", Decision::Ask), run("d", Decision::Deny)]).is_empty());
    let both = asked(&[run("a", Decision::Ask), shadow, run("b", Decision::Ask)]);
    assert_eq!(both.iter().map(|q| q.guard.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn an_event_names_its_tool_only_when_there_is_one() {
    let mut event = call("refund", "{}");
    assert_eq!(tool(&event), Some("refund"));
    event.parts.push(Part::text(Role::Assistant, Origin::Model, "x"));
    assert_eq!(tool(&event), Some("refund"));
    event.parts[1].tool = Some("other".to_owned());
    assert_eq!(tool(&event), None);
}
