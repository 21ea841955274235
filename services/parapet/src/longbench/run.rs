//! `parapet longbench run`: rows in, a folder of samples out.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use parapet_agentwrite::{Settings as WriterSettings, Target};
use parapet_longbench::{
    Author, Identity, Method, Progress, Row, RunFolder, RunSummary, Settings, Task, read_rows, run as write,
};
use parapet_models::{Meter, ModelClient, ModelConfig};

use super::model::{self, BudgetArgs, ServerArgs};
use super::watch::Display;
use crate::exit::Exit;
use crate::output::{self, BAD, BOLD, clean, paint};

/// Has a model write the texts of LongBench-Write or LongWrite-Ruler. PARAPET_MODEL_NAME, PARAPET_MODEL_URL,
/// PARAPET_MODEL_KIND (openai or anthropic) and PARAPET_MODEL_KEY name the model. With --agentwrite each text is planned and
/// written section by section to its length, without it by one call. The same command goes on with a run that
/// was interrupted; another model, setting or file needs another folder.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
FILE has one JSON object a line: {\"prompt\": \"…\", \"type\": \"…\", \"length\": 1000}. DIR gets `run.json`, `data.jsonl` and one
line for each finished sample in `samples.jsonl`, with its outcome:

answered    a whole text                     empty     the model wrote nothing
cut_off     ended by --max-tokens            refused   the server refused, or was not there
incomplete  AgentWrite left sections out      unusable  no plan, or no section, came of the answers
budget      the budget was spent; the next run goes on

Examples:
  export PARAPET_MODEL_URL=http://127.0.0.1:8000/v1 PARAPET_MODEL_NAME=qwen2.5
  parapet longbench run --data longbench_write.jsonl --out runs/qwen2.5
  parapet longbench run --data longbench_write.jsonl --out runs/qwen2.5-3 --samples 3 --seed 1
  parapet longbench run --data longbench_write.jsonl --out runs/qwen2.5-agentwrite --agentwrite --context 8192
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
    /// Longest answer, in tokens; default: 32768, with --agentwrite 4096
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_tokens: Option<u32>,
    /// Plans each text and writes it section by section
    #[arg(long)]
    agentwrite: bool,
    #[command(flatten)]
    context: ContextArgs,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// What AgentWrite may show to the model.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct ContextArgs {
    /// Tokens that the model reads and writes in one exchange, with AgentWrite; default: enough for its usual settings
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(512..=10_000_000))]
    context: Option<u32>,
}

impl ContextArgs {
    /// The settings of a writer, which ask for at most `max_tokens` at once when that is given.
    pub(super) fn writer(&self, max_tokens: Option<u32>) -> WriterSettings {
        let settings = self.context.map_or_else(WriterSettings::default, WriterSettings::for_context);
        WriterSettings { max_tokens: max_tokens.unwrap_or(settings.max_tokens), ..settings }
    }
}

/// Runs it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    let Input { data, rows } = input(&args.data, args.rows)?;
    let config = model::writer(args.model.as_deref(), &args.server)?;
    let settings = settings_of(&args);
    if let Some(writer) = &settings.writer {
        writer.check()?;
    }
    let identity = Identity::new(&config, settings.clone(), &data, rows.len());
    let mut folder = RunFolder::open(&args.out, identity, args.samples, &data)?;
    let meter = Meter::new(args.budget.budget());
    let tasks: Vec<Task> = rows.into_iter().enumerate().map(task).collect();
    let summary = watched(&mut folder, config, settings, meter, &tasks, json).await?;
    print(&args.out, &summary, json)
}

/// Writes the tasks, shown as they go.
pub(super) async fn watched(
    folder: &mut RunFolder,
    config: ModelConfig,
    settings: Settings,
    meter: Meter,
    tasks: &[Task],
    json: bool,
) -> Result<RunSummary> {
    let display = Display::new("writing", json);
    let drafts = folder.path().join("drafts");
    let author = Author::new(ModelClient::new(config)?, settings, meter, drafts).watched(display.steps());
    let mut watch = |progress: &Progress| {
        let Progress { done, total, failed, words } = *progress;
        display.show(done, total, format!("{words} words, {failed} without a text"));
    };
    let summary = write(folder, &author, tasks, &mut watch).await;
    display.finish();
    Ok(summary?)
}

fn task((line, row): (usize, Row)) -> Task {
    Task { line, target: Target::Equal(row.length), row }
}

/// A file of rows.
struct Input {
    /// Its bytes, as they are kept with the run.
    data: Vec<u8>,
    /// Its rows.
    rows: Vec<Row>,
}

fn input(path: &Path, most: Option<usize>) -> Result<Input> {
    let data = std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let mut rows = read_rows(&data).with_context(|| format!("`{}`", path.display()))?;
    let Some(most) = most else { return Ok(Input { data, rows }) };
    rows.truncate(most.max(1));
    let mut data = Vec::new();
    for row in &rows {
        serde_json::to_writer(&mut data, row)?;
        data.push(b'\n');
    }
    Ok(Input { data, rows })
}

/// Longest answer of a model that writes a text by one call, in tokens.
const ONE_CALL_TOKENS: u32 = 32_768;

fn settings_of(args: &Args) -> Settings {
    let writer = args.agentwrite.then(|| args.context.writer(args.max_tokens));
    let max_tokens = writer.as_ref().map_or(args.max_tokens.unwrap_or(ONE_CALL_TOKENS), |writer| writer.max_tokens);
    Settings {
        method: if args.agentwrite { Method::AgentWrite } else { Method::OneCall },
        max_tokens,
        temperature: args.temperature,
        seed: Some(args.seed),
        writer,
    }
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
