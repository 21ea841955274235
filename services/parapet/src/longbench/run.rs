//! `parapet longbench run`: rows in, a folder of samples out.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use parapet_longbench::{
    Author, Identity, Method, Progress, Row, RunFolder, RunSummary, Settings, read_rows, run as write,
};
use parapet_models::{Meter, ModelClient, ModelConfig};

use super::model::{self, BudgetArgs, ServerArgs};
use super::watch::Display;
use crate::exit::Exit;
use crate::output::{self, BAD, BOLD, clean, paint};

/// Has a model write the texts of LongBench-Write or LongWrite-Ruler. PARAPET_MODEL_NAME, PARAPET_MODEL_URL,
/// PARAPET_MODEL_KIND (openai or anthropic) and PARAPET_MODEL_KEY name the model. The same command goes on with a run that
/// was interrupted; another model, setting or file needs another folder.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
FILE has one JSON object a line: {\"prompt\": \"…\", \"type\": \"…\", \"length\": 1000}. DIR gets `run.json`, `data.jsonl` and one
line for each finished sample in `samples.jsonl`, with its outcome:

answered    a whole text                     empty     the model wrote nothing
cut_off     ended by --max-tokens            refused   the server refused, or was not there
budget      the budget was spent; the next run goes on

Examples:
  export PARAPET_MODEL_URL=http://127.0.0.1:8000/v1 PARAPET_MODEL_NAME=qwen2.5
  parapet longbench run --data longbench_write.jsonl --out runs/qwen2.5
  parapet longbench run --data longbench_write.jsonl --out runs/qwen2.5-3 --samples 3 --seed 1
  parapet longbench run --data longwrite_ruler.jsonl --out runs/ruler --max-seconds 3600")]
pub(crate) struct Args {
    /// File with the rows
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Folder of the run; made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of the model, in place of PARAPET_MODEL_NAME
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Texts for each row
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    samples: u32,
    /// Only the first rows of the file
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Seed of the first text of each row; one more for each further one
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Temperature; default: the server's own
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// Longest answer, in tokens
    #[arg(long, value_name = "N", default_value_t = 32_768, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_tokens: u32,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// Runs it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    let Input { data, rows } = input(&args.data, args.rows)?;
    let config = model::writer(args.model.as_deref(), &args.server)?;
    let settings = settings_of(&args);
    let author = author_of(config.clone(), settings.clone(), &args)?;
    let identity = Identity::new(&config, settings, &data, rows.len());
    let mut folder = RunFolder::open(&args.out, identity, args.samples, &data)?;
    let display = Display::new("writing", json);
    let mut watch = |progress: &Progress| {
        let Progress { done, total, failed, words } = *progress;
        display.show(done, total, format!("{words} words, {failed} without a text"));
    };
    let summary = write(&mut folder, &author, &rows, &mut watch).await;
    display.finish();
    print(&args.out, &summary?, json)
}

/// A file of rows.
struct Input {
    /// Its bytes, as they are kept with the run.
    data: Vec<u8>,
    /// Its rows, each with its place.
    rows: Vec<(usize, Row)>,
}

fn input(path: &Path, most: Option<usize>) -> Result<Input> {
    let data = std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let mut rows = read_rows(&data).with_context(|| format!("`{}`", path.display()))?;
    let Some(most) = most else { return Ok(Input { data, rows: rows.into_iter().enumerate().collect() }) };
    rows.truncate(most.max(1));
    let mut data = Vec::new();
    for row in &rows {
        serde_json::to_writer(&mut data, row)?;
        data.push(b'\n');
    }
    Ok(Input { data, rows: rows.into_iter().enumerate().collect() })
}

const fn settings_of(args: &Args) -> Settings {
    Settings {
        method: Method::OneCall,
        max_tokens: args.max_tokens,
        temperature: args.temperature,
        seed: Some(args.seed),
    }
}

fn author_of(config: ModelConfig, settings: Settings, args: &Args) -> Result<Author> {
    Ok(Author::new(ModelClient::new(config)?, settings, Meter::new(args.budget.budget())))
}

fn print(folder: &Path, summary: &RunSummary, json: bool) -> Result<Exit> {
    use std::io::Write as _;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, summary)?;
    } else {
        let RunSummary { done, total, words, calls, .. } = summary;
        writeln!(out, "{}", paint(BOLD, &format!("{done} of {total} texts are there")))?;
        let outcomes: Vec<String> = summary.outcomes.iter().map(|(code, count)| format!("{count} {code}")).collect();
        if !outcomes.is_empty() {
            writeln!(out, "  this run: {}; {words} words, {calls} calls", outcomes.join(", "))?;
        }
        if let Some(stopped) = &summary.stopped {
            writeln!(out, "  {} {}", paint(BAD, "stopped:"), clean(stopped))?;
        }
        let next = if done == total { "score them" } else { "the same command goes on; score what is there" };
        writeln!(out, "  {next}: parapet longbench score {}", folder.display())?;
    }
    Ok(if summary.done == summary.total { Exit::Success } else { Exit::Failure })
}
