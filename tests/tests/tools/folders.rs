//! Tools as folders: part of the guard set, of its hash and of its hot swap.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parapet_domain::{Decision, Outcome, Stage, Timestamp};
use parapet_judge::{EventDefaults, GuardFiles, GuardSets, GuardSource, Judge, Watcher, event_from_partial};
use parapet_test_sandbox::shared;
use serde_json::json;

use crate::fixture::{manifest, write_guard, write_tool};

const GUARD: &str =
    "fn check(event) { if is_ours(event.parts[0].text) { allow() } else { deny(\"not_ours\", \"it is not ours\") } }";
const OURS: &str = "fn is_ours(text) { text == \"ours\" }";

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_tool(dir.path(), "is_ours", &manifest("is_ours"), OURS, "");
    write_guard(dir.path(), "only-ours", &["is_ours"], GUARD, "");
    write_guard(dir.path(), "without-tools", &[], "fn check(event) { allow() }", "");
    dir
}

fn decision(sets: &GuardSets, text: &str) -> Decision {
    let defaults = EventDefaults {
        stage: Stage::Input,
        agent: "test".to_owned(),
        at: Timestamp::from_micros(0),
        id: uuid::Uuid::nil(),
    };
    let event = event_from_partial(&json!({ "text": text }), &defaults).unwrap();
    let runs = Judge::new(shared()).judge_blocking(&sets.current(), &event);
    let run = runs.iter().find(|run| run.guard == "only-ours").unwrap();
    match &run.outcome {
        Outcome::Verdict(verdict) => verdict.decision,
        Outcome::Failure(failure) => panic!("{failure:?}"),
    }
}

fn hash_of(sets: &GuardSets, id: &str) -> String {
    sets.current().entry(id).unwrap().guard.source.hash.clone()
}

fn load(dir: &Path) -> GuardSets {
    GuardSets::load(shared(), Some(dir)).unwrap()
}

#[test]
fn a_guard_of_a_folder_calls_the_tools_that_stand_beside_it() {
    let dir = folder();
    let sets = load(dir.path());
    assert_eq!((decision(&sets, "ours"), decision(&sets, "theirs")), (Decision::Allow, Decision::Deny));
    // One guard by itself finds them too.
    let source = GuardSource::parse(&GuardFiles::read(&dir.path().join("only-ours")).unwrap()).unwrap();
    assert_eq!(source.hash, hash_of(&sets, "only-ours"));
    assert_eq!(source.library.len(), 1);
}

#[test]
fn a_changed_tool_is_another_set_and_another_guard_but_not_for_guards_that_do_not_have_it() {
    let dir = folder();
    let sets = load(dir.path());
    let before = (sets.current().hash.clone(), hash_of(&sets, "only-ours"), hash_of(&sets, "without-tools"));
    write_tool(dir.path(), "is_ours", &manifest("is_ours"), "fn is_ours(text) { text == \"theirs\" }", "");
    assert!(sets.reload_if_changed().unwrap());
    assert_eq!((decision(&sets, "ours"), decision(&sets, "theirs")), (Decision::Deny, Decision::Allow));
    assert_ne!(sets.current().hash, before.0);
    assert_ne!(hash_of(&sets, "only-ours"), before.1);
    assert_eq!(hash_of(&sets, "without-tools"), before.2);
    write_tool(dir.path(), "is_ours", &manifest("is_ours"), OURS, "");
    assert!(sets.reload_if_changed().unwrap());
    assert_eq!(sets.current().hash, before.0, "the hash is of the content alone");
}

#[test]
fn a_running_watch_takes_a_changed_tool_up() {
    let dir = folder();
    let sets = Arc::new(load(dir.path()));
    let before = sets.current().hash.clone();
    let (changed, changes) = std::sync::mpsc::channel();
    let _watcher = Watcher::start(Arc::clone(&sets), move |_| changed.send(()).unwrap()).unwrap();
    write_tool(dir.path(), "is_ours", &manifest("is_ours"), "fn is_ours(text) { text == \"theirs\" }", "");
    while sets.current().hash == before {
        changes.recv_timeout(Duration::from_secs(60)).unwrap();
    }
    assert_eq!(decision(&sets, "theirs"), Decision::Allow);
}

#[test]
fn a_tool_that_no_guard_is_granted_does_not_change_the_set() {
    let dir = folder();
    let sets = load(dir.path());
    write_tool(dir.path(), "another", &manifest("another"), "fn another(text) { true }", "");
    assert!(!sets.reload_if_changed().unwrap());
    assert!(sets.status().last_error.is_none());
}

#[test]
fn a_broken_tool_refuses_the_set_and_the_last_good_one_keeps_enforcing() {
    let dir = folder();
    let sets = load(dir.path());
    let before = sets.current().hash.clone();
    let broken = [
        (
            "fn is_ours(text) { unknown(text) }",
            "tool `is_ours` cannot be built:\nline 1, column 20: function `unknown` does not exist",
        ),
        ("fn is_ours(text) {", "tool `is_ours` cannot be built:\nline 1"),
        ("fn check(event) { allow() } fn is_ours(text) { true }", "`check` is what the sandbox calls"),
    ];
    for (script, expected) in broken {
        write_tool(dir.path(), "is_ours", &manifest("is_ours"), script, "");
        let error = sets.reload_if_changed().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(error.matches("tool `is_ours`").count(), 1, "said once: {error}");
        assert_eq!(sets.status().last_error.as_deref(), Some(error.as_str()));
        assert_eq!(sets.current().hash, before);
        assert_eq!(decision(&sets, "theirs"), Decision::Deny);
    }
    std::fs::remove_dir_all(dir.path().join("tools")).unwrap();
    let error = sets.reload_if_changed().unwrap_err().to_string();
    assert!(error.contains("guard `only-ours` cannot be built:\ntool `is_ours` does not exist"), "{error}");
    assert_eq!(decision(&sets, "theirs"), Decision::Deny);
    write_tool(dir.path(), "is_ours", &manifest("is_ours"), OURS, "");
    assert!(!sets.reload_if_changed().unwrap(), "the same set as is in force");
    assert!(sets.status().last_error.is_none());
}

#[test]
fn a_manifest_that_is_not_as_documented_is_refused_with_what_to_do() {
    let dir = folder();
    let cases = [
        (manifest("is_ours").replace("doc = \"Whether", "docs = \"Whether"), "unknown field `docs`"),
        (manifest("is_ours").replace("[[args]]\n", "[[args]]\nkind = \"x\"\n"), "unknown field `kind`"),
        (manifest("is_ours").replace("type = \"string\"", "type = \"text\""), "unknown variant `text`"),
        (manifest("theirs"), "name `theirs` differs from the folder's name `is_ours`; make them the same"),
        (manifest("is_ours").replace("example = ", "example = \"\" # "), "`example` is empty"),
        (manifest("is_ours").replace("fuel = 20_000_000", "fuel = 0"), "[budget]: `fuel` must be above 0"),
        (manifest("is_ours").replace("fuel = 20_000_000\n", ""), "missing field `fuel`"),
        (manifest("is_ours").replace("name = \"text\"", "name = \"Text\""), "argument `Text` is not of the form"),
        (manifest("is_ours") + "[facts]\nday = 2026-01-01\n", "`facts.day` is a date"),
        (
            manifest("is_ours").replace("returns", "tools = [\"is_ours\"]\nreturns"),
            "tool `is_ours` cannot be granted to a tool",
        ),
    ];
    for (text, expected) in cases {
        write_tool(dir.path(), "is_ours", &text, OURS, "");
        let error = GuardSets::load(shared(), Some(dir.path())).err().unwrap().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains("tool `is_ours`"), "{error}");
    }
}

#[test]
fn a_folder_with_half_a_tool_is_an_error_and_one_with_nothing_of_a_tool_is_not() {
    let dir = folder();
    let odd = dir.path().join("tools/odd");
    std::fs::create_dir_all(&odd).unwrap();
    std::fs::write(odd.join("notes.txt"), "nothing").unwrap();
    load(dir.path());
    std::fs::write(odd.join("tool.rhai"), "fn odd() { 1 }").unwrap();
    let error = GuardSets::load(shared(), Some(dir.path())).err().unwrap().to_string();
    assert_eq!(error, "tool `odd`: the folder has no tool.toml; make a tool with `parapet tool new`");
    std::fs::write(odd.join("tool.toml"), manifest("odd")).unwrap();
    std::fs::write(odd.join("tool.wasm"), "").unwrap();
    let error = GuardSets::load(shared(), Some(dir.path())).err().unwrap().to_string();
    assert_eq!(error, "tool `odd`: the folder has both tool.rhai and tool.wasm; remove one of them");
}

#[test]
fn the_folder_of_tools_cannot_be_a_guard() {
    let dir = folder();
    write_guard(dir.path(), "tools", &[], "fn check(event) { allow() }", "");
    let error = GuardSets::load(shared(), Some(dir.path())).err().unwrap().to_string();
    assert_eq!(
        error,
        "guard `tools`: guard.toml: this is the folder of the operator's tools; give the guard another id"
    );
}
