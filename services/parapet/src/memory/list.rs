//! `parapet memory list`: pages of cases.

use anyhow::Result;
use parapet_guardgen::{Memory, Page};
use uuid::Uuid;

use super::{place, render};
use crate::exit::Exit;
use crate::output::{self, DIM, paint};

/// Lists the cases of the store, newest first.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet memory list
  parapet memory list --limit 20 --after 0198c2a1-7d3e-7a10-9c55-0242ac120002 --json
  parapet memory list --seeds")]
pub(crate) struct Args {
    /// Most cases to list
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(Memory::MAX_PAGE)))]
    limit: u32,
    /// Goes on after the page that ended with this id
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
    /// Lists the worked cases that come with Parapet instead
    #[arg(long, conflicts_with_all = ["limit", "after"])]
    seeds: bool,
    #[command(flatten)]
    place: place::Args,
}

/// Lists them.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let page = if args.seeds {
        Page { cases: Memory::seeds().to_vec(), next: None }
    } else {
        args.place.open_existing().await?.list(args.limit, args.after).await?
    };
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &page)?;
    } else {
        write_text(&mut out, &page)?;
    }
    Ok(Exit::Success)
}

fn write_text(out: &mut impl std::io::Write, page: &Page) -> Result<()> {
    if page.cases.is_empty() {
        writeln!(out, "no case yet; add one with `parapet memory add`, or see `parapet memory list --seeds`")?;
        return Ok(());
    }
    writeln!(out, "{}", render::heading())?;
    page.cases.iter().try_for_each(|case| writeln!(out, "{}", render::line(case)))?;
    if let Some(next) = page.next {
        writeln!(out, "{}", paint(DIM, &format!("more: add `--after {next}`")))?;
    }
    Ok(())
}
