use parapet_domain::fold::{Coverage, FoldPolicy, NotInspected, Ruling, Unjudged};
use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{
    Decision, DecisionRecord, Edit, Failure, FailureKind, GuardRun, Mode, OnError, Origin, Outcome, PartKind, Role,
    Stage, Surface, Timestamp, Verdict, fold,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{Draft, RefusalContext, Reply};

fn parse(body: &str) -> CheckRequest {
    parse_request(body.as_bytes()).unwrap()
}

fn complaints(body: &str) -> String {
    parse_request(body.as_bytes()).unwrap_err().to_string().replace("; `", "\n`").replace("; there", "\nthere")
}

#[test]
fn a_text_takes_its_role_from_the_stage() {
    for (stage, role, origin) in [
        ("input", Role::User, Origin::User),
        ("output", Role::Assistant, Origin::Model),
        ("tool_call", Role::Assistant, Origin::Model),
        ("tool_result", Role::Tool, Origin::Tool),
    ] {
        let parsed = parse(&format!(r#"{{"stage":"{stage}","text":"hello"}}"#));
        let part = &parsed.draft.parts[0];
        assert_eq!(
            (parsed.draft.stage.as_str(), part.role, part.origin, part.text.as_str(), part.pointer.as_str()),
            (stage, role, origin, "hello", "/text")
        );
    }
}

#[test]
fn identity_is_read_but_marked_as_asserted() {
    let parsed = parse(
        r#"{"stage":"input","text":"x","agent":"ehr","session":"s-1","principal":{"id":"u7","roles":["nurse"],"attributes":{"age":17}}}"#,
    );
    let principal = parsed.principal.clone().unwrap();
    assert_eq!(
        (parsed.agent.as_deref(), parsed.session.as_deref(), parsed.asserts_identity()),
        (Some("ehr"), Some("s-1"), true)
    );
    assert_eq!((principal.id.as_str(), principal.authenticated_by), ("u7", AuthenticatedBy::Asserted));
    assert_eq!((principal.roles, Value::Object(principal.attributes)), (vec!["nurse".to_owned()], json!({"age": 17})));
    assert!(!parse(r#"{"stage":"input","text":"x","principal":null,"agent":null}"#).asserts_identity());
}

#[test]
fn parts_messages_and_tool_traffic_become_one_event() {
    let parsed = parse(
        r#"{"stage":"output","parts":[{"text":"a","name":"code"},{"json":{"k":"\u0061"},"role":"tool","origin":"retrieved"},{"kind":"tool_call","tool":"f","call_id":"1","text":"{}"}]}"#,
    );
    let kinds: Vec<_> =
        parsed.draft.parts.iter().map(|part| (part.kind, part.role, part.text.as_str(), part.json.is_some())).collect();
    assert_eq!(
        kinds,
        [
            (PartKind::Text, Role::Assistant, "a", false),
            (PartKind::Json, Role::Tool, r#"{"k":"a"}"#, true),
            (PartKind::ToolCall, Role::Assistant, "{}", true)
        ]
    );
    let parsed = parse(
        r#"{"stage":"input","messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:"}}]},{"role":"tool","content":"r"}]}"#,
    );
    assert_eq!(
        parsed.draft.parts.iter().map(|part| part.pointer.as_str()).collect::<Vec<_>>(),
        ["/messages/0/content/0/text", "/messages/1/content"]
    );
    assert_eq!(parsed.not_inspected.len(), 1);
    let call = parse(r#"{"tool_call":{"name":"rm","arguments":{"path":"/"},"id":"c1"}}"#).draft;
    assert_eq!(
        (call.stage, call.parts[0].tool.as_deref(), call.parts[0].call_id.as_deref()),
        (Stage::ToolCall, Some("rm"), Some("c1"))
    );
    assert_eq!((call.parts[0].text.as_str(), &call.parts[0].json), (r#"{"path":"/"}"#, &Some(json!({"path": "/"}))));
    let call = parse(r#"{"stage":"tool_call","tool_call":{"name":"rm","arguments":"{\"path\":\"/\"}"}}"#).draft;
    assert_eq!(call.parts[0].json, Some(json!({"path": "/"})));
    let result = parse(r#"{"tool_result":{"name":"read","content":"text","call_id":"c1"}}"#).draft;
    assert_eq!(
        (result.stage, result.parts[0].kind, result.parts[0].role),
        (Stage::ToolResult, PartKind::ToolResult, Role::Tool)
    );
}

#[test]
fn all_mistakes_are_told_at_once_with_what_to_do() {
    insta::assert_snapshot!(complaints(r#"{"txt":"x","stage":"outptu","agent":3,"principal":{"roles":"nurse","authenticated_by":"jwt"}}"#), @r#"
    `/txt` is not known: remove it or use one of `stage`, `agent`, `session`, `principal`, `text`, `parts`, `messages`, `tool_call`, `tool_result`
    `/agent` has to be a string
    `/principal/roles` has to be an array of strings
    `/principal/authenticated_by` is not known: remove it or use one of `id`, `roles`, `attributes`
    `/principal/id` has to be a non-empty string
    `/stage` is `outptu`: give `input`, `output`, `tool_call` or `tool_result`
    there is no content: give `text`, `parts`, `messages`, `tool_call` or `tool_result`
    "#);
    insta::assert_snapshot!(complaints(r#"{"text":3,"parts":[]}"#), @r#"
    `/stage` is missing: give `input`, `output`, `tool_call` or `tool_result`
    there is more than one content: keep one of `text`, `parts`
    "#);
    insta::assert_snapshot!(complaints(r#"{"stage":"input","parts":[{"text":"a","json":1},{"role":"boss","txet":"x"},7,{"text":5,"kind":3}]}"#), @r#"
    `/parts/0` has to have either `text` or `json`
    `/parts/1/role` has to be one of `system`, `developer`, `user`, `assistant`, `tool`
    `/parts/1/txet` is not known: remove it or use one of `text`, `json`, `kind`, `role`, `origin`, `name`, `tool`, `call_id`, `media_type`
    `/parts/1` has to have either `text` or `json`
    `/parts/2` has to be an object
    `/parts/3/kind` has to be a string
    `/parts/3/text` has to be a string; structured content goes into `json` of one of `parts`
    "#);
    insta::assert_snapshot!(complaints(r#"{"stage":"input","tool_call":{"args":{}}}"#), @r#"
    `/stage` is `input`, but the body holds a `tool_call`: leave `stage` out or make them agree
    `/tool_call/args` is not known: remove it or use one of `name`, `arguments`, `id`
    `/tool_call/name` has to be the name of the tool
    `/tool_call/arguments` is missing: give a string or any JSON
    "#);
    insta::assert_snapshot!(complaints(r#"{"stage":"input","text":["a"]}"#), @r#"`/text` has to be a string; structured content goes into `json` of one of `parts`"#);
    insta::assert_snapshot!(complaints("[]"), @r#"the body: has to be an object with `stage` and `text`, `parts`, `messages`, `tool_call` or `tool_result`"#);
    let many = format!("{{{}}}", (0..1_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    assert!(complaints(&many).ends_with("and more: correct these first"));
}

fn run(guard: &str, outcome: Outcome) -> GuardRun {
    GuardRun {
        guard: guard.to_owned(),
        guard_hash: "guard:00".to_owned(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome,
        fuel_used: 10,
        duration_us: 20,
    }
}

fn verdict(decision: Decision, edits: Vec<Edit>) -> Outcome {
    let (reason_code, message) = if decision == Decision::Allow { ("", "") } else { ("pii_found", "a card number") };
    Outcome::Verdict(Verdict {
        decision,
        reason_code: reason_code.to_owned(),
        message: message.to_owned(),
        details: json!({"n": 1}),
        edits,
    })
}

fn decided(draft: &Draft, runs: Vec<GuardRun>, show_details: bool) -> Reply {
    let coverage = Coverage {
        inspected: draft.parts.iter().map(|part| part.pointer.clone()).collect(),
        not_inspected: vec![NotInspected { pointer: "/x".to_owned(), reason: "image".to_owned() }],
        ..Coverage::default()
    };
    let policy = FoldPolicy { no_guard: Unjudged::Refuse, not_inspected: Unjudged::Allow };
    let (ruling, _) = fold((), &runs, &coverage, policy);
    let location = Some("/v1/approvals/0199".to_owned());
    let context = RefusalContext { show_details, location, ..RefusalContext::default() };
    render_decision(&record(runs, coverage, &ruling), &ruling, draft, &context)
}

fn record(runs: Vec<GuardRun>, coverage: Coverage, ruling: &Ruling) -> DecisionRecord {
    let event = parapet_domain::Event {
        version: parapet_domain::event::EVENT_VERSION.to_owned(),
        id: Uuid::nil(),
        exchange_id: Uuid::nil(),
        sequence: 0,
        at: Timestamp::from_micros(0),
        zone: "UTC".to_owned(),
        tenant: "default".to_owned(),
        stage: Stage::Output,
        surface: Surface::Check,
        route: "check".to_owned(),
        agent: "a".to_owned(),
        principal: None,
        session: None,
        parts: Vec::new(),
        history: None,
    };
    let engine = parapet_domain::decision::Engine {
        parapet: "0".to_owned(),
        toolbox: "0".to_owned(),
        rhai_guest: "0".to_owned(),
    };
    let context = parapet_domain::decision::RecordContext {
        id: Uuid::nil(),
        digest_key: [0; 32],
        guard_set: "set:ab".to_owned(),
        engine,
        trace_id: None,
        duration_us: 1,
        content: None,
    };
    DecisionRecord::new(&event, runs, coverage, ruling, context)
}

fn show(reply: &Reply) -> String {
    let headers: Vec<String> = reply.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{}\n{}\n\n{}", reply.status, headers.join("\n"), String::from_utf8_lossy(&reply.body))
}

fn draft() -> Draft {
    parse(r#"{"stage":"output","parts":[{"text":"fine"},{"text":"card 4111"}]}"#).draft
}

#[test]
fn a_redaction_comes_with_the_edited_texts() {
    let edit = Edit { part: 1, start: 5, end: 9, replacement: "[card]".to_owned() };
    let runs = vec![run("a", verdict(Decision::Allow, vec![])), run("b", verdict(Decision::Redact, vec![edit]))];
    insta::assert_snapshot!(show(&decided(&draft(), runs, true)), @r#"
    200
    x-parapet-decision: redact
    x-parapet-decision-id: 00000000-0000-0000-0000-000000000000
    x-parapet-guard-set: set:ab

    {"decision":"redact","reason_code":"pii_found","message":"a card number","details":{"n":1},"code":null,"edits":[{"part":1,"start":5,"end":9,"replacement":"[card]"}],"texts":[{"part":1,"pointer":"/parts/1/text","text":"card [card]"}],"outcomes":[{"guard":"a","guard_hash":"guard:00","mode":"enforce","outcome":"allow","reason_code":"","message":"","fuel_used":10,"duration_us":20},{"guard":"b","guard_hash":"guard:00","mode":"enforce","outcome":"redact","reason_code":"pii_found","message":"a card number","fuel_used":10,"duration_us":20}],"decision_id":"00000000-0000-0000-0000-000000000000","guard_set":"set:ab","inspected":["/parts/0/text","/parts/1/text"],"not_inspected":[{"pointer":"/x","reason":"image"}]}
    "#);
}

#[test]
fn a_denial_is_an_answer_and_gives_no_text_away() {
    let edit = Edit { part: 1, start: 5, end: 9, replacement: "[card]".to_owned() };
    let runs = vec![run("a", verdict(Decision::Redact, vec![edit])), run("b", verdict(Decision::Deny, vec![]))];
    insta::assert_snapshot!(show(&decided(&draft(), runs, false)), @r#"
    200
    x-parapet-decision: deny
    x-parapet-decision-id: 00000000-0000-0000-0000-000000000000
    x-parapet-guard-set: set:ab

    {"decision":"deny","reason_code":"pii_found","message":"a card number","details":null,"code":"content_filter","edits":[],"texts":[],"outcomes":[{"guard":"a","guard_hash":"guard:00","mode":"enforce","outcome":"redact","reason_code":"pii_found","message":"a card number","fuel_used":10,"duration_us":20},{"guard":"b","guard_hash":"guard:00","mode":"enforce","outcome":"deny","reason_code":"pii_found","message":"a card number","fuel_used":10,"duration_us":20}],"decision_id":"00000000-0000-0000-0000-000000000000","guard_set":"set:ab","inspected":["/parts/0/text","/parts/1/text"],"not_inspected":[{"pointer":"/x","reason":"image"}]}
    "#);
}

#[test]
fn a_question_is_a_202_and_an_outage_a_503() {
    let asked = decided(&draft(), vec![run("a", verdict(Decision::Ask, vec![]))], false);
    assert_eq!(asked.status, 202);
    assert!(asked.headers.contains(&("location", "/v1/approvals/0199".to_owned())));
    let failed = |kind| run("a", Outcome::Failure(Failure { kind, message: "secret particulars".to_owned() }));
    let busy = decided(&draft(), vec![failed(FailureKind::NoCapacity)], false);
    assert_eq!(busy.status, 503);
    assert!(busy.headers.contains(&("retry-after", "1".to_owned())));
    let broken = decided(&draft(), vec![failed(FailureKind::OutOfFuel)], true);
    let body: Value = serde_json::from_slice(&broken.body).unwrap();
    assert_eq!((broken.status, &body["decision"], &body["code"]), (200, &json!("deny"), &json!("guardrail_failed")));
    assert!(!String::from_utf8(broken.body).unwrap().contains("secret"));
}
