//! Guards that are made for a measurement: generated from the two guard requests, or decided per event by a model.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parapet_domain::{Budget, Stage};
use parapet_guardgen::{GenerateOptions, Generator, GuardRequest, Memory, write_guard};
use parapet_judge::{Manifest, SetFiles, Streaming};
use parapet_models::{ModelClient, ModelConfig};
use parapet_sandbox::Sandbox;
use tempfile::TempDir;

use super::row::Suite;

macro_rules! request_file {
    ($guard:literal, $file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/generation/guardagent/", $guard, "/", $file))
    };
}

/// The guard request of one data set.
struct Asked {
    id: &'static str,
    request: &'static str,
    agent: &'static str,
    stage: Stage,
    /// What code per event may call.
    tools: &'static [&'static str],
}

const fn asked(suite: Suite) -> Asked {
    match suite {
        Suite::EicuAc => Asked {
            id: "eicu-access",
            request: request_file!("eicu-access", "request.md"),
            agent: request_file!("eicu-access", "agent.md"),
            stage: Stage::Output,
            tools: &["python_calls", "sql_columns", "check_access"],
        },
        Suite::Mind2WebSc => Asked {
            id: "web-rules",
            request: request_file!("web-rules", "request.md"),
            agent: request_file!("web-rules", "agent.md"),
            stage: Stage::Input,
            tools: &["text_topic", "check_rules"],
        },
    }
}

/// The configured model, if there is one.
pub(super) fn model() -> Result<Option<ModelClient>> {
    Ok(ModelConfig::from_env()?.map(ModelClient::new).transpose()?)
}

/// Both guards, generated from their requests.
pub(super) async fn generated(sandbox: Arc<Sandbox>) -> Result<TempDir> {
    let dir = folder()?;
    let generator = Generator::new(sandbox, Memory::seeds_only(), model()?);
    for suite in Suite::ALL {
        let asked = asked(suite);
        let request = GuardRequest {
            id: asked.id.to_owned(),
            request: asked.request.to_owned(),
            agent: asked.agent.to_owned(),
            ..GuardRequest::default()
        };
        // The checks of mutants and coverage say nothing of the figures, and take longer than all rows.
        let mut options = GenerateOptions::default();
        options.checks.max_mutants = 0;
        let made = generator.generate(&request, &options, &mut |_| {}).await?;
        if !made.counts() {
            bail!("the guard `{}` that was generated does not count:\n{}", asked.id, made.report.to_text());
        }
        write_guard(&dir.path().join(asked.id), &made, false)?;
    }
    Ok(dir)
}

/// Both guards without code.
pub(super) fn per_event() -> Result<TempDir> {
    let dir = folder()?;
    for suite in Suite::ALL {
        let asked = asked(suite);
        let manifest = Manifest {
            id: asked.id.to_owned(),
            title: format!("{} per event", suite.name()),
            request: asked.request.to_owned(),
            agent: asked.agent.to_owned(),
            stages: vec![asked.stage],
            tools: asked.tools.iter().map(|tool| (*tool).to_owned()).collect(),
            streaming: Streaming::Whole,
            per_event: true,
            session: Default::default(),
            words: Default::default(),
            budget: Budget { fuel: 400_000_000, memory_bytes: 16 << 20, deadline_ms: 1_000, output_bytes: 64 << 10 },
            facts: toml::Table::new(),
            patterns: std::collections::BTreeMap::new(),
            phrases: std::collections::BTreeMap::new(),
        };
        let guard = dir.path().join(asked.id);
        std::fs::create_dir(&guard)?;
        write(&guard.join("guard.toml"), toml::to_string(&manifest)?.as_bytes())?;
    }
    Ok(dir)
}

/// The bundled guards without the two, so that the others judge what they always do.
fn folder() -> Result<TempDir> {
    let dir = tempfile::Builder::new().prefix("parapet-guards-").tempdir().context("no temporary folder for guards")?;
    let bundled = SetFiles::bundled();
    write(&dir.path().join("set.toml"), &bundled.set_file.unwrap_or_default())?;
    let made = Suite::ALL.map(|suite| asked(suite).id);
    for guard in bundled.guards.iter().filter(|guard| !made.contains(&guard.name.as_str())) {
        let folder = dir.path().join(&guard.name);
        std::fs::create_dir(&folder)?;
        for (name, content) in &guard.files {
            write(&folder.join(name), content)?;
        }
    }
    Ok(dir)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(path, content).with_context(|| format!("`{}` cannot be written", path.display()))
}
