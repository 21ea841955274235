//! `parapet approvals list`: a page of approvals.

use anyhow::Result;
use parapet_domain::ApprovalState;
use parapet_store::Store;
use uuid::Uuid;

use super::{render, source};
use crate::exit::Exit;
use crate::output;

/// Lists calls that wait for a person, newest first, from the store or from a running sidecar's admin listener.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet approvals list
  parapet approvals list --state denied --limit 20 --json
  parapet approvals list --state all --admin http://127.0.0.1:9090 --token-file .parapet/admin-token")]
pub(crate) struct Args {
    /// pending, approved, denied, expired, used, or all
    #[arg(long, default_value = "pending", value_parser = state)]
    state: State,
    /// Most approvals to list
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(Store::MAX_APPROVALS)))]
    limit: u32,
    /// Goes on after the page that ended with this id
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
    #[command(flatten)]
    source: source::Args,
}

/// One state, or any.
#[derive(Debug, Clone, Copy)]
struct State(Option<ApprovalState>);

fn state(text: &str) -> Result<State, String> {
    if text == "all" {
        return Ok(State(None));
    }
    let found = ApprovalState::ALL.into_iter().find(|state| state.as_str() == text);
    found
        .map(|state| State(Some(state)))
        .ok_or_else(|| "use pending, approved, denied, expired, used or all".to_owned())
}

/// Lists them.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let page = args.source.open().await?.page(args.state.0, args.limit, args.after).await?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &page)?;
    } else {
        render::page(&mut out, &page)?;
    }
    Ok(Exit::Success)
}
