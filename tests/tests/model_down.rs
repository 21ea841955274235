//! A sidecar whose model server is away: guards with code of their own never notice, and a guard that needs code for each event fails closed.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

use std::io::Write as _;
use std::path::Path;

use parapet_tests::upstream::Upstream;
use parapet_tests::world::World;
use serde_json::{Value, json};

const PER_EVENT: &str = r#"id = "per-event"
title = "Polite answers"
request = "Refuse impolite questions."
agent = "Any agent that answers people."
stages = ["input"]
per_event = true
[budget]
fuel = 50_000_000
memory_bytes = 16_777_216
deadline_ms = 2_000
output_bytes = 65_536
"#;

const TESTS: &str = r#"{"description": "polite", "event": {"stage": "input", "text": "Good day."}, "expect": {"verdict": "allow"}}
{"description": "impolite", "event": {"stage": "input", "text": "Oi."}, "expect": {"verdict": "deny"}}
"#;

const SET: &str = r#"[[guard]]
id = "forbidden-word"
[[guard]]
id = "per-event"
match = { agents = ["polite"] }
"#;

fn write_guards(guards: &Path) {
    let folder = guards.join("per-event");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("guard.toml"), PER_EVENT).unwrap();
    std::fs::write(folder.join("tests.jsonl"), TESTS).unwrap();
    std::fs::write(folder.join("plan.md"), "# Plan\n").unwrap();
    std::fs::write(guards.join("set.toml"), SET).unwrap();
}

fn configure(world: &World, model_server: std::net::SocketAddr) {
    let mut config = std::fs::OpenOptions::new().append(true).open(world.config()).unwrap();
    let more = format!(
        r#"[[route]]
name = "polite"
path = "/polite"
surface = "openai_chat"
upstream = "model"
upstream_path = "/v1/chat/completions"
principal = "optional"
[model]
base_url = "http://{model_server}/v1"
model = "m"
retries = 0
"#
    );
    config.write_all(more.as_bytes()).unwrap();
}

fn question(text: &str) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
}

#[tokio::test]
async fn only_a_guard_that_has_no_code_of_its_own_needs_the_model() {
    let agent = Upstream::saying("Good day.").await.unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let world = World::new(agent.address).unwrap();
    write_guards(&world.path("guards"));
    configure(&world, nobody);
    let sidecar = world.start().unwrap();

    for (text, status) in [("When do you open?", 200), ("a forbidden thing", 400)] {
        let answer = sidecar.client.post("/v1/chat/completions", &[], &question(text)).await.unwrap();
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(agent.received().len(), 1);

    let answer = sidecar.client.post("/polite", &[], &question("When do you open?")).await.unwrap();
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json().unwrap().pointer("/error/reason_code").unwrap(), "guard_not_generated");
    assert_eq!(agent.received().len(), 1, "what could not be judged went on");
}

#[tokio::test]
async fn a_model_server_that_is_there_is_asked_by_nothing_else() {
    let agent = Upstream::saying("Good day.").await.unwrap();
    let model_server = Upstream::saying("never asked").await.unwrap();
    let world = World::new(agent.address).unwrap();
    write_guards(&world.path("guards"));
    configure(&world, model_server.address);
    let sidecar = world.start().unwrap();
    for _ in 0..3 {
        let answer = sidecar.client.post("/v1/chat/completions", &[], &question("When do you open?")).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(model_server.received().is_empty(), "a check called the model");
}
