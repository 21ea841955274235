//! `parapet longbench score`: a folder of samples in, scores, tables and a plot out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use parapet_longbench::{Judge, Judgements, Report, Row, RunRecord, read_rows, scatter, score};
use parapet_models::{Meter, ModelClient};

use super::model::{self, BudgetArgs, ServerArgs};
use super::show;
use super::watch::Display;
use crate::exit::Exit;
use crate::output;

/// Scores the texts of a run. The length score needs no model. For the quality, the model of --judge-model rates each text in
/// six ways, on the server of PARAPET_JUDGE_URL, PARAPET_JUDGE_KIND and PARAPET_JUDGE_KEY, else on that of PARAPET_MODEL_URL.
/// Judging goes on where it was interrupted.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
length    100 for exactly the words that were asked for, 0 for four times as many or a third, as published
quality   six ratings from 1 to 5, the length left out, each as (mean - 1) x 25; what cannot be read as ratings is shown
overall   mean of both

Beside the tables, DIR gets `report.md`, `report.json` and `plot.svg`: words written against words asked for, log-log.

Examples:
  parapet longbench score runs/qwen2.5
  parapet longbench score runs/qwen2.5 --judge-model qwen2.5-72b
  PARAPET_JUDGE_URL=https://judge.example.com/v1 parapet longbench score runs/qwen2.5 --judge-model large --json")]
pub(crate) struct Args {
    /// Folder of the run
    #[arg(value_name = "DIR")]
    run: PathBuf,
    /// Model that rates the quality; default: none, and no quality
    #[arg(long, value_name = "NAME")]
    judge_model: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// Runs it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    let record = RunRecord::read(&args.run)?;
    let rows = read_rows(&record.data).context("the rows of the run")?;
    let rows: BTreeMap<usize, Row> = rows.into_iter().enumerate().collect();
    let judgements = match &args.judge_model {
        Some(name) => Some(judge(name, &args, &rows, &record, json).await?),
        None => None,
    };
    let scored = score(&rows, &record.samples, judgements.as_ref());
    let report = Report::new(record.file, rows.len(), judgements.as_ref(), scored);
    write(&args.run, &report)?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &report)?;
    } else {
        show::report(&mut out, &report, &args.run)?;
    }
    match judgements.and_then(|judgements| judgements.stopped) {
        Some(stopped) => Err(anyhow::anyhow!("judging stopped: {stopped}; the same command goes on")),
        None => Ok(Exit::Success),
    }
}

async fn judge(
    name: &str,
    args: &Args,
    rows: &BTreeMap<usize, Row>,
    record: &RunRecord,
    json: bool,
) -> Result<Judgements> {
    let client = ModelClient::new(model::judge(name, &args.server)?)?;
    let judge = Judge::new(client, Meter::new(args.budget.budget()));
    let display = Display::new("judging", json);
    let mut watch = |done: usize, total: usize| display.show(done, total, String::new());
    let judgements = judge.judge(&args.run, rows, &record.samples, &mut watch).await;
    display.finish();
    Ok(judgements?)
}

/// The report's files, beside the run.
fn write(folder: &Path, report: &Report) -> Result<()> {
    let put = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("`{}` cannot be written", path.display()))
    };
    put("report.md", report.markdown())?;
    put("report.json", serde_json::to_string_pretty(report)? + "\n")?;
    put("plot.svg", scatter(&report.title(), &report.samples)?)
}
