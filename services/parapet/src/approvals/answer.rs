//! `parapet approvals approve` and `parapet approvals deny`.

use anyhow::Result;
use uuid::Uuid;

use super::{render, source};
use crate::exit::Exit;
use crate::output;

/// Answers for the record: who answers has to be said, and is recorded as told. Only a question that waits can be answered.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet approvals approve 01a20e1c-dc9b-70f2-bace-1459ac446623 --by ann
  parapet approvals deny 01a20e1c-dc9b-70f2-bace-1459ac446623 --by ann --note 'the customer has not called'")]
pub(crate) struct Args {
    /// Id of the approval
    id: Uuid,
    /// Who answers
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    source: source::Args,
}

/// Answers.
pub(super) async fn run(args: Args, approve: bool, json: bool) -> Result<Exit> {
    let view = args.source.open().await?.answer(args.id, approve, &args.by, &args.note).await?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &view)?;
    } else {
        render::answered(&mut out, &view)?;
    }
    Ok(Exit::Success)
}
