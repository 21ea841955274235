//! `parapet bench guardagent`: every row of EICU-AC and Mind2Web-SC through the whole path, and the figures of the
//! GuardAgent paper. The guards get what a deployment has; labels and explanations are read only to compare with.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::ValueEnum;
use tempfile::TempDir;

use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::{log, output};

mod agent;
mod explanation;
mod figures;
mod http;
mod in_process;
mod latency;
mod per_event;
mod prepared;
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
  parapet bench guardagent --data DIR --guards my-guards
  parapet bench guardagent --data DIR --generate
  PARAPET_MODEL_URL=http://127.0.0.1:8000/v1 PARAPET_MODEL_NAME=m parapet bench guardagent --data DIR --per-event --rows 10")]
pub(crate) struct Args {
    /// Folder with the data sets
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of guards instead of the bundled ones
    #[arg(long, value_name = "DIR")]
    guards: Option<PathBuf>,
    /// Guards generated from the two guard requests instead of the bundled ones
    #[arg(long, conflicts_with = "guards")]
    generate: bool,
    /// Code made by the configured model for each form of event, as in the paper
    #[arg(long, conflicts_with_all = ["guards", "generate"])]
    per_event: bool,
    #[command(flatten)]
    limits: per_event::PerEvent,
    /// Only the first rows of each data set
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
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
    let rows = first_of_each(row::read_all(&args.data)?, args.rows);
    let made = made(&args).await?;
    let guards = made.as_ref().map(|dir| dir.path().to_owned()).or(args.guards);
    let measured = match args.via {
        Via::InProcess => in_process::measure(&args.sandbox, guards, rows, args.repeat, args.limits).await?,
        Via::Http => http::measure(guards, rows, args.repeat, args.limits).await?,
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

/// The folder of guards that are made for this measurement.
async fn made(args: &Args) -> Result<Option<TempDir>> {
    if args.generate {
        return Ok(Some(prepared::generated(Arc::new(args.sandbox.open()?)).await?));
    }
    if args.per_event && prepared::model()?.is_none() {
        bail!("--per-event asks a model; set PARAPET_MODEL_URL and PARAPET_MODEL_NAME");
    }
    args.per_event.then(per_event::guards).transpose()
}

fn first_of_each(rows: Vec<row::Row>, most: Option<usize>) -> Vec<row::Row> {
    let most = most.unwrap_or(usize::MAX);
    let (ehr, web): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.suite == row::Suite::EicuAc);
    ehr.into_iter().take(most).chain(web.into_iter().take(most)).collect()
}
