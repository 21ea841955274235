//! Every way in which an answer can fail to come, told apart.

use parapet_models::{Finish, Meter, ModelClient, ModelConfig, ModelError, ModelKind, Prompt};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use parapet_test_model_server::{Server, Step, answer, body, refusal, said};

/// The error after one attempt.
async fn failure(step: Step) -> ModelError {
    let server = Server::new([step]).await;
    let client = ModelClient::new(ModelConfig { retries: 0, ..server.config() }).unwrap();
    client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err()
}

#[tokio::test]
async fn an_answer_comes_with_what_it_took() {
    let server = Server::new([said("Because.")]).await;
    let prompt = Prompt { seed: Some(7), temperature: Some(0.0), stop: vec!["\n\n".into()], ..Prompt::user("Why?") };
    let meter = Meter::unlimited();
    let completion = server.client().complete(&prompt.with_system("Be brief."), &meter).await.unwrap();
    assert_eq!((completion.text.as_str(), completion.finish, completion.attempts), ("Because.", Finish::Stop, 1));
    assert_eq!(
        (completion.usage.input_tokens, completion.usage.output_tokens, completion.usage.estimated),
        (11, 7, false)
    );
    assert_eq!((completion.model.as_str(), completion.json, completion.rung), ("small-v2", None, None));
    assert_eq!(meter.spent().usage, completion.usage);
    let asked = server.asked();
    assert_eq!(asked[0].path, "/v1/chat/completions");
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(
        asked[0].body,
        json!({
            "model": "small", "max_tokens": 4096, "temperature": 0.0, "seed": 7, "stop": ["\n\n"],
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        })
    );
}

#[tokio::test]
async fn usage_that_is_not_reported_is_guessed_and_says_so() {
    let whole = json!({"choices": [{"message": {"role": "assistant", "content": "123456"}}]}).to_string();
    let server = Server::new([answer(200, whole)]).await;
    let completion = server.client().complete(&Prompt::user("123"), &Meter::unlimited()).await.unwrap();
    assert_eq!(
        (completion.usage.input_tokens, completion.usage.output_tokens, completion.usage.estimated),
        (1, 2, true)
    );
    assert_eq!((completion.finish, completion.model.as_str()), (Finish::Stop, "small"));
}

#[tokio::test]
async fn what_is_no_answer_is_told_from_one() {
    for step in
        [answer(200, "<html>Welcome</html>"), answer(200, "{}"), answer(200, "[1]"), answer(200, "{\"choices\": []}")]
    {
        let error = failure(step).await;
        assert!(matches!(error, ModelError::NotAnAnswer { .. }) && !error.is_retryable(), "{error:?}");
        assert!(error.to_string().ends_with("; check `kind` and `base_url`"), "{error}");
    }
}

#[tokio::test]
async fn an_error_in_a_good_status_is_an_error() {
    let error = failure(answer(200, r#"{"error": {"message": "model is loading"}}"#)).await;
    assert!(matches!(&error, ModelError::Refused { message, .. } if message == "model is loading"), "{error:?}");
}

#[tokio::test]
async fn silence_is_an_error_and_costs_what_it_cost() {
    let server = Server::new([said("  ")]).await;
    let meter = Meter::unlimited();
    let error = server.client().complete(&Prompt::user("Why?"), &meter).await.unwrap_err();
    assert!(matches!(error, ModelError::Empty), "{error:?}");
    assert_eq!((meter.spent().calls, meter.spent().usage.total()), (1, 18));
}

#[tokio::test]
async fn an_answer_of_no_text_at_all_is_silence_too() {
    let error = failure(answer(200, body("", "stop"))).await;
    assert!(matches!(error, ModelError::Empty), "{error:?}");
}

#[tokio::test]
async fn a_filtered_answer_is_no_answer() {
    let declined = json!({"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": null, "refusal": "I must not."}}]});
    for (step, words) in [
        (answer(200, body("", "content_filter")), "it gave no reason"),
        (answer(200, body("Take the", "content_filter")), "it gave no reason"),
        (answer(200, declined.to_string()), "I must not."),
    ] {
        let error = failure(step).await;
        let message = format!("the model refused to answer, or its answer was filtered: {words}");
        assert_eq!((error.to_string(), error.is_retryable()), (message, false));
    }
}

#[tokio::test]
async fn a_text_at_the_token_limit_is_an_answer_and_json_is_not() {
    let cut = || answer(200, body("{\"a\": [1, 2", "length"));
    let server = Server::new([cut(), cut()]).await;
    let (client, meter) = (server.client(), Meter::unlimited());
    let text = client.complete(&Prompt::user("Why?"), &meter).await.unwrap();
    assert_eq!(text.finish, Finish::Length);
    let prompt = Prompt { max_tokens: Some(9), ..Prompt::user("Why?").with_json("a", json!({"type": "object"})) };
    let error = client.complete(&prompt, &meter).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer was cut off at the limit of 9 tokens; raise `max_tokens`, or ask for less"
    );
    assert!(matches!(error, ModelError::CutOff { text, .. } if text == "{\"a\": [1, 2"));
}

#[tokio::test]
async fn a_broken_connection_is_told_from_a_whole_answer() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body("Because.", "stop").len());
    let half = &body("Because.", "stop")[..100];
    for step in [
        Step::Bytes(format!("{head}{half}").into_bytes()),
        Step::Reset(format!("{head}{half}").into_bytes()),
        // Without a length the end of the connection is the end of the body; the JSON shows that it is not whole.
        Step::Bytes(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{half}").into_bytes()),
        Step::Reset(Vec::new()),
    ] {
        let error = failure(step).await;
        assert!(matches!(error, ModelError::Disconnected { .. }) && error.is_retryable(), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_too_large_is_not_read_to_its_end() {
    let server = Server::new([said(&"x".repeat(5000))]).await;
    let client = ModelClient::new(ModelConfig { max_answer_bytes: 2000, ..server.config() }).unwrap();
    let error = client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer has more than 2000 bytes; raise `max_answer_bytes`, or lower `max_tokens`"
    );
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again() {
    for status in [401, 403] {
        let server = Server::new([refusal(status, "Incorrect API key")]).await;
        let error = server.client().complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the model server refuses the key ({status}): Incorrect API key; check `api_key`")
        );
    }
}

#[tokio::test]
async fn a_question_too_long_is_told_from_other_refusals() {
    for words in [
        "This model's maximum context length is 8192 tokens, you asked for 9000",
        "request (4031 tokens) exceeds the available context size (2048 tokens), try increasing it",
        "prompt is too long: 210000 tokens > 200000 maximum",
    ] {
        let error = failure(refusal(400, words)).await;
        assert!(matches!(error, ModelError::TooLong { .. }) && !error.is_retryable(), "{error:?}");
    }
    let error = failure(refusal(404, "model `small` does not exist")).await;
    assert_eq!(error.to_string(), "the model server refused the request (404): model `small` does not exist");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server =
        Server::new([Step::Answer(307, vec![("location", "http://127.0.0.1:1/".into())], String::new())]).await;
    let error = server.client().complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::Refused { status: 307, .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let config = ModelConfig { retries: 0, ..ModelConfig::new(ModelKind::Openai, "http://127.0.0.1:1", "small") };
    let meter = Meter::unlimited();
    let error = ModelClient::new(config).unwrap().complete(&Prompt::user("Why?"), &meter).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("the model server `http://127.0.0.1:1/v1` cannot be reached: Connection refused"),
        "{message}"
    );
    assert_eq!(meter.spent().calls, 0);
}

#[tokio::test]
async fn https_never_falls_back_to_plain_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
    });
    let config = ModelConfig { retries: 0, ..ModelConfig::new(ModelKind::Openai, url, "small") };
    let error =
        ModelClient::new(config).unwrap().complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_prompt_without_a_message_is_not_sent() {
    let server = Server::new([]).await;
    let error = server.client().complete(&Prompt::default(), &Meter::unlimited()).await.unwrap_err();
    assert_eq!(error.to_string(), "the question cannot be sent: it has no message");
    assert!(server.asked().is_empty());
}
