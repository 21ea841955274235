//! `parapet memory forget`: removes a case, and its part of the index.

use anyhow::{Result, bail};
use parapet_guardgen::CaseId;

use super::place;
use crate::exit::Exit;
use crate::output;

/// Removes a case for good.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  parapet memory forget 0198c2a1-7d3e-7a10-9c55-0242ac120002")]
pub(crate) struct Args {
    /// The case's UUID
    #[arg(value_name = "ID")]
    id: CaseId,
    #[command(flatten)]
    place: place::Args,
}

/// Removes it.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    if !args.place.open_existing().await?.forget(&args.id).await? {
        bail!("there is no case `{}`; `parapet memory list` shows those that are there", args.id);
    }
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &serde_json::json!({ "forgotten": args.id }))?;
    } else {
        std::io::Write::write_fmt(&mut out, format_args!("forgotten: {}\n", args.id))?;
    }
    Ok(Exit::Success)
}
