//! `POST /admin/generate`: from a guard request to a guard's files, with every step as a server-sent event.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use parapet_guardgen::{GenerateOptions, Generated, Generator, GuardRequest, Method};
use parapet_judge::GuardTest;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use crate::error::{ApiError, ConsoleError};
use crate::state::Console;

/// Largest request, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;
/// Generations at the same time: each occupies the builder and a model.
const AT_ONCE: usize = 2;
/// Most attempts of the model that a request can ask for.
const MAX_ROUNDS: u32 = 50;

/// Makes guards for the admin API.
#[derive(Clone)]
pub struct Generation {
    generator: Generator,
    options: GenerateOptions,
    places: Arc<Semaphore>,
}

impl Generation {
    /// Guards are made by `generator`, within `options` at most.
    #[must_use]
    pub fn new(generator: Generator, options: GenerateOptions) -> Self {
        Self { generator, options, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    id: String,
    request: String,
    agent: String,
    #[serde(default)]
    examples: Vec<GuardTest>,
    #[serde(default)]
    facts: toml::Table,
    #[serde(default)]
    method: Method,
    rounds: Option<u32>,
}

impl Asked {
    fn into_request(self) -> GuardRequest {
        let Self { id, request, agent, examples, facts, .. } = self;
        GuardRequest { id, request, agent, examples, facts }
    }
}

/// Starts a generation and tells of its steps. Who hangs up ends it.
pub(crate) async fn generate_guard(
    State(console): State<Arc<Console>>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let Json(asked) = asked.map_err(|error| ConsoleError::BadBody(error.body_text()))?;
    let generation = console.admin.generation.clone().ok_or(ConsoleError::NoGeneration)?;
    let place = Arc::clone(&generation.places).try_acquire_owned().map_err(|_| ConsoleError::GenerationBusy)?;
    let mut options = generation.options.clone();
    options.method = asked.method;
    options.rounds = asked.rounds.unwrap_or(options.rounds).clamp(1, MAX_ROUNDS);

    let request = asked.into_request();
    let (steps, told) = mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        let _place = place;
        let step = |name: &str, data: &Value| steps.send(event(name, data));
        let watch = &mut |progress| drop(step("progress", &json!(progress)));
        let (name, data) = match generation.generator.generate(&request, &options, watch).await {
            Ok(generated) => ("done", result_of(&generated)),
            Err(error) => ("failed", json!({"error": error.to_string()})),
        };
        drop(step(name, &data));
    });
    let events = unfold((told, AbortOnDrop(task)), |(mut told, task)| async move {
        let event = told.recv().await?;
        Some((Ok(event), (told, task)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Ends the generation when nobody listens any more.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn event(name: &str, data: &Value) -> Event {
    // JSON has no line end outside of its strings, and none inside them.
    Event::default().event(name).data(data.to_string())
}

/// The files as text, whether they count, and why.
fn result_of(generated: &Generated) -> Value {
    let files = generated.draft.files().map(|files| files.files).unwrap_or_default();
    let files: serde_json::Map<String, Value> =
        files.into_iter().map(|(name, content)| (name.to_owned(), json!(String::from_utf8_lossy(&content)))).collect();
    json!({
        "guard": generated.draft.manifest.id,
        "counts": generated.counts(),
        "files": files,
        "plan": generated.draft.plan,
        "report": generated.report,
        "provenance": generated.provenance,
    })
}
