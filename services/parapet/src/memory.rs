//! `parapet memory`: the past cases that guards are generated after.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod add;
mod feedback;
mod forget;
mod list;
pub(crate) mod place;
mod recall;
mod render;
mod show;

/// The subcommands of `parapet memory`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the cases, newest first
    List(list::Args),
    /// Shows one case with its plan, code and tests
    Show(show::Args),
    /// Adds a guard as an example, once its tests have passed
    Add(Box<add::Args>),
    /// Removes a case
    Forget(forget::Args),
    /// Says of a recorded decision whether it was right
    Feedback(Box<feedback::Args>),
    /// Shows which cases would be recalled for a guard request or an event
    Recall(Box<recall::Args>),
}

/// Runs one of them.
pub(crate) async fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::List(args) => list::run(args, json).await,
        Command::Show(args) => show::run(args, json).await,
        Command::Add(args) => add::run(*args, json).await,
        Command::Forget(args) => forget::run(args, json).await,
        Command::Feedback(args) => feedback::run(*args, json).await,
        Command::Recall(args) => recall::run(*args, json).await,
    }
}
