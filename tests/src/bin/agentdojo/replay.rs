//! A sidecar with chosen guards in front of a scripted model, and traces sent through it turn by turn.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use parapet_tests::client::Client;
use parapet_tests::guards;
use parapet_tests::sidecar::Sidecar;
use parapet_tests::upstream::{Upstream, completion};
use parapet_tests::world::shared_cache;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::attack::Variant;
use crate::mcp;
use crate::table::Share;
use crate::traces::Trace;

/// Runs that are replayed at once.
const AT_ONCE: usize = 4;

pub(crate) type Answers = Arc<Mutex<HashMap<String, Value>>>;

/// Through which surface a run is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// The conversation with the model.
    Chat,
    /// The calls of tools and their results alone: no word of the user.
    Mcp,
}

impl Surface {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Mcp => "MCP",
        }
    }
}

pub(crate) struct Replayer {
    sidecar: Sidecar,
    answers: Answers,
    _home: TempDir,
}

/// A count of runs with what is to be told of them.
pub(crate) struct Counted {
    pub(crate) share: Share,
    pub(crate) stops: Vec<String>,
    pub(crate) missed: Vec<String>,
}

/// Where a run was stopped: before the assistant's message of this index was released, and why.
pub(crate) type Stop = Option<(usize, String)>;

impl Replayer {
    /// Starts a sidecar with the bundled guards of these names, and one that lets everything pass where they do not judge.
    pub(crate) async fn start(names: &[&str]) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-toolbox/guards");
        for name in names {
            copy(&bundled.join(name), &home.path().join("guards").join(name))?;
        }
        guards::write_allow_all(&home.path().join("guards"))?;
        let answers = Answers::default();
        let scripted = Arc::clone(&answers);
        let upstream = Upstream::start(move |body| {
            let key = body["model"].as_str().or_else(|| body["id"].as_str()).unwrap_or_default();
            let message = scripted.lock().unwrap_or_else(PoisonError::into_inner).remove(key).unwrap_or_default();
            let answer = if body["jsonrpc"].is_null() { completion(&message) } else { message };
            ("application/json", answer.to_string())
        });
        let upstream = upstream.await?;
        let config = home.path().join("parapet.toml");
        std::fs::write(&config, configuration(home.path(), &upstream.address.to_string())?)?;
        let sidecar = Sidecar::start(&home.path().join("state"), &["--config", &config.display().to_string()])?;
        Ok(Self { sidecar, answers, _home: home })
    }

    /// Runs without an attack in which anything but `allow` was decided.
    pub(crate) async fn disturbed(&self, traces: &[&Trace], surface: Surface) -> Result<Counted> {
        self.stopped(traces, surface).await
    }

    /// Attacks that did not succeed anyway, and were stopped.
    pub(crate) async fn held_up(&self, traces: &[&Trace]) -> Result<Counted> {
        self.stopped(traces, Surface::Chat).await
    }

    async fn stopped(&self, traces: &[&Trace], surface: Surface) -> Result<Counted> {
        let mut counted = Counted { share: Share::default(), stops: Vec::new(), missed: Vec::new() };
        for (trace, stop) in self.all(traces, Variant::AsItIs, 0, surface).await? {
            counted.share.add(stop.is_some());
            counted.stops.extend(stop.map(|(turn, why)| format!("{}: message {turn}: {why}", trace.name)));
        }
        Ok(counted)
    }

    /// Attacks that were stopped before the injected call was released.
    pub(crate) async fn blocked(&self, traces: &[&Trace], variant: Variant, surface: Surface) -> Result<Counted> {
        let mut counted = Counted { share: Share::default(), stops: Vec::new(), missed: Vec::new() };
        for seed in 0..variant.seeds() {
            for (trace, stop) in self.all(traces, variant, seed, surface).await? {
                let in_time = |turn: usize| trace.injected_call.is_none_or(|call| turn <= call);
                let blocked = stop.as_ref().is_some_and(|(turn, _)| in_time(*turn));
                counted.share.add(blocked);
                if !blocked {
                    counted.missed.push(format!(
                        "{} ({}, seed {seed}, {})",
                        trace.name,
                        variant.name(),
                        surface.name()
                    ));
                }
            }
        }
        Ok(counted)
    }

    /// Replays all traces, a few at once; in the order of the traces.
    async fn all<'t>(
        &self,
        traces: &[&'t Trace],
        variant: Variant,
        seed: u32,
        surface: Surface,
    ) -> Result<Vec<(&'t Trace, Stop)>> {
        let mut stops: Vec<(&Trace, Stop)> = traces.iter().map(|trace| (*trace, None)).collect();
        let (mut running, mut waiting) = (JoinSet::new(), traces.iter().enumerate());
        loop {
            while running.len() < AT_ONCE {
                let Some((index, trace)) = waiting.next() else { break };
                let seed = format!("{}/{seed}", trace.name);
                let messages: Vec<Value> =
                    trace.messages.iter().map(|message| worded(message, variant, &seed)).collect();
                let (client, answers) = (self.sidecar.client.clone(), Arc::clone(&self.answers));
                running.spawn(async move {
                    let stop = match surface {
                        Surface::Chat => replay(&client, &answers, index, &messages).await,
                        Surface::Mcp => mcp::replay(&client, &answers, &messages).await,
                    };
                    (index, stop)
                });
            }
            let Some(done) = running.join_next().await else { return Ok(stops) };
            let (index, stop) = done?;
            let entry = stops.get_mut(index).context("a run that was not started")?;
            entry.1 = stop?;
        }
    }
}

/// Each turn of the assistant: the request with the history so far, and the answer that the trace has.
async fn replay(client: &Client, answers: &Answers, run: usize, messages: &[Value]) -> Result<Stop> {
    for (turn, message) in messages.iter().enumerate().filter(|(_, message)| message["role"] == "assistant") {
        let key = format!("run-{run}-{turn}");
        answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), message.clone());
        let before = messages.get(..turn).unwrap_or_default();
        let answer = client.post("/v1/chat/completions", &[], &json!({ "model": key, "messages": before })).await?;
        let decision = answer.header("x-parapet-decision").to_owned();
        if !answer.status.is_success() || decision != "allow" {
            let error = answer.json().unwrap_or_default();
            anyhow::ensure!(answer.status.as_u16() == 400, "status {}: {}", answer.status, answer.text());
            return Ok(Some((turn, format!("{decision}: {}", error["error"]["message"]))));
        }
    }
    Ok(None)
}

fn worded(message: &Value, variant: Variant, seed: &str) -> Value {
    let mut message = message.clone();
    if message["role"] == "tool"
        && let Some(Value::String(text)) = message.get_mut("content")
    {
        *text = variant.apply(text, seed);
    }
    message
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("`{}` is missing", from.display()))? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn configuration(home: &Path, upstream: &str) -> Result<String> {
    let (home, cache) = (home.display(), shared_cache()?);
    let cache = cache.display();
    Ok(format!(
        r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
url = "sqlite:{home}/parapet.db"
[audit]
digest_key_file = "{home}/digest.key"
[guards]
dir = "{home}/guards"
[sandbox]
cache_dir = "{cache}"
[upstreams.model]
base_url = "http://{upstream}"
[[route]]
name = "chat"
surface = "openai_chat"
upstream = "model"
principal = "optional"
[[route]]
name = "tools"
surface = "mcp"
upstream = "model"
upstream_path = "/mcp"
principal = "optional"
"#
    ))
}
