//! What guards see of the events before, and the bundled guard that goes by it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's own helpers fail by panicking")]

use std::sync::Arc;

use parapet_domain::{Budget, FailureKind, Match, Mode, OnError, Outcome, Stage, Timestamp};
use parapet_judge::{
    EventDefaults, Guard, GuardFiles, GuardSet, GuardSource, Judge, Manifest, SetEntry, SetFiles, event_from_partial,
    past_from_partial, run_tests,
};
use parapet_test_sandbox::shared;
use serde_json::{Value, json};

fn defaults() -> EventDefaults {
    EventDefaults {
        stage: Stage::ToolCall,
        agent: "shop".to_owned(),
        at: Timestamp::from_micros(1_767_268_800_000_000),
        id: uuid::Uuid::nil(),
    }
}

/// The bundled guard with `facts` in place of those lines.
fn tool_flow(facts: &[(&str, &str)]) -> Guard {
    let bundled = SetFiles::bundled().guards.into_iter().find(|guard| guard.name == "tool-flow").unwrap();
    let mut manifest = String::from_utf8(bundled.files["guard.toml"].clone()).unwrap();
    for (from, to) in facts {
        assert!(manifest.contains(from), "{from}");
        manifest = manifest.replace(from, to);
    }
    let mut files = bundled.files.clone();
    files.insert("guard.toml", manifest.into_bytes());
    let source = GuardSource::parse(&GuardFiles { files, ..bundled }).unwrap();
    Guard::build(&shared(), source).unwrap()
}

fn set(guard: Guard) -> GuardSet {
    let budget = guard.source.manifest.budget;
    let guard = Arc::new(guard);
    let entry = SetEntry { guard, matching: Match::default(), mode: Mode::Enforce, on_error: OnError::Deny, budget };
    GuardSet::new(vec![entry]).unwrap()
}

/// The reason code, or the verdict's word where there is none.
fn said(set: &GuardSet, event: &Value) -> String {
    let past = Arc::new(past_from_partial(event, &defaults()).unwrap());
    let event = event_from_partial(event, &defaults()).unwrap();
    let run = Judge::new(shared()).judge_blocking_after(set, &event, &past).pop().unwrap();
    match run.outcome {
        Outcome::Verdict(verdict) if verdict.reason_code.is_empty() => verdict.decision.as_str().to_owned(),
        Outcome::Verdict(verdict) => verdict.reason_code,
        Outcome::Failure(failure) => failure.kind.reason_code().to_owned(),
    }
}

fn called(tool: &str, minutes_ago: i64) -> Value {
    let at = Timestamp::from_micros(1_767_268_800_000_000 - minutes_ago * 60_000_000).to_string();
    json!({"stage": "tool_call", "at": at, "parts": [{"tool": tool, "json": {}}]})
}

fn call(tool: &str, before: &[Value]) -> Value {
    json!({"stage": "tool_call", "principal": {"id": "ann"}, "parts": [{"tool": tool, "json": {}}], "before": before})
}

#[test]
fn its_own_tests_pass() {
    let failed: Vec<_> =
        run_tests(&shared(), &tool_flow(&[])).into_iter().filter(|report| report.difference.is_some()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn tools_have_limits() {
    let limits = r#"limits = [{ tools = ["refund*"], most = 3, per = "day", of = "principal" }, { tools = ["sms"], most = 1, per = "minute", of = "session" }]"#;
    let set = set(tool_flow(&[("limits = []", limits)]));
    let before = [called("refund", 30), called("refund_all", 60), called("refund", 25 * 60)];
    assert_eq!(said(&set, &call("refund", &before)), "allow");
    let before = [before.as_slice(), &[called("refund", 0)]].concat();
    assert_eq!(said(&set, &call("refund", &before)), "tool_limit_reached");
    assert_eq!(said(&set, &call("other", &before)), "allow");
    assert_eq!(said(&set, &call("sms", &[called("sms", 5)])), "allow");
    assert_eq!(said(&set, &call("sms", &[called("sms", 0)])), "tool_limit_reached");
}

#[test]
fn nothing_goes_out_after_sensitive_data_was_read() {
    let facts = [
        ("reads_sensitive = []", r#"reads_sensitive = ["read_record"]"#),
        ("sends_out = []", r#"sends_out = ["send_*"]"#),
    ];
    let set = set(tool_flow(&facts));
    assert_eq!(said(&set, &call("send_mail", &[called("read_news", 1)])), "allow");
    assert_eq!(said(&set, &call("send_mail", &[called("read_record", 1)])), "outgoing_after_sensitive_read");
    assert_eq!(said(&set, &call("read_news", &[called("read_record", 1)])), "allow");
}

#[test]
fn a_hundred_thousand_arguments_are_no_way_around_it() {
    let set = set(tool_flow(&[]));
    let event = |count: usize| {
        let many: Vec<String> = (0..count).map(|n| format!("u{n}@example.org")).collect();
        json!({"stage": "tool_call", "parts": [{"tool": "send_mail", "json": {"to": many}}], "before": [
            {"stage": "input", "text": "What is new?"}, {"stage": "tool_result", "parts": [{"tool": "read", "text": "hello"}]}]})
    };
    assert_eq!(said(&set, &event(10_000)), "value_of_unknown_origin");
    // The event itself is too large for the guard's memory then, which counts as a refusal.
    assert_eq!(said(&set, &event(100_000)), "guard_out_of_memory");
}

#[test]
fn a_guard_sees_only_what_it_declares() {
    let manifest = |session: &str| {
        format!(
            "id = \"sees\"\ntitle = \"t\"\nrequest = \"r\"\nstages = [\"tool_call\"]\n{session}\n[budget]\nfuel = 10000000\nmemory_bytes = 4194304\ndeadline_ms = 2000\noutput_bytes = 4096\n"
        )
    };
    let code = r#"fn check(event) {
        if event.history == () { return deny("nothing", "there is no history"); }
        let h = event.history;
        deny("calls_" + h.calls.len() + "_origins_" + h.origins.len() + "_counters_" + h.counters.session.len(), "seen")
    }"#;
    let guard = |session: &str| {
        let files = [("guard.toml", manifest(session)), ("guard.rhai", code.to_owned())];
        let files = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let source = GuardSource::parse(&GuardFiles { name: "sees".to_owned(), files, tools: Arc::default() });
        set(Guard::build(&shared(), source.unwrap()).unwrap())
    };
    let event = json!({"stage": "tool_call", "parts": [{"tool": "a", "json": {"x": "y"}}], "before": [called("b", 1)]});
    for (session, seen) in [
        ("", "nothing"),
        (r#"session = ["calls"]"#, "calls_1_origins_0_counters_0"),
        (r#"session = ["origins"]"#, "calls_0_origins_1_counters_0"),
        (r#"session = ["counters"]"#, "calls_0_origins_0_counters_1"),
    ] {
        assert_eq!(said(&guard(session), &event), seen, "{session}");
    }
    let stated = json!({"stage": "tool_call", "parts": [{"tool": "a", "json": {}}], "history": {"calls": [{"tool": "b"}], "counters": {"session": {"b": {"total": 1}}}}});
    assert_eq!(said(&guard(r#"session = ["calls"]"#), &stated), "calls_1_origins_0_counters_0");
    assert_eq!(said(&guard(""), &stated), "nothing");
}

#[tokio::test]
async fn a_guard_that_cannot_learn_what_came_before_fails() {
    let set = Arc::new(set(tool_flow(&[])));
    let event = Arc::new(event_from_partial(&call("send_mail", &[]), &defaults()).unwrap());
    let run = Judge::new(shared()).judge_after(&set, &event, None).await.pop().unwrap();
    assert!(matches!(run.outcome, Outcome::Failure(failure) if failure.kind == FailureKind::SessionUnavailable));
}

#[test]
fn words_are_declared_one_by_one() {
    let manifest = |rest: &str| {
        let budget = Budget { fuel: 1_000_000, memory_bytes: 4_194_304, deadline_ms: 100, output_bytes: 100 };
        let budget = toml::to_string(&budget).unwrap();
        let text =
            format!("id = \"a\"\ntitle = \"t\"\nrequest = \"r\"\nstages = [\"input\"]\n{rest}\n[budget]\n{budget}");
        Manifest::parse("a", &text).map(|_| ()).unwrap_err()
    };
    assert_eq!(
        manifest("words = { pay = [\"pay\"] }"),
        "[words] is looked up only for guards that read origins; add `origins` to `session`"
    );
    assert_eq!(
        manifest("session = [\"origins\"]\nwords = { pay = [\"pay up\"] }"),
        "`words.pay` has `pay up`, which is not one word; give single words"
    );
    assert!(manifest("session = [\"thoughts\"]").contains("unknown variant `thoughts`"));
}

#[test]
fn a_test_may_have_facts_of_its_own() {
    let source = |tests: &str| {
        let manifest = "id = \"most\"\ntitle = \"t\"\nrequest = \"r\"\nstages = [\"tool_call\"]\n[budget]\nfuel = 10000000\n\
                        memory_bytes = 4194304\ndeadline_ms = 2000\noutput_bytes = 4096\n[facts]\nmost = { pay = 0, send = 1 }\n";
        let code =
            "fn check(event) { if facts.most.pay + facts.most.send > 2 { deny(\"many\", \"m\") } else { allow() } }";
        let files = [("guard.toml", manifest), ("guard.rhai", code), ("tests.jsonl", tests)];
        let files = files.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect();
        GuardSource::parse(&GuardFiles { name: "most".to_owned(), files, tools: Arc::default() })
    };
    let test = |facts: &str, verdict: &str| {
        format!(r#"{{"description": "d", "event": {{"text": "x"}}{facts}, "expect": {{"verdict": "{verdict}"}}}}"#)
    };
    let facts = r#", "facts": {"most": {"pay": 2}}"#;
    let lines = [test("", "allow"), test(facts, "deny"), test("", "allow"), test(facts, "allow")];
    let guard = Guard::build(&shared(), source(&lines.join("\n\n")).unwrap()).unwrap();
    let differences: Vec<_> = run_tests(&shared(), &guard).into_iter().map(|report| report.difference).collect();
    let differs = Some("verdict is \"deny\", expected \"allow\"".to_owned());
    assert_eq!(differences, [None, None, None, differs]);

    let unknown = [test("", "allow"), test(r#", "facts": {"least": 2}"#, "deny")].join("\n\n");
    let error = source(&unknown).unwrap_err().to_string();
    let wanted = "line 3: `facts` has `least`, which is not in [facts] of guard.toml; give it a default there";
    assert!(error.ends_with(wanted), "{error}");
}
