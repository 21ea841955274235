//! `parapet tool`: tools of the operator as folders, from a template or from a function that a guard defines.

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

mod list;
mod load;
mod new;
mod promote;
mod show;
mod test;

/// The subcommands of `parapet tool`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the tools that guards can be granted
    List(list::Args),
    /// Runs the tools' own tests
    Test(test::Args),
    /// Makes a tool's folder with a small example
    New(new::Args),
    /// Shows one tool with its code
    Show(show::Args),
    /// Makes a tool out of a function that a guard defines and its tests come through
    Promote(promote::Args),
}

/// Runs one of them.
pub(crate) fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::List(args) => list::run(&args, json),
        Command::Test(args) => test::run(&args, json),
        Command::New(args) => new::run(&args, json),
        Command::Show(args) => show::run(&args, json),
        Command::Promote(args) => promote::run(&args, json),
    }
}
