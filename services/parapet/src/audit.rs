//! `parapet audit`: reading the decisions that were recorded.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod filter;
mod query;
mod render;
mod source;

/// The subcommands of `parapet audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists decisions, newest first
    Query(Box<query::Args>),
}

/// Runs one of them.
pub(crate) async fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::Query(args) => query::run(*args, json).await,
    }
}

pub(crate) use filter::stage;
pub(crate) use source::{Args as SourceArgs, Source};
