//! `parapet memory show`: one case with all that belongs to it.

use anyhow::{Result, bail};
use parapet_guardgen::{CaseId, Memory};

use super::{place, render};
use crate::exit::Exit;
use crate::output;

/// Shows one case with its event, plan, code and tests.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet memory show seed:bank-transfers
  parapet memory show 0198c2a1-7d3e-7a10-9c55-0242ac120002 --json")]
pub(crate) struct Args {
    /// A UUID, or seed:NAME
    #[arg(value_name = "ID")]
    id: CaseId,
    #[command(flatten)]
    place: place::Args,
}

/// Shows it.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let memory = match &args.id {
        CaseId::Seed(_) => Memory::seeds_only(),
        CaseId::Stored(_) => args.place.open_existing().await?,
    };
    let Some(case) = memory.show(&args.id).await? else {
        bail!("there is no case `{}`; `parapet memory list` shows those that are there", args.id);
    };
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &case)?;
    } else {
        render::whole(&mut out, &case)?;
    }
    Ok(Exit::Success)
}
