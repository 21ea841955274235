//! The key is in no debug output, no error and no log, and no prompt and no answer is in a log, at the finest level of
//! every crate beneath.

use std::io::Write;
use std::sync::{Arc, Mutex};

use parapet_models::{Meter, ModelClient, ModelConfig, ModelKind, Prompt, Secret};

use parapet_test_model_server::{Server, refusal, said};

const KEY: &str = "sk-live-0123456789";
const PROMPT: &str = "a private question";
const ANSWER: &str = "a private answer";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_key_is_nowhere_but_in_the_header() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: which log lines are of interest is remembered for all threads together.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut seen = String::new();
    for kind in [ModelKind::Openai, ModelKind::Anthropic] {
        let steps = [
            refusal(500, &format!("broken for {KEY}")),
            said(ANSWER),
            refusal(401, &format!("Incorrect API key provided: {KEY}")),
        ];
        let server = Server::new(steps).await;
        let config = ModelConfig { kind, api_key: Some(Secret::new(KEY)), ..server.config() };
        seen += &format!("{config:?}");
        let client = ModelClient::new(config).unwrap();
        seen += &format!("{client:?}");
        for _ in 0..2 {
            let asked = client.complete(&Prompt::user(PROMPT), &Meter::unlimited()).await;
            seen += &asked.as_ref().map_or_else(|error| format!("{error} {error:?}"), |answer| format!("{answer:?}"));
        }
        let sent = server.asked().iter().any(|asked| asked.headers.iter().any(|(_, value)| value.contains(KEY)));
        assert!(sent, "the test would pass without a key");
    }
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a question to a model is sent again"), "{log}");
    assert!(seen.contains("[key]") && !seen.contains(KEY), "{seen}");
    for private in [KEY, PROMPT, ANSWER] {
        assert!(!log.contains(private), "{}", log.lines().find(|line| line.contains(private)).unwrap_or_default());
    }
}
