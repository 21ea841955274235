//! The command line: every subcommand in one list. Arguments stand with the command that takes them.

use clap::{Parser, Subcommand};

use crate::exit::Exit;
use crate::{approvals, audit, bench, check, demo, generate, guard, hook, longbench, mcp, memory, serve, tool, write};

/// Guardrail sidecar for LLM agents: judges an agent's traffic with sandboxed guards, enforces the verdict and
/// records every decision.
#[derive(Debug, Parser)]
#[command(name = "parapet", version, propagate_version = true, after_help = Exit::TABLE, max_term_width = 110)]
pub(crate) struct Cli {
    /// Prints JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the sidecar
    Serve(serve::Args),
    /// Judges one event and prints the verdicts
    Check(check::Args),
    /// Makes, builds, tests, lists and runs guards
    #[command(subcommand)]
    Guard(guard::Command),
    /// Asks a running sidecar about one event of a coding agent, as that agent's hook
    #[command(subcommand)]
    Hook(hook::Command),
    /// Makes a guard from a guard request
    Generate(Box<generate::Args>),
    /// Writes a long document, every section of it through the guards
    Write(Box<write::Args>),
    /// Makes, tests and lists tools for guards, and promotes functions of guards to tools
    #[command(subcommand)]
    Tool(tool::Command),
    /// Stands between an MCP client and a server that it starts
    #[command(subcommand)]
    Mcp(mcp::Command),
    /// What waits for a person: lists, shows, approves, denies
    #[command(subcommand)]
    Approvals(approvals::Command),
    /// Reads the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Past cases that guards are generated after
    #[command(subcommand)]
    Memory(memory::Command),
    /// Measures against published benchmarks
    #[command(subcommand)]
    Bench(bench::Command),
    /// How well a model keeps to long lengths, and what its texts are worth
    #[command(subcommand)]
    Longbench(Box<longbench::Command>),
    /// Starts a sidecar with a demo agent, sends real exchanges and shows what was decided
    Demo(demo::Args),
    /// Builds one guard with limits on this process; the sandbox starts it
    #[command(hide = true)]
    BuildChild,
}

impl Command {
    /// Name of the hidden subcommand, for whoever starts it.
    pub(crate) const BUILD_CHILD: &str = "build-child";
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
