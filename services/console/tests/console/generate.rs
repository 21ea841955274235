//! Guards over the admin API: steps as server-sent events, the files at the end.

use axum::body::Body;
use http::{Request, StatusCode};
use parapet_console::Generation;
use parapet_guardgen::{GenerateOptions, Generator, Memory};
use parapet_test_model_server::{Server, said};
use serde_json::{Value, json};

use crate::fixture::{Answer, Console, TOKEN};

const PROGRAM: &str = "```rhai\nfn check(event) {\n    for part in event.parts {\n        if part.json.amount > 100 { return deny(\"too_much\", \"no\"); }\n    }\n    allow()\n}\n```";

async fn console(model: Option<&Server>) -> Console {
    let generator = Generator::new(parapet_test_sandbox::shared(), Memory::seeds_only(), model.map(Server::client));
    let options = GenerateOptions { restate: false, proposed_tests: 0, ..GenerateOptions::default() };
    Console::build(&[], false, Some(Generation::new(generator, options))).await
}

fn asked() -> Value {
    json!({
        "id": "refund-limits", "request": "Refunds over 100 euros need approval.",
        "agent": "A shop assistant. It calls the tool `refund(order_id, amount: number)`.",
    })
}

async fn generate(console: &Console, body: &str) -> Answer {
    let request = Request::post("/admin/generate")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json");
    console.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// Names and data of the events in a stream.
fn events(answer: &Answer) -> Vec<(String, Value)> {
    let blocks = answer.text.split("\n\n").filter(|block| block.contains("event: "));
    blocks
        .map(|block| {
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
            (field("event: "), serde_json::from_str(&field("data: ")).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_request_with_structure_becomes_the_files_of_a_guard() {
    let answer = generate(&console(None).await, &asked().to_string()).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/event-stream"));
    let events = events(&answer);
    assert_eq!(events.first().unwrap().1["step"], "checking");
    let (name, done) = events.last().unwrap();
    assert_eq!(
        (name.as_str(), &done["counts"], &done["provenance"]["made_by"]),
        ("done", &json!(true), &json!("rules"))
    );
    assert!(done["files"]["guard.rhai"].as_str().unwrap().contains("fn check(event)"));
    assert!(done["files"]["guard.toml"].as_str().unwrap().contains("id = \"refund-limits\""));
}

#[tokio::test]
async fn prose_goes_to_the_model_and_each_step_is_told() {
    let plan =
        json!({"title": "t", "stages": ["tool_call"], "tools": [], "steps": [{"action": "compare", "what": "w"}]});
    let server = Server::new(vec![said(&plan.to_string()), said(PROGRAM)]).await;
    let mut body = asked();
    body["request"] = json!("We never give back more than a hundred, whatever people say.");
    body["examples"] = json!([
        {"description": "small", "event": {"stage": "tool_call", "parts": [{"tool": "refund", "json": {"amount": 5}}]}, "expect": {"verdict": "allow"}},
        {"description": "large", "event": {"stage": "tool_call", "parts": [{"tool": "refund", "json": {"amount": 500}}]}, "expect": {"verdict": "deny"}},
    ]);
    let answer = generate(&console(Some(&server)).await, &body.to_string()).await;
    let steps: Vec<String> =
        events(&answer).iter().filter_map(|(_, data)| data["step"].as_str().map(str::to_owned)).collect();
    assert_eq!(steps, ["not_compiled", "recalled", "planning", "planned", "writing", "tried", "checking", "checked"]);
    assert_eq!(events(&answer).last().unwrap().1["provenance"]["rounds"][0]["passed"], 2);
}

#[tokio::test]
async fn what_is_not_understood_fails_with_the_sentence_and_what_to_do() {
    let mut body = asked();
    body["request"] = json!("Be nice.");
    let answer = generate(&console(None).await, &body.to_string()).await;
    let (name, data) = events(&answer).pop().unwrap();
    assert_eq!(name, "failed");
    assert!(data["error"].as_str().unwrap().contains("`Be nice.`"), "{data}");
}

#[tokio::test]
async fn bad_bodies_strangers_and_consoles_without_it_are_refused() {
    let console = console(None).await;
    for body in ["", "{", "{\"id\": 1}", &json!({"id": "a", "request": "b", "agent": "c", "bogus": 1}).to_string()] {
        let answer = generate(&console, body).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("bad_body")),
            "{body}"
        );
    }
    let stranger = Request::post("/admin/generate").header("content-type", "application/json");
    let answer = console.send(stranger.body(Body::from(asked().to_string())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let without = generate(&Console::with(&[]).await, &asked().to_string()).await;
    assert_eq!(without.status, StatusCode::NOT_FOUND);
}
