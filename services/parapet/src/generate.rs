//! `parapet generate`: from a guard request to a tested guard's folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use parapet_guardgen::{GenerateOptions, Generated, Generator, GuardRequest, Method, write_attempt, write_guard};
use parapet_judge::{GuardTest, ToolFiles};
use parapet_models::{Budget, ModelClient, ModelConfig};

use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::memory::place;
use crate::output;

mod render;
mod watch;

/// Makes a guard from a guard request: plan, code, tests, checks. Requests that are access tables or lists of rules are
/// compiled without a model; for others, PARAPET_MODEL_NAME, PARAPET_MODEL_URL, PARAPET_MODEL_KIND (openai or anthropic) and
/// PARAPET_MODEL_KEY name the model. A guard that passes its tests and checks is written to --out; an attempt that
/// does not, to its folder `attempt`, which no guard set reads.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet generate --request request.md --agent agent.md --out guards/refund-limits
  parapet generate --request request.md --agent agent.md --examples examples.jsonl --out guards/refund-limits --method model
  PARAPET_MODEL_URL=http://127.0.0.1:8000/v1 PARAPET_MODEL_NAME=qwen2.5-coder parapet generate --request request.md \\
      --agent agent.md --out guards/refund-limits --max-seconds 600 --json")]
pub(crate) struct Args {
    /// File with the guard request: prose, lists or Markdown tables
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// File with the description of the agent that the guard is for
    #[arg(long, value_name = "FILE")]
    agent: PathBuf,
    /// Example events with the right verdict, one JSON object a line as in a guard's tests.jsonl
    #[arg(long, value_name = "FILE")]
    examples: Option<PathBuf>,
    /// TOML file with tables that the request refers to
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Folder to write; its name becomes the guard's id
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replaces the folder when it is there
    #[arg(long)]
    replace: bool,
    /// How the guard is made
    #[arg(long, value_enum, default_value_t = How::Auto)]
    method: How,
    /// Most attempts of the model at the code
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// Past cases that the model is shown
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=20))]
    cases: u8,
    /// Most tests that the model proposes itself
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(0..=50))]
    propose: u8,
    /// Tools that the guard may be granted, comma-separated; default: all, built-in ones and those in `tools` beside it
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    tools: Option<Vec<String>>,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Stores every exchange with the model in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Answers from exchanges that were stored, without the model
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
    #[command(flatten)]
    place: place::Args,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// What the model may use.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Model budget")]
#[group(skip)]
pub(crate) struct BudgetArgs {
    /// Most answers of the model
    #[arg(long, value_name = "N", default_value_t = 60)]
    max_calls: u64,
    /// Most tokens, read and written together
    #[arg(long, value_name = "N", default_value_t = 400_000)]
    max_tokens: u64,
    /// Longest time
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    max_seconds: u64,
    /// Highest cost, in the currency of the prices in the model's configuration
    #[arg(long, value_name = "AMOUNT")]
    max_cost: Option<f64>,
}

/// [`Method`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum How {
    /// By rules where they understand the request, else with the model
    Auto,
    /// By rules alone
    Rules,
    /// With the model alone
    Model,
}

/// Makes the guard.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    let request = request_of(&args)?;
    if args.out.exists() && !args.replace {
        bail!("`{}` is there already; choose another name, or replace it with --replace", args.out.display());
    }
    let options = options_of(&args)?;
    let model = model_of(&args)?;
    let sandbox = Arc::new(args.sandbox.open()?);
    let memory = args.place.open_or_seeds().await?;
    let generator = Generator::new(sandbox, memory, model);
    let mut display = watch::Display::new(json);
    let generated = generator.generate(&request, &options, &mut |step| display.show(&step)).await;
    display.finish();
    let generated = generated?;
    let written = write(&args.out, &generated, args.replace)?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &render::Summary::of(&generated, &written))?;
    } else {
        render::text(&mut out, &generated, &written)?;
    }
    Ok(if generated.counts() { Exit::Success } else { Exit::Guard })
}

fn write(out: &Path, generated: &Generated, replace: bool) -> Result<PathBuf> {
    if generated.counts() {
        write_guard(out, generated, replace)?;
        return Ok(out.to_owned());
    }
    Ok(write_attempt(out, generated)?)
}

fn request_of(args: &Args) -> Result<GuardRequest> {
    let id = args.out.file_name().and_then(|name| name.to_str());
    let id = id.with_context(|| format!("`{}` has no name that could be the guard's id", args.out.display()))?;
    let examples = place::optional_text(args.examples.as_deref())?.unwrap_or_default();
    let examples = GuardTest::parse_lines(&examples)
        .map_err(|(line, message)| anyhow::anyhow!("examples, line {line}: {message}"))?;
    let facts = place::optional_text(args.facts.as_deref())?.unwrap_or_default();
    Ok(GuardRequest {
        id: id.to_owned(),
        request: place::text(&args.request)?,
        agent: place::text(&args.agent)?,
        examples,
        facts: toml::from_str(&facts).context("the facts are no TOML")?,
    })
}

fn options_of(args: &Args) -> Result<GenerateOptions> {
    // Beside the folder that is written, as for any guard of that folder.
    let library = ToolFiles::read_all(args.out.parent().unwrap_or(Path::new("")))?;
    let default = GenerateOptions::default().with_library(library);
    let tools = args.tools.clone().unwrap_or_else(|| default.tools.clone());
    if let Some(unknown) = tools.iter().find(|tool| !default.tools.contains(tool)) {
        bail!("tool `{unknown}` is not known; `parapet tool list` lists them");
    }
    let budget = &args.budget;
    Ok(GenerateOptions {
        method: match args.method {
            How::Auto => Method::Auto,
            How::Rules => Method::Rules,
            How::Model => Method::Model,
        },
        rounds: args.rounds,
        cases: usize::from(args.cases),
        tools,
        proposed_tests: usize::from(args.propose),
        model_budget: Budget {
            calls: Some(budget.max_calls),
            tokens: Some(budget.max_tokens),
            seconds: Some(budget.max_seconds),
            cost: budget.max_cost,
        },
        ..default
    })
}

/// The configured model, if there is one.
fn model_of(args: &Args) -> Result<Option<ModelClient>> {
    let Some(config) = ModelConfig::from_env()? else {
        if args.record.is_some() || args.replay.is_some() {
            bail!("--record and --replay need to know the model; set PARAPET_MODEL_NAME");
        }
        return Ok(None);
    };
    Ok(Some(match (&args.record, &args.replay) {
        (Some(folder), _) => ModelClient::recording(config, folder)?,
        (None, Some(folder)) => ModelClient::replaying(config, folder)?,
        (None, None) => ModelClient::new(config)?,
    }))
}
