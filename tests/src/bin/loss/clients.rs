//! The load: clients that ask until enough answers were released, through every outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use parapet_tests::client::Client;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

/// Clients at work at the same time.
const CLIENTS: usize = 16;
/// Longest wait for a sidecar that was killed to come back; a fault of the run, not of Parapet, when it passes.
const PATIENCE: Duration = Duration::from_secs(120);

/// The sidecar that listens now, and how many there were before it.
pub(crate) type Current = Option<(usize, Client)>;

/// The load and what steers it.
pub(crate) struct Load {
    target: usize,
    released: watch::Sender<usize>,
    current: watch::Sender<Current>,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// Decision ids of released answers.
    pub(crate) released: Vec<Uuid>,
    /// Requests answered with 503 because the decision could not be recorded.
    pub(crate) refused: usize,
    /// Requests that broke off because the sidecar was killed.
    pub(crate) broken: usize,
    /// Answers that must not occur.
    pub(crate) unexpected: Vec<String>,
}

impl Load {
    pub(crate) fn new(target: usize) -> Self {
        Self { target, released: watch::Sender::new(0), current: watch::Sender::new(None) }
    }

    /// Share of the target that is released so far, in percent, as it grows.
    pub(crate) fn progress(&self) -> Progress {
        Progress { target: self.target, released: self.released.subscribe() }
    }

    /// Where a new sidecar is made known.
    pub(crate) fn publisher(&self) -> watch::Sender<Current> {
        self.current.clone()
    }

    pub(crate) async fn run(&self) -> Result<Results> {
        let tickets = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                tokio::spawn(client(self.target, Arc::clone(&tickets), self.released.clone(), self.current.subscribe()))
            })
            .collect();
        let mut all = Results::default();
        for client in clients {
            let results = client.await??;
            all.released.extend(results.released);
            all.refused += results.refused;
            all.broken += results.broken;
            all.unexpected.extend(results.unexpected);
        }
        Ok(all)
    }
}

/// How far the run is.
pub(crate) struct Progress {
    target: usize,
    released: watch::Receiver<usize>,
}

impl Progress {
    /// Waits until `percent` of the target is released.
    pub(crate) async fn reaches(&mut self, percent: usize) -> Result<()> {
        let wanted = self.target * percent / 100;
        self.released.wait_for(|released| *released >= wanted).await.context("the clients ended too early")?;
        Ok(())
    }
}

async fn client(
    target: usize,
    tickets: Arc<AtomicUsize>,
    released: watch::Sender<usize>,
    mut current: watch::Receiver<Current>,
) -> Result<Results> {
    let mut results = Results::default();
    while tickets.fetch_add(1, Ordering::Relaxed) < target {
        results.released.push(
            one_released_answer(&mut current, &mut results.refused, &mut results.broken, &mut results.unexpected)
                .await?,
        );
        released.send_modify(|count| *count += 1);
    }
    Ok(results)
}

/// Asks until one answer is released.
async fn one_released_answer(
    current: &mut watch::Receiver<Current>,
    refused: &mut usize,
    broken: &mut usize,
    unexpected: &mut Vec<String>,
) -> Result<Uuid> {
    let mut failed_at = None;
    loop {
        let (generation, client) = next(current, failed_at).await?;
        // Each try is a session of its own, so that what reached the model can be found in the log.
        let session = Uuid::now_v7().to_string();
        let answer = client.post("/v1/chat/completions", &[("x-parapet-session", &session)], &question(&session)).await;
        match answer {
            Ok(answer) if answer.status == 200 => return Ok(answer.header("x-parapet-decision-id").parse()?),
            Ok(answer) if answer.status == 503 => *refused += 1,
            Ok(answer) => unexpected.push(format!("{}: {}", answer.status, answer.text())),
            Err(_) => {
                *broken += 1;
                failed_at = Some(generation);
            }
        }
        if unexpected.len() > 20 {
            bail!("too many answers that must not occur: {unexpected:?}");
        }
    }
}

fn question(session: &str) -> Value {
    json!({ "model": "m", "user": session, "messages": [{ "role": "user", "content": format!("When do you open? ({session})") }] })
}

/// The sidecar to ask: a newer one than that of generation `failed`, if that is given.
async fn next(current: &mut watch::Receiver<Current>, failed: Option<usize>) -> Result<(usize, Client)> {
    let newer =
        |now: &Current| now.as_ref().is_some_and(|(generation, _)| failed.is_none_or(|failed| *generation > failed));
    let waited = tokio::time::timeout(PATIENCE, current.wait_for(newer)).await;
    let now = waited.context("the sidecar did not come back")?.context("the sidecar was given up")?;
    now.clone().context("no sidecar")
}
