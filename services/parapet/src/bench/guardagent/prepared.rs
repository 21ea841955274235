//! The guards of the two guard requests, generated for a measurement, and what they are made from.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parapet_domain::Stage;
use parapet_guardgen::{GenerateOptions, Generator, GuardRequest, Memory, write_guard};
use parapet_judge::SetFiles;
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
pub(super) struct Asked {
    pub(super) id: &'static str,
    pub(super) request: &'static str,
    pub(super) agent: &'static str,
    pub(super) stage: Stage,
    /// What code per event may call.
    pub(super) tools: &'static [&'static str],
}

pub(super) const fn asked(suite: Suite) -> Asked {
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
            tools: &["text_topic"],
        },
    }
}

/// As a guard request.
pub(super) fn request(asked: &Asked) -> GuardRequest {
    GuardRequest {
        id: asked.id.to_owned(),
        request: asked.request.to_owned(),
        agent: asked.agent.to_owned(),
        ..GuardRequest::default()
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
        let request = request(&asked);
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

/// The bundled guards without the two, so that the others judge what they always do.
pub(super) fn folder() -> Result<TempDir> {
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

pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(path, content).with_context(|| format!("`{}` cannot be written", path.display()))
}
