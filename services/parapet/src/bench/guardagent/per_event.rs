//! Guards that a model decides per event, as in the paper, and the limits that it has.

use std::path::PathBuf;

use anyhow::Result;
use parapet_guardgen::PerEventOptions;
use parapet_judge::Manifest;
use parapet_models::{ModelClient, ModelConfig};
use tempfile::TempDir;

use super::prepared;
use super::row::Suite;

/// What the model may take for one form of event.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PerEvent {
    /// Longest time that the model has for one event, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = PerEventOptions::default().seconds, requires = "per_event")]
    event_seconds: u64,
    /// Folder in which every exchange with the model is kept as a file; not with `--via http`
    #[arg(long, value_name = "DIR", requires = "per_event", conflicts_with = "via")]
    record: Option<PathBuf>,
}

impl PerEvent {
    /// As the limits of a coder.
    pub(super) fn options(&self) -> PerEventOptions {
        PerEventOptions { seconds: self.event_seconds, ..PerEventOptions::default() }
    }

    /// As a table of a configuration.
    pub(super) fn table(&self) -> toml::Table {
        let seconds = i64::try_from(self.event_seconds).unwrap_or(i64::MAX);
        toml::Table::from_iter([("seconds".to_owned(), seconds.into())])
    }

    /// The configured model, if there is one.
    pub(super) fn model(&self) -> Result<Option<ModelClient>> {
        let Some(config) = ModelConfig::from_env()? else { return Ok(None) };
        Ok(Some(match &self.record {
            Some(folder) => ModelClient::recording(config, folder)?,
            None => ModelClient::new(config)?,
        }))
    }
}

/// Both guards without code. The tables of the request are given as facts, as the paper's toolbox has them built in; what the
/// program does with them is the model's.
pub(super) fn guards() -> Result<TempDir> {
    let dir = prepared::folder()?;
    for suite in Suite::ALL {
        let asked = prepared::asked(suite);
        let compiled = parapet_guardgen::compile(&prepared::request(&asked))?.manifest;
        let tools = asked.tools.iter().map(|tool| (*tool).to_owned()).collect();
        let manifest = Manifest { per_event: true, stages: vec![asked.stage], tools, ..compiled };
        let guard = dir.path().join(asked.id);
        std::fs::create_dir(&guard)?;
        prepared::write(&guard.join("guard.toml"), toml::to_string(&manifest)?.as_bytes())?;
    }
    Ok(dir)
}
