//! `parapet memory recall`: what a generation would be shown.

use std::path::PathBuf;

use anyhow::Result;
use parapet_guardgen::Query;

use super::{place, render};
use crate::exit::Exit;
use crate::output;

/// Shows the cases that would be recalled: those whose event is nearest to --input and --output, or, without an event, those
/// whose guard request is nearest to --request.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet memory recall --agent agent.txt --request request.txt
  parapet memory recall --agent agent.txt --request request.txt --input question.txt --output answer.txt --k 5 --json")]
pub(crate) struct Args {
    /// File with the description of the agent
    #[arg(long, value_name = "FILE")]
    agent: PathBuf,
    /// File with the guard request
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// File with what the user asked
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// File with what the agent did
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Most cases to recall
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    k: u8,
    /// Puts cases of the same agent before all others
    #[arg(long)]
    same_agent_first: bool,
    #[command(flatten)]
    place: place::Args,
}

/// Recalls them.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let query = Query {
        agent: place::text(&args.agent)?,
        request: place::text(&args.request)?,
        input: place::optional_text(args.input.as_deref())?.unwrap_or_default(),
        output: place::optional_text(args.output.as_deref())?.unwrap_or_default(),
        k: usize::from(args.k),
        same_agent_first: args.same_agent_first,
    };
    let hits = args.place.open_or_seeds().await?.recall(&query).await?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &hits)?;
    } else {
        render::recalled(&mut out, &hits)?;
    }
    Ok(Exit::Success)
}
