//! Structured logs on standard error, as text or as JSON lines. The content of a message is never logged.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Options of every command that logs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Logging")]
#[group(skip)]
pub(crate) struct Args {
    /// What is logged: a level, or levels by module such as `info,parapet_gateway=debug`
    #[arg(long, value_name = "FILTER", env = "PARAPET_LOG")]
    log: Option<String>,
    /// Form of the log, on standard error
    #[arg(long, value_enum, env = "PARAPET_LOG_FORMAT", default_value = "text")]
    log_format: Format,
}

impl Args {
    /// Starts logging; `default` holds when no level is given.
    pub(crate) fn start(&self, default: &str) -> Result<()> {
        let filter = self.log.as_deref().unwrap_or(default);
        let filter = EnvFilter::try_new(filter)
            .with_context(|| format!("`{filter}` is no log filter; write a level such as `info`"))?;
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
        let started = match self.log_format {
            Format::Text => builder.try_init(),
            Format::Json => builder.json().flatten_event(true).try_init(),
        };
        started.map_err(|e| anyhow::anyhow!("logging cannot start: {e}"))
    }
}
