//! What a guard with the SDK reads and answers, without a host.

use parapet_sdk::{
    Event, Json, Verdict,
    event::{Origin, PartKind, Stage},
    guard::judge,
    json,
    tools::{Found, find_pii},
    verdict::Edit,
};

fn event(change: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut event = json!({
        "version": "event/1", "id": "a", "exchange_id": "b", "sequence": 0, "at": "2026-01-02T03:04:05.000000Z", "zone": "UTC",
        "tenant": "default", "stage": "output", "surface": "check", "route": "r", "agent": "a", "principal": null,
        "session": null,
        "parts": [{
            "kind": "text", "role": "assistant", "origin": "model", "name": null, "tool": null, "call_id": null,
            "choice": null, "media_type": "text/plain", "pointer": "/text", "offset": 0, "final": true, "text": "hello",
            "json": null
        }]
    });
    change(&mut event);
    event.to_string().into_bytes()
}

fn answer(verdict: Verdict) -> Json {
    let bytes = judge(&event(|_| {}), |_: &Event| verdict);
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[test]
fn a_guard_sees_the_whole_event() {
    let input = event(|event| event["principal"] = json!({"id": "u", "roles": ["nurse"], "attributes": {"age": 3}}));
    judge(&input, |event: &Event| {
        assert_eq!(event.stage, Stage::Output);
        assert_eq!(event.parts[0].text, "hello");
        assert_eq!(event.principal.as_ref().unwrap().roles, ["nurse"]);
        assert_eq!(event.principal.as_ref().unwrap().attributes["age"], 3);
        Verdict::allow()
    });
}

#[test]
fn words_and_fields_of_a_later_host_do_not_break_a_guard() {
    let input = event(|event| {
        event["stage"] = json!("rehearsal");
        event["new_field"] = json!(1);
        event["parts"][0]["kind"] = json!("hologram");
        event["parts"][0]["origin"] = json!("dream");
    });
    judge(&input, |event: &Event| {
        assert_eq!(event.stage, Stage::Other);
        assert_eq!(event.parts[0].kind, PartKind::Other);
        assert_eq!(event.parts[0].origin, Origin::Other);
        Verdict::allow()
    });
}

#[test]
fn verdicts_have_the_form_of_the_interface() {
    assert_eq!(answer(Verdict::allow()), json!({"verdict": "allow"}));
    assert_eq!(
        answer(Verdict::deny("too_much", "no").with_details(json!({"n": 1}))),
        json!({"verdict": "deny", "reason_code": "too_much", "message": "no", "details": {"n": 1}})
    );
    let edit = Edit { part: 0, start: 1, end: 2, replacement: "x".into() };
    assert_eq!(
        answer(Verdict::redact("r", "m", vec![edit])),
        json!({"verdict": "redact", "reason_code": "r", "message": "m",
               "edits": [{"part": 0, "start": 1, "end": 2, "replacement": "x"}]})
    );
    assert_eq!(answer(Verdict::ask("r", "m"))["verdict"], "ask");
}

#[test]
fn a_redaction_without_edits_passes() {
    assert_eq!(answer(Verdict::redact("r", "m", Vec::new())), json!({"verdict": "allow"}));
}

#[test]
#[should_panic(expected = "the guard failed")]
fn an_event_that_is_not_understood_fails_the_guard() {
    judge(b"{}", |_: &Event| Verdict::allow());
}

#[test]
#[should_panic(expected = "the guard failed")]
fn a_tool_without_an_answer_fails_the_guard() {
    judge(&event(|_| {}), |event: &Event| find_pii(&event.parts[0].text).map(|_| Verdict::allow()));
}

#[test]
fn findings_of_every_finder_have_one_form() {
    for name in ["type", "name", "phrase"] {
        let found: Found = serde_json::from_value(json!({name: "x", "start": 0, "end": 1, "text": "a"})).unwrap();
        assert_eq!((found.name.as_str(), found.score), ("x", None));
    }
}
