//! `parapet approvals show`: one approval, whole.

use anyhow::Result;
use uuid::Uuid;

use super::{render, source};
use crate::exit::Exit;
use crate::output;

/// Shows one call: what would pass, on whose behalf, which guards ask and why, and what has happened so far.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet approvals show 01a20e1c-dc9b-70f2-bace-1459ac446623
  parapet approvals show 01a20e1c-dc9b-70f2-bace-1459ac446623 --json")]
pub(crate) struct Args {
    /// Id of the approval
    id: Uuid,
    #[command(flatten)]
    source: source::Args,
}

/// Shows it.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let view = args.source.open().await?.show(args.id).await?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &view)?;
    } else {
        render::view(&mut out, &view)?;
    }
    Ok(Exit::Success)
}
