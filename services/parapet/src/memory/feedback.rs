//! `parapet memory feedback`: whether a recorded decision was right.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use parapet_guardgen::Feedback;
use uuid::Uuid;

use super::place;
use crate::exit::Exit;
use crate::output;

/// Remembers a decision of the audit log as a case: as an example when it was right; when it was wrong, only to be looked up.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet memory feedback --decision 0198c2a1-7d3e-7a10-9c55-0242ac120002 --right --by ann
  parapet memory feedback --decision 0198c2a1-7d3e-7a10-9c55-0242ac120002 --wrong --by ann --note 'physicians may' \\
      --input question.txt --output answer.txt

The texts come from the log where the route has `store_content = true` and nothing was refused; otherwise they have to be given
with --input and --output.")]
pub(crate) struct Args {
    /// Id of the decision, as `parapet audit query` shows it
    #[arg(long, value_name = "ID")]
    decision: Uuid,
    /// The decision was right
    #[arg(long, required_unless_present = "wrong")]
    right: bool,
    /// The decision was wrong
    #[arg(long, conflicts_with = "right")]
    wrong: bool,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// The guard that it is about, where several ran and none decided
    #[arg(long, value_name = "ID")]
    guard: Option<String>,
    /// File with what the user asked
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// File with what the agent did
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: place::Args,
}

/// Remembers it.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let feedback = Feedback {
        decision: args.decision,
        right: args.right,
        by: args.by,
        note: args.note,
        guard: args.guard,
        input: place::optional_text(args.input.as_deref())?,
        output: place::optional_text(args.output.as_deref())?,
    };
    let added = args.place.open_existing().await?.feedback(feedback).await?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &added)?;
    } else {
        writeln!(out, "{}: {}", if added.new { "remembered" } else { "known already" }, added.id)?;
    }
    Ok(Exit::Success)
}
