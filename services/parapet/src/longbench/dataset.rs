//! `parapet longbench dataset`: instructions in, training data out.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use parapet_longbench::{
    Filters, Identity, Judge, Judgements, Method, Pairs, RunFolder, RunRecord, RunSummary, Settings, Statistics, Tasks,
    read_instructions, write_dataset,
};
use parapet_models::{Meter, ModelClient};

use super::model::{self, BudgetArgs, ServerArgs};
use super::run::{ContextArgs, watched};
use super::watch::Display;
use crate::exit::Exit;
use crate::output::{self, BAD, BOLD, clean, paint};

/// Makes training data as LongWriter-6k was made: AgentWrite over instructions that name their length, filters, and rows that
/// trainers read. PARAPET_MODEL_NAME, PARAPET_MODEL_URL, PARAPET_MODEL_KIND and PARAPET_MODEL_KEY name the model that writes.
/// The same command goes on where it was interrupted, and makes the same files again.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
FILE has one JSON object a line: {\"prompt\": \"Write 3000 words on …\"}, with \"length\" where the prompt alone does not decide it.
Dropped are instructions that name no length or are there already, and texts that are cut off, incomplete, refusals, have words
about the task left in them, are too long in tokens (never cut), or miss their length.

sft.jsonl        {\"messages\": [user, assistant]}, the best text of each instruction
dpo.jsonl        {\"prompt\", \"chosen\", \"rejected\", \"score_chosen\", \"score_rejected\"}, with --pairs
dropped.jsonl    what was dropped, and why
statistics.json  how many, by reason, language and length

Examples:
  export PARAPET_MODEL_URL=http://127.0.0.1:8000/v1 PARAPET_MODEL_NAME=qwen2.5
  parapet longbench dataset --instructions instructions.jsonl --out long-6k
  parapet longbench dataset --instructions instructions.jsonl --out long-6k-pairs --pairs 4 --seed 1
  parapet longbench dataset --instructions instructions.jsonl --out judged --pairs 4 --judge-model qwen2.5-72b")]
pub(crate) struct Args {
    /// File with the instructions
    #[arg(long, value_name = "FILE")]
    instructions: PathBuf,
    /// Folder of the data set; made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of the model, in place of PARAPET_MODEL_NAME
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Preference pairs too, from so many texts of each instruction
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100))]
    pairs: Option<u32>,
    /// Form of the sides of a pair
    #[arg(long, value_enum, default_value_t = Form::Chat, requires = "pairs")]
    form: Form,
    /// Seed of the first text of each instruction, and of the choice of rejected texts
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Temperature; default: the server's own
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// Longest answer for one section, in tokens; default: 4096
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    max_tokens: Option<u32>,
    #[command(flatten)]
    context: ContextArgs,
    /// Least length score of a text to learn from
    #[arg(long, value_name = "SCORE", default_value_t = 80.0)]
    least_score: f64,
    /// Most tokens of prompt and text together, guessed on the side of too many
    #[arg(long, value_name = "N", default_value_t = 32_768, value_parser = clap::value_parser!(u32).range(1..))]
    row_tokens: u32,
    /// Model whose ratings count beside the length for which text is chosen; PARAPET_JUDGE_URL names its server
    #[arg(long, value_name = "NAME")]
    judge_model: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// Form of the sides of a pair.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// Lists of messages, to which trainers apply the model's chat template
    Chat,
    /// Plain text
    Text,
}

/// Makes it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    if !(0.0..=100.0).contains(&args.least_score) {
        bail!("--least-score is {}, but must be from 0 to 100", args.least_score);
    }
    let path = &args.instructions;
    let data = std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let instructions = read_instructions(&data).with_context(|| format!("`{}`", path.display()))?;
    let tasks = Tasks::new(instructions);
    let config = model::writer(args.model.as_deref(), &args.server)?;
    let settings = settings_of(&args);
    if let Some(writer) = &settings.writer {
        writer.check()?;
    }
    let of_each = args.pairs.unwrap_or(1);
    let identity = Identity::new(&config, settings.clone(), &data, tasks.to_write().len());
    let mut folder = RunFolder::open(&args.out, identity, of_each, &data)?;
    let meter = Meter::new(args.budget.budget());
    let summary = watched(&mut folder, config, settings, meter.clone(), tasks.to_write(), json).await?;
    let judgements = judgements(&args, &tasks, meter, json).await?;
    let record = RunRecord::read(&args.out)?;
    let filters = Filters { least_length_score: args.least_score, max_tokens: args.row_tokens, seed: args.seed };
    let dataset = tasks.dataset(&record.samples, of_each, judgements.as_ref(), filters);
    write_dataset(&args.out, &dataset, args.pairs.map(|_| args.form.into()))?;
    let not_judged = judgements.and_then(|judgements| judgements.stopped);
    print(&args.out, dataset.statistics(), &summary, not_judged.as_deref(), json)
}

fn settings_of(args: &Args) -> Settings {
    let writer = args.context.writer(args.max_tokens);
    Settings {
        method: Method::AgentWrite,
        max_tokens: writer.max_tokens,
        temperature: args.temperature,
        seed: Some(args.seed),
        writer: Some(writer),
    }
}

async fn judgements(args: &Args, tasks: &Tasks, meter: Meter, json: bool) -> Result<Option<Judgements>> {
    let Some(name) = &args.judge_model else { return Ok(None) };
    let record = RunRecord::read(&args.out)?;
    let rows: BTreeMap<_, _> = tasks.to_write().iter().map(|task| (task.line, task.row.clone())).collect();
    let judge = Judge::new(ModelClient::new(model::judge(name, &args.server)?)?, meter);
    let display = Display::new("judging", json);
    let mut watch = |done: usize, total: usize| display.show(done, total, String::new());
    let judgements = judge.judge(&args.out, &rows, &record.samples, &mut watch).await;
    display.finish();
    Ok(Some(judgements?))
}

fn print(
    folder: &Path,
    statistics: &Statistics,
    summary: &RunSummary,
    not_judged: Option<&str>,
    json: bool,
) -> Result<Exit> {
    let mut out = output::stdout();
    if json {
        output::json(&mut out, statistics)?;
    } else {
        let Statistics { instructions, with_length, texts, missing, sft, pairs, .. } = statistics;
        let title = format!("{sft} rows and {pairs} pairs of {instructions} instructions");
        writeln!(out, "{}", paint(BOLD, &title))?;
        writeln!(out, "  {with_length} name their length, {texts} texts, {missing} still to be written")?;
        for (reason, count) in &statistics.dropped {
            writeln!(out, "  dropped {count:>6}  {}", reason.replace('_', " "))?;
        }
        for stopped in summary.stopped.as_deref().into_iter().chain(not_judged) {
            writeln!(out, "  {} {}; the same command goes on", paint(BAD, "stopped:"), clean(stopped))?;
        }
        writeln!(out, "written to {}", folder.display())?;
    }
    Ok(if statistics.missing == 0 && not_judged.is_none() { Exit::Success } else { Exit::Failure })
}

impl From<Form> for Pairs {
    fn from(form: Form) -> Self {
        match form {
            Form::Chat => Self::Chat,
            Form::Text => Self::Text,
        }
    }
}
