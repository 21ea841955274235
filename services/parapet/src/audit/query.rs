//! `parapet audit query`: reads pages of decisions and writes them as they come.

use anyhow::Result;
use parapet_domain::Timestamp;
use parapet_store::{Cursor, PageRequest};

use super::render::{Format, Writer};
use super::{filter, source};
use crate::exit::Exit;
use crate::output;

/// Most decisions in one page.
const MAX_PAGE: u32 = PageRequest::MAX_LIMIT;

/// Lists decisions, newest first, from the store or from a running sidecar's admin listener.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet audit query --decision deny --from 24h
  parapet audit query --guard eicu-access --principal nurse-17 --json
  parapet audit query --store postgres://auditor@db/parapet --all --csv > decisions.csv
  parapet audit query --admin http://127.0.0.1:9090 --token-file .parapet/admin-token

Without --store or --admin the store of --config is read, or the built-in default's.")]
pub(crate) struct Args {
    #[command(flatten)]
    filter: filter::Args,
    #[command(flatten)]
    source: source::Args,
    /// Most decisions to list
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Goes on after the page that gave this cursor
    #[arg(long, value_name = "CURSOR")]
    after: Option<Cursor>,
    /// Follows the pages to the end
    #[arg(long)]
    all: bool,
    /// Writes CSV with a header line
    #[arg(long)]
    csv: bool,
}

/// Runs the query.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    let format = match (args.csv, json) {
        (true, _) => Format::Csv,
        (false, true) => Format::Json,
        (false, false) => Format::Table,
    };
    let filter = args.filter.filter(Timestamp::now())?;
    let source = args.source.open().await?;
    let mut writer = Writer::new(output::stdout(), format);
    let limit = if args.all { MAX_PAGE } else { args.limit };
    let mut after = args.after;
    loop {
        let page = source.page(&filter, limit, after).await?;
        for record in &page.records {
            writer.record(record)?;
        }
        after = page.next;
        if after.is_none() || !args.all {
            writer.finish(after)?;
            return Ok(Exit::Success);
        }
    }
}
