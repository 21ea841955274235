//! `parapet longbench`: how well a model keeps to long lengths, and what its texts are worth.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod dataset;
mod model;
mod run;
mod score;
mod show;
mod watch;

/// The subcommands of `parapet longbench`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Has a model write the texts of LongBench-Write or LongWrite-Ruler
    Run(run::Args),
    /// Makes training data of instructions: rows for supervised tuning, and preference pairs
    Dataset(dataset::Args),
    /// Scores the texts of a run: length, quality, tables and a plot
    Score(score::Args),
}

/// Runs one of them.
pub(crate) async fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::Run(args) => run::run(args, json).await,
        Command::Dataset(args) => dataset::run(args, json).await,
        Command::Score(args) => score::run(args, json).await,
    }
}
