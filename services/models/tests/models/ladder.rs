//! Asking for JSON: the way down from what the server refuses, and what is made of the answer.

use parapet_models::{Completion, Meter, ModelClient, ModelConfig, ModelError, Prompt, Rung, Structured};
use serde_json::{Value, json};

use parapet_test_model_server::{Asked, Server, answer, body, refusal, said};

fn schema() -> Value {
    json!({"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["deny", "allow"]}}})
}

fn prompt() -> Prompt {
    Prompt::user("Deny or allow?").with_system("You judge.").with_json("verdict", schema())
}

async fn ask(client: &ModelClient) -> Result<Completion, ModelError> {
    client.complete(&prompt(), &Meter::unlimited()).await
}

fn format_of(asked: &Asked) -> &str {
    match (&asked.body["response_format"]["type"], &asked.body["grammar"]) {
        (Value::String(format), Value::Null) => format,
        (Value::Null, Value::String(_)) => "grammar",
        (Value::Null, Value::Null) => "text",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_schema_goes_to_the_server_and_into_the_instructions() {
    let server = Server::new([said(r#"{"kind": "deny"}"#)]).await;
    let completion = ask(&server.client()).await.unwrap();
    assert_eq!((completion.json, completion.rung), (Some(json!({"kind": "deny"})), Some(Rung::JsonSchema)));
    let asked = &server.asked()[0].body;
    let format = json!({"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema()}});
    assert_eq!(asked["response_format"], format);
    let system = asked["messages"][0]["content"].as_str().unwrap();
    assert!(system.starts_with("You judge.\n\nAnswer with one JSON value"), "{system}");
    assert!(system.ends_with(&schema().to_string()), "{system}");
}

#[tokio::test]
async fn instructions_stay_the_same_where_the_messages_show_the_form() {
    let refused = || refusal(400, "'response_format.type' must be 'json_object' or 'text'");
    let steps = [
        said(r#"{"kind": "deny"}"#),
        refused(),
        refused(),
        refusal(400, "Unrecognized request argument supplied: grammar"),
    ];
    let server = Server::new(steps.into_iter().chain([said(r#"{"kind": "deny"}"#)])).await;
    let client = server.client();
    for rung in [Rung::JsonSchema, Rung::Text] {
        let completion = client.complete(&prompt().with_shown_form(), &Meter::unlimited()).await.unwrap();
        assert_eq!(completion.rung, Some(rung));
    }
    let asked = server.asked();
    let systems = asked.iter().map(|asked| asked.body["messages"][0]["content"].as_str().unwrap());
    let (last, held) = (asked.len() - 1, systems.clone().take(asked.len() - 1));
    assert!(held.into_iter().all(|system| system == "You judge."), "{asked:?}");
    assert!(systems.clone().nth(last).unwrap().ends_with(&schema().to_string()), "nothing else holds the answer to it");
}

#[tokio::test]
async fn a_server_that_knows_no_way_is_asked_in_words_and_asked_once() {
    let server = Server::new([
        refusal(400, "'response_format.type' must be 'json_object' or 'text'"),
        answer(422, r#"{"detail": [{"loc": ["body", "response_format"], "msg": "extra fields not permitted"}]}"#),
        refusal(400, "Unrecognized request argument supplied: grammar"),
        said("Sure:\n```json\n{\"kind\": \"allow\",}\n```"),
        said(r#"{"kind": "deny"}"#),
    ])
    .await;
    let client = server.client();
    let first = ask(&client).await.unwrap();
    assert_eq!((first.json, first.rung, first.attempts), (Some(json!({"kind": "allow"})), Some(Rung::Text), 4));
    let second = ask(&client).await.unwrap();
    assert_eq!((second.rung, second.attempts), (Some(Rung::Text), 1));
    let asked = server.asked();
    let formats: Vec<_> = asked.iter().map(format_of).collect();
    assert_eq!(formats, ["json_schema", "json_object", "grammar", "text", "text"]);
    assert_eq!(asked[1].body["response_format"], json!({"type": "json_object", "schema": schema()}));
    assert!(asked[2].body["grammar"].as_str().unwrap().starts_with("root ::= ws rule-0\n"));
}

#[tokio::test]
async fn a_schema_that_the_server_cannot_use_is_no_reason_to_give_up_schemas() {
    let server = Server::new([
        refusal(400, "Invalid schema for response_format 'verdict'"),
        said(r#"{"kind": "deny"}"#),
        said(r#"{"kind": "deny"}"#),
    ])
    .await;
    let client = server.client();
    assert_eq!(ask(&client).await.unwrap().rung, Some(Rung::JsonObject));
    assert_eq!(ask(&client).await.unwrap().rung, Some(Rung::JsonSchema));
}

#[tokio::test]
async fn a_server_that_takes_the_field_and_ignores_it_is_found_out() {
    let server = Server::new([said("I would deny that."), said("Deny."), said(r#"{"kind": "deny"}"#)]).await;
    let completion = ask(&server.client()).await.unwrap();
    assert_eq!((completion.rung, completion.attempts), (Some(Rung::Grammar), 3));
}

#[tokio::test]
async fn json_that_does_not_fit_is_malformed_with_a_reason_that_a_model_can_use() {
    let server = Server::new([said(r#"{"kind": "maybe"}"#), said("no")]).await;
    let config = ModelConfig { structured: Structured::Text, ..server.config() };
    let client = ModelClient::new(config).unwrap();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer is not the JSON that was asked for: `/kind` must be one of `\"deny\"`, `\"allow\"`"
    );
    assert!(matches!(error, ModelError::Malformed { text, .. } if text == r#"{"kind": "maybe"}"#));
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer is not the JSON that was asked for: there is no whole JSON value in it");
}

#[tokio::test]
async fn one_way_is_one_way() {
    let server = Server::new([refusal(400, "response_format is not supported")]).await;
    let config = ModelConfig { structured: Structured::JsonObject, ..server.config() };
    let error = ask(&ModelClient::new(config).unwrap()).await.unwrap_err();
    assert!(matches!(error, ModelError::Refused { status: 400, .. }), "{error:?}");
    assert_eq!(format_of(&server.asked()[0]), "json_object");
}

#[tokio::test]
async fn another_refusal_is_not_taken_for_one_of_the_format() {
    let server = Server::new([refusal(400, "temperature must be at most 2")]).await;
    let error = ask(&server.client()).await.unwrap_err();
    assert_eq!(error.to_string(), "the model server refused the request (400): temperature must be at most 2");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn json_cut_off_at_every_way_is_asked_for_once() {
    let server = Server::new([answer(200, body("{\"kind\":", "length"))]).await;
    let error = ask(&server.client()).await.unwrap_err();
    assert!(matches!(error, ModelError::CutOff { .. }), "{error:?}");
}
