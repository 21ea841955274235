//! Guards that judge each part by itself: what they see, what names the parts that they allowed, and whether they keep their word.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's own helpers fail by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{
    Edit, Event, History, Match, Mode, OnError, Origin, Outcome, Part, PartKind, Principal, Role, Stage, Surface,
    Timestamp,
};
use parapet_judge::{
    EventDefaults, Guard, GuardFiles, GuardSet, GuardSource, Judge, Manifest, PartKey, PartKeys, Parts, SetEntry,
    SetFiles, event_from_partial, part_by_part, run_tests, test_event,
};
use parapet_test_sandbox::shared;
use serde_json::{Value, json};
use uuid::Uuid;

const MANIFEST: &str = r#"id = "ID"
title = "t"
request = "r"
stages = ["input", "tool_result"]
PARTS
[budget]
fuel = 20_000_000
memory_bytes = 4_194_304
deadline_ms = 5_000
output_bytes = 65_536
"#;

/// Refuses `bad`, blots out `secret`, and names what it sees besides in the details of a question.
const WORDS: &str = r#"fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        if part.text.contains("bad") { return deny("bad_word", "no"); }
        let at = part.text.index_of("secret");
        if at >= 0 { edits.push(edit(n, at, at + 6, "***")); }
    }
    if edits.is_empty() { allow() } else { redact("secret", "blotted out", edits) }
}"#;

fn manifest(id: &str, parts: &str) -> String {
    MANIFEST.replace("ID", id).replace("PARTS", parts)
}

fn guard(id: &str, parts: &str, code: &str, tests: &str) -> Arc<Guard> {
    let files =
        [("guard.toml", manifest(id, parts)), ("guard.rhai", code.to_owned()), ("tests.jsonl", tests.to_owned())];
    let files = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let source = GuardSource::parse(&GuardFiles { name: id.to_owned(), files, tools: Arc::default() }).unwrap();
    Arc::new(Guard::build(&shared(), source).unwrap())
}

fn set(guards: &[&Arc<Guard>]) -> Arc<GuardSet> {
    let entry = |guard: &&Arc<Guard>| SetEntry {
        guard: Arc::clone(guard),
        matching: Match::default(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        budget: guard.source.manifest.budget,
    };
    Arc::new(GuardSet::new(guards.iter().map(entry).collect()).unwrap())
}

fn event(texts: &[&str]) -> Event {
    let parts: Vec<Value> = texts.iter().map(|text| json!({"text": text, "role": "user"})).collect();
    let defaults =
        EventDefaults { stage: Stage::Input, agent: "a".to_owned(), at: Timestamp::from_micros(9), id: Uuid::max() };
    let principal = json!({"id": "ann", "roles": ["nurse"], "attributes": {"age": 30}});
    event_from_partial(&json!({"parts": parts, "session": "s", "principal": principal}), &defaults).unwrap()
}

fn key(set: &GuardSet, event: &Event) -> PartKey {
    PartKeys::new(&[1; 32], set, event).unwrap().of(&event.parts[0]).unwrap()
}

/// What is changed, and how.
type Change = (&'static str, fn(&mut Event));

#[test]
fn whatever_such_a_guard_can_see_is_in_the_key() {
    let set = set(&[&guard("g", "parts = \"each\"", WORDS, "")]);
    let base = event(&["hello"]);
    let changes: [Change; 25] = [
        ("tenant", |e| e.tenant.push('x')),
        ("stage", |e| e.stage = Stage::ToolResult),
        ("surface", |e| e.surface = Surface::OpenaiChat),
        ("route", |e| e.route.push('x')),
        ("agent", |e| e.agent.push('x')),
        ("zone", |e| e.zone.push('x')),
        ("session", |e| e.session = Some("t".to_owned())),
        ("no session", |e| e.session = None),
        ("no principal", |e| e.principal = None),
        ("principal", |e| principal(e).id.push('x')),
        ("roles", |e| principal(e).roles.push("admin".to_owned())),
        ("attributes", |e| drop(principal(e).attributes.insert("age".to_owned(), json!(31)))),
        ("how it was proved", |e| principal(e).authenticated_by = AuthenticatedBy::Jwt),
        ("kind", |e| e.parts[0].kind = PartKind::ToolResult),
        ("role", |e| e.parts[0].role = Role::Assistant),
        ("origin", |e| e.parts[0].origin = Origin::Tool),
        ("name", |e| e.parts[0].name = Some("n".to_owned())),
        ("tool", |e| e.parts[0].tool = Some("n".to_owned())),
        ("call", |e| e.parts[0].call_id = Some("n".to_owned())),
        ("choice", |e| e.parts[0].choice = Some(0)),
        ("media type", |e| e.parts[0].media_type.push('x')),
        ("offset", |e| e.parts[0].offset = 1),
        ("final", |e| e.parts[0].is_final = false),
        ("text", |e| e.parts[0].text.push(' ')),
        ("json", |e| e.parts[0].json = Some(json!("hello"))),
    ];
    let mut keys = BTreeSet::from([key(&set, &base)]);
    for (what, change) in changes {
        let mut changed = base.clone();
        change(&mut changed);
        assert!(keys.insert(key(&set, &changed)), "{what}");
    }
    // What differs from one request to the next is not, and such a guard cannot see it.
    let mut again = base.clone();
    (again.id, again.exchange_id, again.sequence, again.at) = (Uuid::nil(), Uuid::nil(), 7, Timestamp::from_micros(77));
    again.parts[0].pointer = "/messages/7/content".to_owned();
    again.parts.push(again.parts[0].clone());
    again.history = Some(Box::new(History::default()));
    assert!(!keys.insert(key(&set, &again)));
}

fn principal(event: &mut Event) -> &mut Principal {
    event.principal.as_mut().unwrap()
}

#[test]
fn another_secret_or_another_guard_set_gives_other_keys() {
    let (one, base) = (set(&[&guard("g", "parts = \"each\"", WORDS, "")]), event(&["hello"]));
    let other_code = set(&[&guard("g", "parts = \"each\"", &format!("{WORDS}\n"), "")]);
    let other_facts = set(&[&guard("g", "parts = \"each\"\n[facts]\nlimit = 1\n", WORDS, "")]);
    let mut keys = BTreeSet::from([key(&one, &base), key(&other_code, &base), key(&other_facts, &base)]);
    keys.insert(PartKeys::new(&[2; 32], &one, &base).unwrap().of(&base.parts[0]).unwrap());
    assert_eq!(keys.len(), 4);
    let together = set(&[&guard("g", "", WORDS, "")]);
    assert!(PartKeys::new(&[1; 32], &together, &base).is_none(), "nobody judges part by part");
}

#[test]
fn nothing_can_be_shifted_from_one_field_to_the_next() {
    let set = set(&[&guard("g", "parts = \"each\"", WORDS, "")]);
    let labelled = |name: &str, tool: &str, text: &str| {
        let mut event = event(&[text]);
        (event.parts[0].name, event.parts[0].tool) = (Some(name.to_owned()), Some(tool.to_owned()));
        event
    };
    let framed = |agent: &str, session: &str| Event {
        agent: agent.to_owned(),
        session: Some(session.to_owned()),
        ..event(&["hello"])
    };
    let pairs = [
        (labelled("ab", "c", "d"), labelled("a", "bc", "d")),
        (labelled("a", "b", "cd"), labelled("a", "bc", "d")),
        (labelled("a", "\",\"text\":\"b", "c"), labelled("a", "", "b\",\"text\":\"c")),
        (framed("ab", "c"), framed("a", "bc")),
        (framed("a", "\",\"x\":\"b"), framed("a\",\"x\":\"b", "")),
        // One text is the beginning of the other; the same letters in two Unicode forms; an invisible character.
        (event(&["hello"]), event(&["hello\0"])),
        (event(&["caf\u{e9}"]), event(&["cafe\u{301}"])),
        (event(&["hello"]), event(&["hel\u{200b}lo"])),
        (event(&["A"]), event(&["\u{ff21}"])),
    ];
    for (one, other) in pairs {
        assert_ne!(key(&set, &one), key(&set, &other), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn parts_that_are_known_are_left_out_for_such_guards_alone() {
    let (each, together) = (guard("each", "parts = \"each\"", WORDS, ""), guard("together", "", WORDS, ""));
    let set = set(&[&each, &together]);
    let event = Arc::new(event(&["bad", "a secret", "bad", "my secret"]));
    let judge = Judge::new(shared());
    let runs = judge.judge_rest(&set, &event, None, BTreeSet::from([0, 2])).await;
    let Outcome::Verdict(verdict) = &runs[0].outcome else { panic!("{runs:?}") };
    let edit = |part, start| Edit { part, start, end: start + 6, replacement: "***".to_owned() };
    assert_eq!(verdict.edits, [edit(1, 2), edit(3, 3)], "edits are of the whole event");
    assert!(matches!(&runs[1].outcome, Outcome::Verdict(verdict) if verdict.reason_code == "bad_word"));
    // Nothing is left to be judged, and nothing is found.
    let runs = judge.judge_rest(&set, &event, None, (0..4).collect()).await;
    assert!(matches!(&runs[0].outcome, Outcome::Verdict(verdict) if verdict.reason_code.is_empty()));
    let runs = judge.judge_after(&set, &event, None).await;
    assert!(matches!(&runs[0].outcome, Outcome::Verdict(verdict) if verdict.reason_code == "bad_word"));
}

#[test]
fn such_a_guard_sees_neither_when_nor_where() {
    let sees = r#"fn check(event) {
        let part = event.parts[0];
        deny("seen", "seen", #{ at: event.at, id: event.id, exchange: event.exchange_id, sequence: event.sequence, pointer: part.pointer })
    }"#;
    let details = |parts: &str| {
        let set = set(&[&guard("g", parts, sees, "")]);
        match Judge::new(shared()).judge_blocking(&set, &event(&["x"])).pop().unwrap().outcome {
            Outcome::Verdict(verdict) => verdict.details,
            Outcome::Failure(failure) => panic!("{failure:?}"),
        }
    };
    let nil = Uuid::nil().to_string();
    let unplaced =
        json!({"at": Timestamp::from_micros(0).to_string(), "id": nil, "exchange": nil, "sequence": 0, "pointer": ""});
    assert_eq!(details("parts = \"each\""), unplaced);
    assert_eq!(details("")["pointer"], "/parts/0");
}

#[test]
fn a_guard_that_reads_more_than_the_part_cannot_judge_it_by_itself() {
    let complaint =
        |more: &str| Manifest::parse("g", &manifest("g", &format!("parts = \"each\"\n{more}"))).unwrap_err();
    assert!(complaint("session = [\"calls\"]").contains("leave out `parts` or `session`"));
    assert!(complaint("per_event = true").contains("leave out `parts` or `per_event`"));
    assert!(complaint("parts = \"some\"").contains("parts"));
}

#[test]
fn a_guard_that_looks_at_several_parts_is_found_by_its_tests() {
    let tests = r#"{"description": "one half", "event": {"parts": [{"text": "open the"}]}, "expect": {"verdict": "allow"}}
{"description": "the other", "event": {"parts": [{"text": "safe"}]}, "expect": {"verdict": "allow"}}
"#;
    let joins = r#"fn check(event) {
        let all = "";
        for part in event.parts { all += part.text + " "; }
        if all.contains("open the safe") { deny("safe", "no") } else { allow() }
    }"#;
    let first_only = r#"fn check(event) { if event.parts[0].text == "safe" && event.parts.len() > 1 { deny("x", "x") } else { allow() } }"#;
    let differences = |code: &str| {
        let reports = run_tests(&shared(), &guard("g", "parts = \"each\"", code, tests));
        reports.into_iter().filter_map(|report| report.difference).collect::<Vec<_>>()
    };
    assert_eq!(
        differences(joins),
        [
            "`parts = \"each\"`, but the guard says `deny` (safe) of the parts together and `allow` of them one by one; leave `parts` out, or judge each part by itself"
        ]
    );
    assert!(differences(WORDS).is_empty());
    assert!(differences(first_only).is_empty(), "tests are no proof");
}

/// Every part of every test of the bundled guards, mixed: thousands of texts that some guard has something to say about.
#[test]
fn bundled_guards_that_say_so_judge_each_part_by_itself() {
    let guards: Vec<Guard> = SetFiles::bundled()
        .guards
        .iter()
        .map(|files| Guard::build(&shared(), GuardSource::parse(files).unwrap()).unwrap())
        .collect();
    let tests = guards.iter().flat_map(|guard| guard.source.tests.iter().map(|test| (&guard.source.manifest, test)));
    let events: Vec<Event> = tests.map(|(manifest, test)| test_event(manifest, test).unwrap()).collect();
    let parts: Vec<Part> = events.iter().flat_map(|event| event.parts.clone()).collect();
    let each: Vec<&Guard> = guards.iter().filter(|guard| guard.source.manifest.parts == Parts::Each).collect();
    let ids: Vec<&str> = each.iter().map(|guard| guard.source.manifest.id.as_str()).collect();
    assert_eq!(ids, ["pii-redact", "prompt-injection", "secrets-deny", "tool-allowlist"]);
    // A step that has no divisor in common with their number comes by all of them.
    let step = (7..).find(|step| gcd(*step, parts.len()) == 1).unwrap();
    for guard in each {
        let of_stage = events.iter().find(|event| guard.source.manifest.stages.contains(&event.stage)).unwrap();
        for n in 0..MIXED {
            let mixed = (0..=n % 5).map(|m| parts[(n * 5 + m) * step % parts.len()].clone()).collect();
            let event = Event { parts: mixed, ..of_stage.clone() };
            assert_eq!(part_by_part(&shared(), guard, &event), None, "{} {event:?}", guard.source.manifest.id);
        }
    }
}

/// Events for each guard.
const MIXED: usize = 120;

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
