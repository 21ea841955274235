//! `parapet tool list`: the tools that guards can be granted, as models are told of them.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use parapet_guardgen::library::describe;

use super::load;
use crate::exit::Exit;
use crate::output::{self, BOLD, DIM, paint};

/// Lists the tools that guards can be granted: the operator's, and the built-in ones. Nothing is built.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet tool list
  parapet tool list guards --json
  parapet tool list --own            the operator's alone")]
pub(crate) struct Args {
    /// A folder of guards, a folder of tools or one tool's folder [default: guards]
    #[arg(value_name = "DIR")]
    path: Option<PathBuf>,
    /// Leaves the built-in tools out
    #[arg(long)]
    own: bool,
}

/// Lists them.
pub(super) fn run(args: &Args, json: bool) -> Result<Exit> {
    let mut tools = describe(&load::sources(args.path.as_deref())?);
    tools.retain(|tool| !(args.own && tool.built_in));
    tools.sort_by_key(|tool| tool.built_in);
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &tools)?;
        return Ok(Exit::Success);
    }
    for tool in &tools {
        let whose = if tool.built_in { "built in" } else { "yours" };
        writeln!(out, "{}  {}", paint(BOLD, &output::clean(&tool.signature)), paint(DIM, whose))?;
        writeln!(out, "  {}\n  {}", output::clean(&tool.doc), paint(DIM, &output::clean(&tool.example)))?;
    }
    Ok(Exit::Success)
}
