//! The one binary. This file is an index: it reads the command line, runs the command and ends with its exit code.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use cli::{Cli, Command};
use exit::Exit;

mod approvals;
mod audit;
mod bench;
mod bundled;
mod check;
mod cli;
mod config;
mod demo;
mod event_input;
mod exit;
mod failure;
mod generate;
mod guard;
mod hook;
mod http_client;
mod local_user;
mod log;
mod longbench;
mod mcp;
mod memory;
mod output;
mod parts;
mod registry;
mod serve;
mod sidecar;
mod signals;
mod state_dir;
mod telemetry;
mod tool;
mod write;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::BuildChild = cli.command {
        // No runtime and no threads: the child puts limits on itself before it reads anything.
        return parapet_sandbox::child_main();
    }
    let json = cli.json;
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => failure::report(&error, json).into(),
    }
}

fn run(cli: Cli) -> Result<Exit> {
    let json = cli.json;
    match cli.command {
        Command::BuildChild => Ok(Exit::Failure),
        Command::Serve(args) => block_on(serve::run(args, json)),
        Command::Check(args) => block_on(check::run(args, json)),
        Command::Guard(command) => guard::run(command, json),
        Command::Hook(command) => block_on(hook::run(command)),
        Command::Generate(args) => block_on(generate::run(*args, json)),
        Command::Write(args) => block_on(write::run(*args, json)),
        Command::Tool(command) => tool::run(command, json),
        Command::Mcp(command) => block_on(mcp::run(command)),
        Command::Approvals(command) => block_on(approvals::run(command, json)),
        Command::Audit(command) => block_on(audit::run(command, json)),
        Command::Memory(command) => block_on(memory::run(command, json)),
        Command::Bench(command) => block_on(bench::run(command, json)),
        Command::Longbench(command) => block_on(longbench::run(*command, json)),
        Command::Demo(args) => block_on(demo::run(args, json)),
    }
}

fn block_on(command: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(command)
}
