//! `parapet mcp`: between a client of the Model Context Protocol and a server that it starts.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod pump;
mod wrap;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts an MCP server and judges every message between it and its client
    Wrap(wrap::Args),
}

/// Runs it.
pub(crate) async fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Wrap(args) => wrap::run(args).await,
    }
}
