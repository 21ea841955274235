//! The Messages protocol.

use parapet_models::{Finish, Meter, ModelClient, ModelConfig, ModelError, ModelKind, Prompt, Rung, Secret};
use serde_json::json;

use parapet_test_model_server::{Server, Step, answer, said};

fn client(server: &Server) -> ModelClient {
    let config = ModelConfig {
        kind: ModelKind::Anthropic,
        base_url: Some(server.url.clone()),
        api_key: Some(Secret::new("sk-ant-test")),
        ..server.config()
    };
    ModelClient::new(config).unwrap()
}

fn message(text: &str, stop: &str) -> Step {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-small", "stop_reason": stop,
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 12, "output_tokens": 5},
    });
    answer(200, body.to_string())
}

fn failed(status: u16, kind: &str, message: &str) -> Step {
    answer(status, json!({"type": "error", "error": {"type": kind, "message": message}}).to_string())
}

#[tokio::test]
async fn a_question_has_the_shape_of_the_protocol() {
    let server = Server::new([message("Because.", "end_turn"), message("Beca", "max_tokens")]).await;
    let (client, meter) = (client(&server), Meter::unlimited());
    let prompt = Prompt { seed: Some(1), stop: vec!["END".into()], max_tokens: Some(50), ..Prompt::user("Why?") };
    let prompt = prompt.with_system("Be brief.").with_reply("So.", "Why so?");
    let completion = client.complete(&prompt, &meter).await.unwrap();
    assert_eq!((completion.text.as_str(), completion.finish), ("Because.", Finish::Stop));
    assert_eq!((completion.usage.input_tokens, completion.usage.output_tokens), (12, 5));
    assert_eq!(completion.model, "claude-small");
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/v1/messages");
    assert_eq!(asked.header("x-api-key"), Some("sk-ant-test"));
    assert!(asked.header("anthropic-version").is_some());
    let part = |text: &str| json!([{"type": "text", "text": text}]);
    assert_eq!(
        asked.body,
        json!({
            "model": "small", "max_tokens": 50, "stop_sequences": ["END"], "system": part("Be brief."),
            "messages": [
                {"role": "user", "content": part("Why?")},
                {"role": "assistant", "content": part("So.")},
                {"role": "user", "content": part("Why so?")},
            ],
        })
    );
    assert_eq!(client.complete(&prompt, &meter).await.unwrap().finish, Finish::Length);
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_server_is_asked_again() {
    let server = Server::new([failed(529, "overloaded_error", "Overloaded"), message("Because.", "end_turn")]).await;
    let completion = client(&server).complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap();
    assert_eq!(completion.attempts, 2);
}

#[tokio::test]
async fn json_is_asked_for_by_schema_and_else_in_words() {
    let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    let server = Server::new([
        message(r#"{"n": 1}"#, "end_turn"),
        failed(400, "invalid_request_error", "output_config: Extra inputs are not permitted"),
        message(r#"It is {"n": 2}."#, "end_turn"),
    ])
    .await;
    let (client, meter, prompt) =
        (client(&server), Meter::unlimited(), Prompt::user("?").with_json("n", schema.clone()));
    assert_eq!(client.complete(&prompt, &meter).await.unwrap().rung, Some(Rung::JsonSchema));
    let second = client.complete(&prompt, &meter).await.unwrap();
    assert_eq!((second.json, second.rung), (Some(json!({"n": 2})), Some(Rung::Text)));
    let asked = server.asked();
    assert_eq!(asked[0].body["output_config"], json!({"format": {"type": "json_schema", "schema": schema}}));
    assert_eq!(asked[2].body.get("output_config"), None);
}

#[tokio::test]
async fn a_refusal_of_the_model_and_one_of_the_key_are_told_apart() {
    let server = Server::new([message("I", "refusal"), failed(401, "authentication_error", "invalid x-api-key")]).await;
    let (client, meter) = (client(&server), Meter::unlimited());
    let error = client.complete(&Prompt::user("?"), &meter).await.unwrap_err();
    assert!(matches!(error, ModelError::Filtered { .. }), "{error:?}");
    let error = client.complete(&Prompt::user("?"), &meter).await.unwrap_err();
    assert!(
        matches!(&error, ModelError::Unauthorized { status: 401, message } if message == "invalid x-api-key"),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_protocol_s_answer_is_no_answer() {
    let server = Server::new([said("Because.")]).await;
    let error = client(&server).complete(&Prompt::user("?"), &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::NotAnAnswer { .. }), "{error:?}");
}
