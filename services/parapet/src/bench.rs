//! `parapet bench`: measurements against published benchmarks, over the same path as real traffic.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod guardagent;

/// The subcommands of `parapet bench`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Guards on the two data sets of GuardAgent: EICU-AC and Mind2Web-SC
    Guardagent(guardagent::Args),
}

/// Runs one of them.
pub(crate) async fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::Guardagent(args) => guardagent::run(args, json).await,
    }
}
