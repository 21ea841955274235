//! The sidecar as a process, over TCP: what reaches the model, what reaches the caller, what stands in the log.
#![expect(clippy::expect_used, reason = "a helper that panics fails its test")]

use std::time::Duration;

use parapet_tests::client::Client;
use parapet_tests::sidecar::Sidecar;
use parapet_tests::upstream::Upstream;
use parapet_tests::world::World;
use serde_json::{Value, json};

fn question(text: &str) -> Value {
    json!({ "model": "m", "messages": [{ "role": "user", "content": text }] })
}

#[tokio::test]
async fn an_allowed_answer_comes_back_as_the_model_wrote_it() {
    let model = Upstream::saying("We open at nine.").await.unwrap();
    let world = World::new(model.address).unwrap();
    let sidecar = world.start().unwrap();

    let direct = Client::new(model.address).post("/v1/chat/completions", &[], &question("When?")).await.unwrap();
    let judged = sidecar.client.post("/v1/chat/completions", &[], &question("When?")).await.unwrap();

    assert_eq!((judged.status.as_u16(), judged.header("x-parapet-decision")), (200, "allow"));
    assert_eq!(judged.body, direct.body);
    assert_eq!(model.received(), [question("When?"), question("When?")]);
}

#[tokio::test]
async fn a_denied_question_never_reaches_the_model() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let sidecar = world.start().unwrap();

    let answer = sidecar.client.post("/v1/chat/completions", &[], &question("a forbidden thing")).await.unwrap();

    assert_eq!((answer.status.as_u16(), answer.header("x-parapet-decision")), (400, "deny"));
    let body = answer.json().unwrap();
    assert_eq!(body["error"]["code"], "content_filter");
    assert_eq!(body["error"]["reason_code"], "forbidden_word");
    assert!(model.received().is_empty(), "the model was asked all the same");
    let row = sidecar.admin_get(&format!("/admin/decisions/{}", answer.header("x-parapet-decision-id"))).await.unwrap();
    assert_eq!(row.json().unwrap()["enforced"], "deny");
}

#[tokio::test]
async fn a_denied_answer_is_withheld_whole_and_streamed() {
    let model = Upstream::start(|request| {
        if request["stream"] == true {
            let chunk = |text: &str| {
                let delta = json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
                format!("data: {delta}\n\n")
            };
            ("text/event-stream", format!("{}{}data: [DONE]\n\n", chunk("a forb"), chunk("idden secret")))
        } else {
            let message = json!({ "role": "assistant", "content": "a forbidden secret" });
            ("application/json", parapet_tests::upstream::completion(&message).to_string())
        }
    });
    let model = model.await.unwrap();
    let world = World::new(model.address).unwrap();
    let sidecar = world.start().unwrap();

    for stream in [false, true] {
        let mut body = question("tell me");
        body["stream"] = json!(stream);
        let answer = sidecar.client.post("/v1/chat/completions", &[], &body).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.header("x-parapet-decision")), (400, "deny"), "stream: {stream}");
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
}

#[tokio::test]
async fn decisions_outlive_a_kill() {
    let model = Upstream::saying("We open at nine.").await.unwrap();
    let world = World::new(model.address).unwrap();
    let mut sidecar = world.start().unwrap();
    let answer = sidecar.client.post("/v1/chat/completions", &[], &question("When?")).await.unwrap();
    let id = answer.header("x-parapet-decision-id").to_owned();
    sidecar.kill().unwrap();

    let sidecar = world.start().unwrap();
    let row = sidecar.admin_get(&format!("/admin/decisions/{id}")).await.unwrap();
    assert_eq!((row.status.as_u16(), row.json().unwrap()["id"].as_str()), (200, Some(id.as_str())));
}

#[tokio::test]
async fn told_to_stop_it_ends_with_0() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let mut sidecar = world.start().unwrap();
    sidecar.client.post("/v1/chat/completions", &[], &question("When?")).await.unwrap();
    assert_eq!(sidecar.stop().unwrap(), Some(0));
}

#[tokio::test]
async fn a_changed_guard_is_taken_up_and_a_broken_one_is_not() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let sidecar = world.start().unwrap();
    let code = |text: &str| std::fs::write(world.path("guards/forbidden-word/guard.rhai"), text).unwrap();
    let ready = async || sidecar.admin.get("/readyz", &[]).await.unwrap().json().unwrap();
    let before = ready().await["guard_set"]["in_force"].clone();

    code("fn check(event) { allow( }");
    until(async || ready().await["status"] == "degraded").await;
    assert_eq!(ready().await["guard_set"]["in_force"], before);
    let denied = sidecar.client.post("/v1/chat/completions", &[], &question("forbidden")).await.unwrap();
    assert_eq!(denied.header("x-parapet-decision"), "deny");

    code("fn check(event) { allow() }");
    until(async || ready().await["guard_set"]["in_force"] != before).await;
    let allowed = sidecar.client.post("/v1/chat/completions", &[], &question("forbidden")).await.unwrap();
    assert_eq!(allowed.header("x-parapet-decision"), "allow");
}

/// Asks again until `holds`; fails after a minute.
async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it did not come to pass within a minute");
}

#[tokio::test]
async fn guards_are_built_even_when_the_program_was_replaced_meanwhile() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let program = world.path("parapet");
    std::fs::copy(parapet_tests::sidecar::binary().unwrap(), &program).unwrap();
    let mut command = std::process::Command::new(&program);
    command.args(["serve", "--json", "--config"]).arg(world.config()).arg("--state-dir").arg(world.path("state"));
    let sidecar = Sidecar::spawn(command, &world.path("state")).unwrap();
    std::fs::remove_file(&program).unwrap();
    std::fs::write(&program, "#!/bin/false\n").unwrap();

    let ready = async || sidecar.admin.get("/readyz", &[]).await.unwrap().json().unwrap();
    let before = ready().await["guard_set"]["in_force"].clone();
    // A code that no cache can know.
    let code = format!("// {}\nfn check(event) {{ allow() }}\n", world.path("").display());
    std::fs::write(world.path("guards/forbidden-word/guard.rhai"), code).unwrap();
    until(async || ready().await["guard_set"]["in_force"] != before || ready().await["status"] == "degraded").await;
    assert_eq!(ready().await["status"], "ready", "{}", ready().await);
}
