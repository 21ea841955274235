//! `parapet guard`: guards as folders, from the first line of code to a tested set.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;
use crate::parts;
use crate::state_dir::StateDir;

mod build;
mod check;
mod list;
mod load;
mod new;
mod run;
mod test;

/// The subcommands of `parapet guard`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a guard's folder with a small example, or writes the bundled guards out
    New(new::Args),
    /// Builds guards and lists everything that is wrong with them
    Build(build::Args),
    /// Runs the guards' own tests
    Test(test::Args),
    /// Checks whether guards count: tests, cost, coverage, mutants
    Check(check::Args),
    /// Lists guards, or the tools that they can be granted
    List(list::Args),
    /// Runs one guard on one event
    Run(Box<run::Args>),
}

/// Runs one of them.
pub(crate) fn run(command: Command, json: bool) -> Result<Exit> {
    match command {
        Command::New(args) => new::run(&args, json),
        Command::Build(args) => build::run(&args, json),
        Command::Test(args) => test::run(&args, json),
        Command::Check(args) => check::run(&args, json),
        Command::List(args) => list::run(&args, json),
        Command::Run(args) => run::run(*args, json),
    }
}

/// Options of every command that builds guards.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Sandbox")]
#[group(skip)]
pub(crate) struct SandboxArgs {
    /// Private folder for built guards; default: in the state folder
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl SandboxArgs {
    /// Opens a sandbox for this command.
    pub(crate) fn open(&self) -> Result<parapet_sandbox::Sandbox> {
        let cache_dir = match &self.cache_dir {
            Some(dir) => dir.clone(),
            None => StateDir::open(None)?.join("cache"),
        };
        parts::sandbox(cache_dir, None, parts::MAX_WAIT)
    }
}
