//! `parapet memory` as its users call it: what enters, what is refused and with which exit code, what is recalled.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that panics fails its test")]

use std::path::Path;

use parapet_tests::command::{Done, run};
use parapet_tests::upstream::Upstream;
use parapet_tests::world::World;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a store of its own.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.path("parapet.db"))
    }

    /// Writes a file and gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    /// A new guard from the template, whose two tests pass.
    fn guard(&self) -> String {
        let dir = self.0.path().display().to_string();
        let made = run(&["guard", "new", "no-internal-words", "--dir", &dir]).unwrap();
        assert_eq!(made.code, 0, "{}", made.err);
        self.path("no-internal-words")
    }

    fn memory(&self, arguments: &[&str]) -> Done {
        run(&[&["memory"], arguments, &["--store", &self.store()]].concat()).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let done = self.memory(&[arguments, &["--json"]].concat());
        assert_eq!(done.code, 0, "{arguments:?}: {}", done.err);
        json_of(&done.out)
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_guard_is_added_listed_shown_recalled_and_forgotten() {
    let desk = Desk::new();
    let guard = desk.guard();
    let added = desk.json(&["add", "--guard", &guard, "--by", "ann"]);
    let id = added["id"].as_str().unwrap();
    assert_eq!(added["new"], true);
    let again = desk.json(&["add", "--guard", &guard, "--by", "ben"]);
    assert_eq!((again["id"].as_str(), &again["new"]), (Some(id), &json!(false)));

    let listed = desk.json(&["list"]);
    assert_eq!((listed["cases"].as_array().unwrap().len(), &listed["cases"][0]["id"]), (1, &json!(id)));
    let shown = desk.json(&["show", id]);
    assert_eq!(shown["evidence"], json!({ "kind": "approved", "by": "ann", "tests_passed": 2 }));
    assert_eq!((&shown["guard"], &shown["verdict"]), (&json!("no-internal-words"), &json!("deny")));
    assert!(shown["code"].as_str().unwrap().contains("fn check(event)"), "{shown}");
    let text = desk.memory(&["show", id]).out;
    assert!(text.contains("approved by ann") && text.contains("2 tests passed"), "{text}");

    let agent = desk.file("agent.txt", "An agent that answers customers.\n");
    let request = desk.file("request.txt", &format!("{}\n", shown["request"].as_str().unwrap()));
    let recalled = desk.json(&["recall", "--agent", &agent, "--request", &request, "--k", "2"]);
    assert_eq!(recalled.as_array().unwrap().len(), 2);
    assert_eq!((&recalled[0]["case"]["id"], &recalled[0]["distance"]), (&json!(id), &json!(0.0)));

    assert_eq!(desk.json(&["forget", id]), json!({ "forgotten": id }));
    assert_eq!(desk.json(&["list"])["cases"], json!([]));
    let gone = desk.memory(&["forget", id]);
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains(&format!("there is no case `{id}`")), "{}", gone.err);
}

#[test]
fn a_guard_with_a_failing_test_is_no_example() {
    let desk = Desk::new();
    let guard = desk.guard();
    std::fs::write(Path::new(&guard).join("guard.rhai"), "fn check(event) { allow() }\n").unwrap();
    let done = desk.memory(&["add", "--guard", &guard, "--by", "ann"]);
    assert_eq!(done.code, 4, "{}{}", done.out, done.err);
    assert!(done.err.contains("1 of 2 tests of guard `no-internal-words` failed, so it is no example"), "{}", done.err);
    assert!(!Path::new(&desk.path("parapet.db")).exists(), "a refused guard made a store");

    std::fs::write(Path::new(&guard).join("guard.rhai"), "fn check(event) { nothing() }\n").unwrap();
    assert_eq!(desk.memory(&["add", "--guard", &guard, "--by", "ann"]).code, 4);
    let missing = desk.memory(&["add", "--guard", &desk.path("none"), "--by", "ann"]);
    assert!(missing.err.contains("give the folder of a guard"), "{}", missing.err);
    assert_eq!(desk.memory(&["add", "--guard", &guard]).code, 2, "nobody approved it");
}

#[test]
fn an_event_of_ones_own_gets_the_verdict_that_the_guard_gives_it() {
    let desk = Desk::new();
    let guard = desk.guard();
    let event = desk.file(
        "event.json",
        r#"{"stage": "output", "parts": [{"role": "user", "text": "When do you open?"}, {"text": "At nine."}]}"#,
    );
    let added = desk.json(&["add", "--guard", &guard, "--by", "ann", "--event", &event]);
    let shown = desk.json(&["show", added["id"].as_str().unwrap()]);
    assert_eq!(
        (&shown["input"], &shown["output"], &shown["verdict"]),
        (&json!("When do you open?"), &json!("At nine."), &json!("allow"))
    );
    let other = desk.file("event.json", r#"{"stage": "tool_result", "text": "x"}"#);
    let done = desk.memory(&["add", "--guard", &guard, "--by", "ann", "--event", &other]);
    assert!(done.err.contains("does not judge the stage `tool_result`; give an event of a stage"), "{}", done.err);
    let broken = desk.file("event.json", "{");
    let done = desk.memory(&["add", "--guard", &guard, "--by", "ann", "--event", &broken]);
    assert!(done.err.contains("is not acceptable JSON"), "{}", done.err);
}

#[test]
fn the_seeds_are_there_without_any_store() {
    let desk = Desk::new();
    let seeds = desk.json(&["list", "--seeds"]);
    assert!(seeds["cases"].as_array().unwrap().len() >= 12);
    let shown = desk.memory(&["show", "seed:shop-refunds"]);
    assert!(shown.out.contains("part of parapet") && shown.out.contains("fn check(event)"), "{}", shown.out);
    let agent = desk.file("agent.txt", "A shop.");
    let request = desk.file("request.txt", "Refunds up to 20 euros are paid at once, higher ones need approval.");
    let recalled = desk.json(&["recall", "--agent", &agent, "--request", &request]);
    assert_eq!(recalled[0]["case"]["id"], "seed:shop-refunds");
    let kept = desk.memory(&["recall", "--agent", &agent, "--request", &request]);
    assert!(kept.out.contains("seed:shop-refunds"), "{}", kept.out);
    assert!(!Path::new(&desk.path("parapet.db")).exists());

    for (arguments, message) in [
        (&["list"][..], "there is no store at"),
        (&["show", "seed:none"], "there is no case `seed:none`"),
        (&["show", "0198c2a1-7d3e-7a10-9c55-0242ac120002"], "there is no store at"),
    ] {
        let done = desk.memory(arguments);
        assert_eq!(done.code, 1, "{arguments:?}: {}", done.err);
        assert!(done.err.contains(message), "{arguments:?}: {}", done.err);
    }
    let done = desk.memory(&["show", "seven"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("write a UUID or seed:NAME"), "{}", done.err);
}

#[tokio::test]
async fn feedback_turns_a_decision_of_the_log_into_a_case() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let config = std::fs::read_to_string(world.config()).unwrap();
    let storing = config.replacen("name = \"chat\"\n", "name = \"chat\"\nstore_content = true\n", 1);
    std::fs::write(world.config(), storing).unwrap();
    let sidecar = world.start().unwrap();
    for text in ["hello there", "forbidden"] {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": text }] });
        sidecar.client.post("/v1/chat/completions", &[], &body).await.unwrap();
    }
    let store = format!("sqlite:{}", world.path("parapet.db").display());
    let log = |more: &[&str]| {
        let done = run(&[&["audit", "query", "--store", &store, "--json"], more].concat()).unwrap();
        json_of(&done.out)["records"].clone()
    };
    let memory = |arguments: &[&str]| run(&[&["memory"], arguments, &["--store", &store]].concat()).unwrap();

    // What passed is in the log with its content: an answer comes with what was asked.
    let answered = log(&["--stage", "output"])[0]["id"].as_str().unwrap().to_owned();
    let done = memory(&["feedback", "--decision", &answered, "--right", "--by", "ben", "--note", "fine", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let id = json_of(&done.out)["id"].as_str().unwrap().to_owned();
    let shown = json_of(&memory(&["show", &id, "--json"]).out);
    assert_eq!((&shown["input"], &shown["output"]), (&json!("hello there"), &json!("yes")));
    assert_eq!((&shown["guard"], &shown["evidence"]["right"]), (&json!("forbidden-word"), &json!(true)));
    assert!(shown["code"].as_str().unwrap().contains("forbidden_word"), "{shown}");

    // What was refused is not, so that its text has to be given.
    let refused = log(&["--decision", "deny"])[0]["id"].as_str().unwrap().to_owned();
    let done = memory(&["feedback", "--decision", &refused, "--wrong", "--by", "ben"]);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("give `--input FILE` (what the user asked) yourself"), "{}", done.err);
    let input = world.path("input.txt");
    std::fs::write(&input, "forbidden\n").unwrap();
    let input = input.display().to_string();
    let done = memory(&["feedback", "--decision", &refused, "--wrong", "--by", "ben", "--input", &input]);
    assert_eq!(done.code, 0, "{}", done.err);
    let listed = memory(&["list"]).out;
    assert!(listed.contains("wrong, says ben") && listed.contains("right, says ben"), "{listed}");
    let done = memory(&["feedback", "--decision", &refused, "--right", "--by", "ann", "--input", &input]);
    assert!(done.err.contains("there is other feedback on decision"), "{}", done.err);

    for (arguments, code) in [
        (&["feedback", "--decision", &refused, "--by", "ben"][..], 2),
        (&["feedback", "--decision", &refused, "--right", "--wrong", "--by", "ben"], 2),
        (&["feedback", "--decision", "0198c2a1-7d3e-7a10-9c55-0242ac120002", "--right", "--by", "ben"], 1),
    ] {
        assert_eq!(memory(arguments).code, code, "{arguments:?}");
    }
}

#[test]
fn help_of_every_command_has_an_example() {
    for command in ["list", "show", "add", "forget", "feedback", "recall"] {
        let done = run(&["memory", command, "--help"]).unwrap();
        assert_eq!(done.code, 0, "{command}: {}", done.err);
        assert!(done.out.contains("Example") && done.out.contains("--json"), "{command}:\n{}", done.out);
    }
}
