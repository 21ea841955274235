//! `parapet bench guardagent`: every row of EICU-AC and Mind2Web-SC through the whole path, and the figures of the
//! GuardAgent paper. The guards get what a deployment has; labels and explanations are read only to compare with.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::{log, output};

mod agent;
mod explanation;
mod figures;
mod http;
mod in_process;
mod latency;
mod published;
mod report;
mod routes;
mod row;
mod table;

/// Measures the guards on EICU-AC and Mind2Web-SC.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
DIR holds `eicu-ac.jsonl` (identity, question, agent_knowledge, agent_code, label, inaccessible) and
`mind2web-sc.jsonl` (task, user_info, agent_prompt, agent_output, label, violation).

LPA  rows with the right label            LPP, LPR  precision and recall of `deny`
EA   rows to deny: denied, with exactly the right columns or rule
FRA  rows to allow: allowed, and what the agent wrote passed byte for byte

Examples:
  parapet bench guardagent --data DIR
  parapet bench guardagent --data DIR --via http --json
  parapet bench guardagent --data DIR --guards my-guards")]
pub(crate) struct Args {
    /// Folder with the data sets
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of guards instead of the bundled ones
    #[arg(long, value_name = "DIR")]
    guards: Option<PathBuf>,
    /// The way that rows take
    #[arg(long, value_enum, default_value = "in-process")]
    via: Via,
    /// How many times every row is sent; figures are of the first time, latencies of all
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    #[command(flatten)]
    sandbox: SandboxArgs,
    #[command(flatten)]
    log: log::Args,
}

/// The way that rows take to the guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Via {
    /// Parsed, judged and folded in this process
    InProcess,
    /// Through a running sidecar, with the identity in the trusted header and the agent as its upstream
    Http,
}

/// Runs it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    args.log.start("error")?;
    let suites = row::read_all(&args.data)?;
    let measured = match args.via {
        Via::InProcess => in_process::measure(&args.sandbox, args.guards.as_deref(), suites, args.repeat).await?,
        Via::Http => http::measure(args.guards, suites, args.repeat).await?,
    };
    let report = report::Report::new(args.via, &measured);
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &report)?;
    } else {
        table::print(&mut out, &report)?;
    }
    Ok(Exit::Success)
}
