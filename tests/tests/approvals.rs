//! An approval from the question to its use, with the real binary: approved from outside, killed in between, used once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that panics fails its test")]

use parapet_tests::command::{Done, run};
use parapet_tests::guards;
use parapet_tests::sidecar::Sidecar;
use parapet_tests::upstream::{Upstream, completion};
use parapet_tests::world::World;
use serde_json::{Value, json};

const GUARD: &str = r#"fn check(event) {
    for part in event.parts {
        if part.tool == "refund" && part.json.amount > 100 {
            return ask("large_refund", "a refund over 100 euros", #{});
        }
    }
    allow()
}
"#;

/// A shop whose model always wants to refund 150.
async fn shop() -> (Upstream, World) {
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": "refund", "arguments": "{\"amount\": 150}"}});
    let answer = completion(&json!({"role": "assistant", "content": null, "tool_calls": [call]}));
    let model = Upstream::start(move |_| ("application/json", answer.to_string())).await.unwrap();
    let world = World::new(model.address).unwrap();
    guards::write(&world.path("guards"), "refunds", &["input", "output", "tool_call", "tool_result"], GUARD).unwrap();
    (model, world)
}

async fn refund(sidecar: &Sidecar) -> (u16, String, Value) {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "my parcel is broken"}]});
    let answer = sidecar.client.post("/v1/chat/completions", &[], &body).await.unwrap();
    (answer.status.as_u16(), answer.header("location").to_owned(), answer.json().unwrap())
}

fn approvals(world: &World, arguments: &[&str]) -> Done {
    let store = format!("sqlite:{}", world.path("parapet.db").display());
    run(&[&["approvals"], arguments, &["--store", &store]].concat()).unwrap()
}

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

#[tokio::test]
async fn an_approval_survives_kill_minus_nine_and_is_used_once() {
    let (_model, world) = shop().await;
    let mut sidecar = world.start().unwrap();
    let (status, location, body) = refund(&sidecar).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("approval_required")));
    let id = location.strip_prefix("/v1/approvals/").unwrap().to_owned();
    assert_eq!(sidecar.client.get(&location, &[]).await.unwrap().json().unwrap()["state"], "pending");

    let listed = json_of(&approvals(&world, &["list", "--json"]));
    assert_eq!((&listed["approvals"][0]["id"], &listed["approvals"][0]["tool"]), (&json!(id), &json!("refund")));
    let shown = approvals(&world, &["show", &id]);
    assert!(shown.out.contains("{\"amount\": 150}") && shown.out.contains("a refund over 100 euros"), "{}", shown.out);
    let done = approvals(&world, &["approve", &id, "--by", "ann", "--note", "called back"]);
    assert!(done.code == 0 && done.out.contains("approved by ann; the same call passes once"), "{done:?}");
    sidecar.kill().unwrap();

    let mut sidecar = world.start().unwrap();
    let (status, _, body) = refund(&sidecar).await;
    assert_eq!((status, &body["choices"][0]["message"]["tool_calls"][0]["function"]["name"]), (200, &json!("refund")));
    sidecar.kill().unwrap();

    let sidecar = world.start().unwrap();
    let (status, location, _) = refund(&sidecar).await;
    assert_eq!(status, 400);
    assert!(!location.contains(&id), "the approval let a second call pass to its question");
    let shown = json_of(&approvals(&world, &["show", &id, "--json"]));
    let steps: Vec<_> = shown["steps"].as_array().unwrap().iter().map(|step| step["state"].clone()).collect();
    assert_eq!((&shown["state"], steps), (&json!("used"), vec![json!("pending"), json!("approved"), json!("used")]));
    let decision =
        sidecar.admin_get(&format!("/admin/decisions/{}", shown["used_by"].as_str().unwrap())).await.unwrap();
    assert_eq!(decision.json().unwrap()["approval"], json!({"id": id, "state": "used", "by": "ann"}));
    let late = approvals(&world, &["deny", &id, "--by", "ben"]);
    assert!(late.code == 1 && late.err.contains("this is `used` already"), "{late:?}");
}

#[tokio::test]
async fn a_running_sidecar_takes_answers_over_its_admin_listener() {
    let (_model, world) = shop().await;
    let sidecar = world.start().unwrap();
    let (_, location, _) = refund(&sidecar).await;
    let id = location.strip_prefix("/v1/approvals/").unwrap();
    let admin = format!("http://{}", sidecar.started.admin_listen);
    let token = sidecar.started.admin_token_file.clone().unwrap().display().to_string();
    let cli = |arguments: &[&str]| {
        run(&[&["approvals"], arguments, &["--admin", &admin, "--token-file", &token]].concat()).unwrap()
    };
    assert!(cli(&["list"]).out.contains(id));
    assert_eq!(json_of(&cli(&["deny", id, "--by", "ann", "--json"]))["decided_by"], "ann");
    let late = cli(&["approve", id, "--by", "ben"]);
    assert!(late.code == 1 && late.err.contains("409") && late.err.contains("`denied` already"), "{late:?}");
    let (status, location, body) = refund(&sidecar).await;
    assert_eq!((status, location.as_str(), &body["error"]["reason_code"]), (400, "", &json!("approval_denied")));
    assert!(cli(&["list", "--state", "denied"]).out.contains(id));
    assert_eq!(cli(&["approve", id]).code, 2, "an answer without a name");
}
