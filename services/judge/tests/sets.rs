//! Guard folders, sets and the judging of events.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own helpers fail by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use parapet_domain::{Decision, Mode, Outcome, Stage, Timestamp};
use parapet_judge::{
    EventDefaults, Guard, GuardFiles, GuardSet, GuardSets, GuardSource, Judge, SetFiles, Watcher, event_from_partial,
    run_tests,
};
use parapet_test_sandbox::shared;
use serde_json::json;

const MANIFEST: &str = r#"id = "ID"
title = "No forbidden words"
request = "Nobody may say the forbidden word"
stages = ["input"]

[facts]
word = "forbidden"

[budget]
fuel = 10_000_000
memory_bytes = 4_194_304
deadline_ms = 2_000
output_bytes = 4_096
"#;
const SCRIPT: &str = r#"fn check(event) {
    for part in event.parts {
        if part.text.contains(facts.word) { return deny("forbidden_word", "that word is forbidden"); }
    }
    allow()
}"#;
const TESTS: &str = r#"{"description": "the word is denied", "event": {"text": "a forbidden word"}, "expect": {"verdict": "deny", "reason_code": "forbidden_word"}}
{"description": "other words pass", "event": {"text": "hello"}, "expect": {"verdict": "allow"}}
"#;

fn write_guard(dir: &Path, id: &str) {
    let guard = dir.join(id);
    fs::create_dir_all(&guard).unwrap();
    fs::write(guard.join("guard.toml"), MANIFEST.replace("ID", id)).unwrap();
    fs::write(guard.join("guard.rhai"), SCRIPT).unwrap();
    fs::write(guard.join("tests.jsonl"), TESTS).unwrap();
}

fn event(text: &str, agent: &str) -> Arc<parapet_domain::Event> {
    let defaults = EventDefaults {
        stage: Stage::Input,
        agent: agent.to_owned(),
        at: Timestamp::from_micros(0),
        id: uuid::Uuid::nil(),
    };
    Arc::new(event_from_partial(&json!({ "text": text }), &defaults).unwrap())
}

fn decisions(set: &GuardSet, event: &parapet_domain::Event) -> Vec<(String, Decision)> {
    let runs = Judge::new(shared()).judge_blocking(set, event);
    let decision = |outcome: &Outcome| match outcome {
        Outcome::Verdict(verdict) => verdict.decision,
        Outcome::Failure(failure) => panic!("{failure:?}"),
    };
    runs.iter().map(|run| (run.guard.clone(), decision(&run.outcome))).collect()
}

#[test]
fn a_folder_becomes_a_set_that_judges() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "words");
    let sets = GuardSets::load(shared(), Some(dir.path())).unwrap();
    let set = sets.current();
    assert_eq!(decisions(&set, &event("a forbidden word", "any")), [("words".to_owned(), Decision::Deny)]);
    assert_eq!(decisions(&set, &event("hello", "any")), [("words".to_owned(), Decision::Allow)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn judging_off_the_workers_agrees_with_judging_in_place_for_small_and_large_events() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["a", "b", "c"] {
        write_guard(dir.path(), id);
    }
    let set = GuardSets::load(shared(), Some(dir.path())).unwrap().current();
    for text in ["hello".to_owned(), "forbidden".to_owned(), "x ".repeat(40_000)] {
        let event = event(&text, "any");
        let runs = Judge::new(shared()).judge(&set, &event).await;
        let names: Vec<&str> = runs.iter().map(|run| run.guard.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let in_place = Judge::new(shared()).judge_blocking(&set, &event);
        let outcomes =
            |runs: &[parapet_domain::GuardRun]| runs.iter().map(|run| run.outcome.clone()).collect::<Vec<_>>();
        assert_eq!(outcomes(&runs), outcomes(&in_place));
    }
}

#[test]
fn the_set_file_decides_order_mode_and_match_and_changes_the_set_but_not_the_guard() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "first");
    write_guard(dir.path(), "second");
    let sets = GuardSets::load(shared(), Some(dir.path())).unwrap();
    let before = sets.current();
    let set_file = r#"
[[guard]]
id = "second"
match = { agents = ["web"] }
[[guard]]
id = "first"
mode = "shadow"
"#;
    fs::write(dir.path().join("set.toml"), set_file).unwrap();
    assert!(sets.reload().unwrap());
    let after = sets.current();
    assert_ne!(before.hash, after.hash);
    assert_eq!(before.entry("first").unwrap().guard.source.hash, after.entry("first").unwrap().guard.source.hash);
    assert_eq!(after.entry("first").unwrap().mode, Mode::Shadow);
    let names =
        |agent: &str| decisions(&after, &event("hello", agent)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("web"), ["second", "first"]);
    assert_eq!(names("other"), ["first"]);
}

#[test]
fn a_broken_set_is_refused_and_the_last_good_one_keeps_enforcing() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "words");
    let sets = GuardSets::load(shared(), Some(dir.path())).unwrap();
    let good = sets.current();
    fs::write(dir.path().join("words/guard.rhai"), "fn check(event) {\n    find_it(event)\n}").unwrap();
    let error = sets.reload().unwrap_err().to_string();
    assert!(
        error.starts_with("guard `words` cannot be built:\nline 2, column 5: function `find_it` does not exist"),
        "{error}"
    );
    let status = sets.status();
    assert_eq!((status.in_force.as_str(), status.refusals), (good.hash.as_str(), 1));
    assert_eq!(status.last_error.as_deref(), Some(error.as_str()));
    assert_eq!(decisions(&sets.current(), &event("forbidden", "any"))[0].1, Decision::Deny);

    fs::write(dir.path().join("words/guard.rhai"), SCRIPT).unwrap();
    assert!(!sets.reload().unwrap(), "the folder is back at the set in force");
    assert_eq!(sets.status().last_error, None);
}

#[test]
fn a_changed_folder_is_picked_up_while_running() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "words");
    let sets = Arc::new(GuardSets::load(shared(), Some(dir.path())).unwrap());
    let first = sets.current().hash.clone();
    let (seen, reloads) = std::sync::mpsc::channel();
    let _watcher =
        Watcher::start(Arc::clone(&sets), move |sets| drop(seen.send(sets.current().hash.clone()))).unwrap().unwrap();
    write_guard(dir.path(), "more");
    // Some systems report the files one by one, so an incomplete folder may be refused first.
    let last = std::iter::from_fn(|| reloads.recv_timeout(std::time::Duration::from_secs(60)).ok())
        .find(|hash| *hash != first);
    assert_eq!(last.as_deref(), Some(sets.current().hash.as_str()));
    assert_eq!(sets.current().entries.len(), 2);
}

#[test]
fn every_fault_of_every_guard_is_reported_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["a", "b", "c", "d"] {
        write_guard(dir.path(), id);
    }
    fs::write(dir.path().join("a/guard.toml"), MANIFEST.replace("ID", "other")).unwrap();
    fs::write(dir.path().join("b/guard.toml"), format!("surprise = 1\n{}", MANIFEST.replace("ID", "b"))).unwrap();
    fs::remove_file(dir.path().join("c/guard.rhai")).unwrap();
    fs::write(dir.path().join("d/tests.jsonl"), "{\"description\": 1}").unwrap();
    let Err(error) = GuardSet::build(&shared(), &SetFiles::read(dir.path()).unwrap(), None) else { panic!() };
    let error = error.to_string();
    for expected in [
        "guard `a`: guard.toml: id `other` differs from the folder's name `a`",
        "unknown field `surprise`",
        "guard `c` has no `guard.rhai`; write it",
        "guard `d`: tests.jsonl line 1: invalid type: integer `1`",
    ] {
        assert!(error.contains(expected), "{expected}\nnot in\n{error}");
    }
}

#[test]
fn manifests_and_set_files_with_nonsense_are_refused_with_what_to_do() {
    let parse = |text: &str| parapet_judge::Manifest::parse("ID", text).unwrap_err();
    let with = |from: &str, to: &str| MANIFEST.replace("\"ID\"", "\"words\"").replace(from, to);
    let words = |text: String| parapet_judge::Manifest::parse("words", &text).unwrap_err();
    assert!(parse(MANIFEST).starts_with("id `ID` is not of the form"));
    assert!(words(with("[\"input\"]", "[]")).starts_with("`stages` is empty"));
    assert!(words(with("[\"input\"]", "[\"inputs\"]")).contains("unknown variant `inputs`"));
    assert!(words(with("[\"input\"]", "[\"input\", \"input\"]")).contains("twice"));
    assert!(words(with("10_000_000", "0")).starts_with("[budget]: `fuel` must be above 0"));
    assert!(words(with("4_194_304", "999999999")).contains("16 MiB"));
    assert!(words(with("word = \"forbidden\"", "day = 2026-01-01")).starts_with("`facts.day` is a date"));
    assert!(words(with("word = \"forbidden\"", "limit = inf")).starts_with("`facts.limit` is no finite number"));
    assert!(words(with("Nobody may say the forbidden word", " ")).starts_with("`request` is empty"));

    let set = |text: &str| parapet_judge::SetFile::parse(Some(text.as_bytes()), &["a", "b"]).unwrap_err();
    assert!(set("[[guard]]\nid = \"c\"").contains("guard `c` has no folder; there are: a, b"));
    assert!(set("[[guard]]\nid = \"a\"").contains("guard `b` has a folder but no entry"));
    assert!(set("[[guard]]\nid = \"a\"\n[[guard]]\nid = \"a\"").contains("listed twice"));
    assert!(set("[[guard]]\nid = \"a\"\nmod = \"off\"").contains("unknown field `mod`"));
}

#[test]
fn a_guard_never_vanishes_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "words");
    write_guard(dir.path(), "more");
    let sets = GuardSets::load(shared(), Some(dir.path())).unwrap();
    let manifest = dir.path().join("more/guard.toml");
    fs::remove_file(&manifest).unwrap();
    assert!(sets.reload().unwrap_err().to_string().starts_with("guard `more` has no `guard.toml`"));
    std::os::unix::fs::symlink("/no/such/file", &manifest).unwrap();
    assert!(sets.reload().unwrap_err().to_string().contains("more/guard.toml` cannot be read"));
    fs::remove_file(&manifest).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &manifest).unwrap();
    assert!(sets.reload().unwrap_err().to_string().contains("it is no regular file"));
    assert_eq!(sets.current().entries.len(), 2);
    // Polling finds the same state again and says nothing new.
    assert!(!sets.reload_if_changed().unwrap());
    assert_eq!(sets.status().refusals, 3);
}

#[test]
fn a_set_in_which_a_guard_could_never_work_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "words");
    let with = |set_file: &str| {
        fs::write(dir.path().join("set.toml"), set_file).unwrap();
        GuardSets::load(shared(), Some(dir.path())).err().unwrap().to_string()
    };
    let error = with("[[guard]]\nid = \"words\"\nmatch = { stages = [\"output\"] }");
    assert_eq!(error, "set.toml: guard `words` would never run: it judges only input; correct `match.stages`");
    let budget = "budget = { fuel = 1000000, memory_bytes = 65536, deadline_ms = 100, output_bytes = 1000 }";
    let error = with(&format!("[[guard]]\nid = \"words\"\n{budget}"));
    assert!(
        error.starts_with(
            "set.toml: guard `words` would always run out of memory: give it a `memory_bytes` of at least"
        ),
        "{error}"
    );
}

#[test]
fn an_empty_or_missing_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = GuardSets::load(shared(), Some(dir.path())).err().unwrap().to_string();
    assert!(error.contains("has no guard folder; make one with `parapet guard new`"), "{error}");
    let error = GuardSets::load(shared(), Some(&dir.path().join("nowhere"))).err().unwrap().to_string();
    assert!(error.contains("nowhere` cannot be read"), "{error}");
}

#[test]
fn a_guards_own_tests_can_fail() {
    let dir = tempfile::tempdir().unwrap();
    write_guard(dir.path(), "words");
    let wrong = r#"{"description": "wrong verdict", "event": {"text": "hello"}, "expect": {"verdict": "deny"}}
{"description": "wrong failure", "event": {"text": "hello"}, "expect": {"failure": "out_of_fuel"}}
{"description": "no event", "event": {"texts": 1}, "expect": {"verdict": "allow"}}
"#;
    fs::write(dir.path().join("words/tests.jsonl"), format!("{TESTS}{wrong}")).unwrap();
    let source = GuardSource::parse(&GuardFiles::read(&dir.path().join("words")).unwrap()).unwrap();
    let reports = run_tests(&shared(), &Guard::build(&shared(), source).unwrap());
    let differences: Vec<Option<&str>> = reports.iter().map(|report| report.difference.as_deref()).collect();
    assert_eq!(
        differences[..4],
        [None, None, Some("verdict is \"allow\", expected \"deny\""), Some("gave a verdict, expected `out_of_fuel`")]
    );
    assert!(differences[4].unwrap().starts_with("event: unknown field `texts`"));
}

#[test]
fn the_bundled_guards_build_and_pass_their_own_tests() {
    let set = GuardSet::build(&shared(), &SetFiles::bundled(), None).unwrap_or_else(|error| panic!("{error}"));
    for entry in &set.entries {
        let reports = run_tests(&shared(), &entry.guard);
        assert!(reports.len() >= 12, "{} has {} tests", entry.guard.source.manifest.id, reports.len());
        for report in reports {
            assert_eq!(report.difference, None, "{}: {}", entry.guard.source.manifest.id, report.description);
        }
    }
}
