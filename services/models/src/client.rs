//! Asks a model. The way of a question: a place among those at work, the ladder of ways to ask for JSON, attempts with
//! waits between them, and for each attempt a reservation of the budget.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::config::Endpoint;
use crate::ladder::Ladder;
use crate::tape::{Reel, Tape};
use crate::transport::{Connections, Transport};
use crate::wire::{Question, Reply, Wire};
use crate::{Completion, Format, Meter, ModelConfig, ModelConfigError, ModelError, Prompt, Usage, retry};

mod structured;

/// A client for one model. Cheap to clone; clones share connections, the limit on concurrency, and what has been learned
/// about the server.
#[derive(Clone)]
pub struct ModelClient(Arc<Shared>);

struct Shared {
    config: ModelConfig,
    wire: Wire,
    connections: Connections,
    tape: Tape,
    places: Semaphore,
    ladder: Ladder,
}

/// What a question has taken so far.
struct Effort {
    began: Instant,
    attempts: u32,
}

impl ModelClient {
    /// A client that asks the server.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub fn new(config: ModelConfig) -> Result<Self, ModelConfigError> {
        let endpoint = config.check()?;
        config.check_key(&endpoint)?;
        let connections = Connections::to(&endpoint, &config)?;
        Ok(Self::with(config, &endpoint, connections, Tape::Off))
    }

    /// A client that asks the server and keeps each exchange as a file in `folder`, without the key.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn recording(config: ModelConfig, folder: &Path) -> Result<Self, ModelConfigError> {
        let endpoint = config.check()?;
        config.check_key(&endpoint)?;
        let connections = Connections::to(&endpoint, &config)?;
        let tape = Tape::Record(Reel::new(folder, config.api_key.clone()));
        Ok(Self::with(config, &endpoint, connections, tape))
    }

    /// A client that answers from the files in `folder`. It needs no server and no key, and does not wait.
    ///
    /// # Errors
    /// As [`Self::new`], but for the key.
    pub fn replaying(config: ModelConfig, folder: &Path) -> Result<Self, ModelConfigError> {
        let endpoint = config.check()?;
        let tape = Tape::Replay(Reel::new(folder, None));
        Ok(Self::with(config, &endpoint, Connections::None, tape))
    }

    fn with(config: ModelConfig, endpoint: &Endpoint, connections: Connections, tape: Tape) -> Self {
        let (wire, places, ladder) =
            (Wire::new(&config, endpoint), Semaphore::new(config.concurrency), Ladder::new(config.rungs()));
        Self(Arc::new(Shared { config, wire, connections, tape, places, ladder }))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.0.config
    }

    /// Asks once, with as many attempts as the configuration allows and the budget bears. Dropping the future cancels
    /// the question; what was sent by then counts as used.
    ///
    /// # Errors
    /// There is no answer, or none in the wanted form. A text that the token limit cut off is an answer, with
    /// [`Finish::Length`](crate::Finish::Length); JSON that it cut off is not.
    pub async fn complete(&self, prompt: &Prompt, meter: &Meter) -> Result<Completion, ModelError> {
        if meter.budget().cost.is_some() && self.0.config.cost(&Usage::default()).is_none() {
            return Err(ModelConfigError::NoPrices.into());
        }
        let _place = self.place(meter).await?;
        let mut effort = Effort { began: Instant::now(), attempts: 0 };
        match &prompt.format {
            Format::Text => {
                let question = Question { config: &self.0.config, prompt, rung: None };
                let reply = self.ask(&question, meter, &mut effort).await?;
                Ok(effort.completion(reply, None))
            }
            Format::Json { schema, .. } => self.ask_for_json(prompt, schema, meter, &mut effort).await,
        }
    }

    /// A place among the questions at work, as soon as there is one.
    async fn place(&self, meter: &Meter) -> Result<tokio::sync::SemaphorePermit<'_>, ModelError> {
        let waiting = self.0.places.acquire();
        let place = match meter.deadline() {
            Some(deadline) => timeout_at(deadline, waiting).await.map_err(|_| meter.out_of_time())?,
            None => waiting.await,
        };
        // The semaphore is never closed.
        place.map_err(|error| ModelError::NotSent { reason: error.to_string() })
    }

    /// Asks until there is an answer, or a failure that does not pass.
    async fn ask(&self, question: &Question<'_>, meter: &Meter, effort: &mut Effort) -> Result<Reply, ModelError> {
        let mut failures = 0;
        loop {
            effort.attempts += 1;
            let error = match self.attempt(question, meter).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            failures += 1;
            self.wait(&error, failures, meter).await.ok_or(error)?;
        }
    }

    /// Waits before the next attempt; `None` when there is to be none.
    async fn wait(&self, error: &ModelError, failures: u32, meter: &Meter) -> Option<()> {
        let config = &self.0.config;
        let wait = retry::wait_after(error, failures, config.retries, fastrand::f64())?;
        if self.0.tape.is_replay() {
            return Some(());
        }
        let until = Instant::now().checked_add(wait)?;
        if wait.as_millis() > config.max_wait_ms.into() || meter.deadline().is_some_and(|deadline| until >= deadline) {
            return None;
        }
        tracing::info!(
            model.name = config.model,
            error.code = error.code(),
            model.failures = failures,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "a question to a model is sent again"
        );
        tokio::time::sleep_until(until).await;
        Some(())
    }

    /// Sends one request, within the budget.
    async fn attempt(&self, question: &Question<'_>, meter: &Meter) -> Result<Reply, ModelError> {
        let Shared { config, wire, connections, tape, .. } = &*self.0;
        let mut guess = Usage::guess(question.bytes(), 0);
        guess.output_tokens = question.max_tokens().into();
        let reservation = meter.reserve(guess, config.cost(&guess))?;
        let left = meter.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let transport = Transport {
            connections: connections.clone(),
            tape: tape.clone(),
            digest: question.prompt.digest(),
            limit: left.unwrap_or(config.timeout()).min(config.timeout()),
            max_bytes: config.max_answer_bytes,
        };
        match wire.send(question, transport).await {
            Ok(reply) => {
                reservation.settle(reply.usage, config.cost(&reply.usage));
                whole(reply)
            }
            Err(error) if error.was_free() => {
                reservation.release();
                Err(error)
            }
            Err(ModelError::TimedOut { .. }) if meter.deadline().is_some_and(|end| Instant::now() >= end) => {
                Err(meter.out_of_time())
            }
            Err(error) => Err(error),
        }
    }
}

impl std::fmt::Debug for ModelClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelClient").field("config", &self.0.config).finish_non_exhaustive()
    }
}

/// An answer that says something.
fn whole(reply: Reply) -> Result<Reply, ModelError> {
    match reply.refusal {
        Some(message) => Err(ModelError::Filtered { message }),
        None if reply.text.trim().is_empty() => Err(ModelError::Empty),
        None => Ok(reply),
    }
}

impl Effort {
    fn completion(&self, reply: Reply, rung: Option<crate::Rung>) -> Completion {
        Completion {
            text: reply.text,
            json: None,
            usage: reply.usage,
            finish: reply.finish,
            model: reply.model,
            seconds: self.began.elapsed().as_secs_f64(),
            attempts: self.attempts,
            rung,
        }
    }
}
