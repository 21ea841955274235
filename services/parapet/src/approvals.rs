//! `parapet approvals`: what waits for a person, and the person's answer.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod answer;
mod list;
mod render;
mod show;
mod source;

/// The subcommands of `parapet approvals`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists what waits for a person
    List(Box<list::Args>),
    /// Shows one call: what would pass, who asks, what has happened
    Show(Box<show::Args>),
    /// Lets exactly this call pass once
    Approve(Box<answer::Args>),
    /// Refuses this call until it would have expired
    Deny(Box<answer::Args>),
}

/// Runs one of them.
pub(crate) async fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::List(args) => list::run(*args, json).await,
        Command::Show(args) => show::run(*args, json).await,
        Command::Approve(args) => answer::run(*args, true, json).await,
        Command::Deny(args) => answer::run(*args, false, json).await,
    }
}
