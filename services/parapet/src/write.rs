//! `parapet write`: a long document, every section through the guards of a route.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parapet_agentwrite::{DatabaseState, Document, DocumentId};
use parapet_gateway::{Config, Passages};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::local_user::local_user;
use crate::parts::{self, Assembled};
use crate::signals::Signals;
use crate::state_dir::StateDir;
use crate::{config, log, output, registry};
use compose::Desk;
pub(crate) use error::NotWritten;

pub(crate) mod compose;
mod error;
mod gate;
mod kept;
mod order;
mod render;
pub(crate) mod service;
mod watch;

/// Name of the route when there is no configuration file.
const DEFAULT_ROUTE: &str = "write";

/// Writes a long document with a model: planned, written section by section to a length, each section judged by the guards
/// before it counts. A section that they refuse is written anew, and left out with a note when no version passes. What was
/// answered and ruled is kept: the same command with the same --id goes on where it stopped, and repeats no call.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  export PARAPET_MODEL_URL=http://127.0.0.1:8000/v1 PARAPET_MODEL_NAME=qwen2.5-7b-instruct
  parapet write --text 'Write a guide to composting for beginners' --words 5000 --out guide.md
  parapet write --instruction brief.md --words 9000..11000 --out report.md --id report-7
  parapet write --instruction - --at-most 800 --out note.md --json < brief.txt
  parapet write --config parapet.toml --route reports --instruction brief.md --words 10000 --out report.md

The model is [model] of --config, else what PARAPET_MODEL_NAME, PARAPET_MODEL_URL, PARAPET_MODEL_KIND (openai or anthropic)
and PARAPET_MODEL_KEY name. Without --config, the bundled guards judge, and decisions and unfinished documents are kept in
SQLite in the state folder (see `parapet serve --help`). With --config, --route names a `[[route]]` with
`surface = \"write\"`. On behalf of whom it is written is the user of this machine that runs the command.

--out is written once, when the document is whole. Ctrl-C stops, and says how to go on.")]
pub(crate) struct Args {
    #[command(flatten)]
    order: order::Args,
    /// Markdown file to write; `-` for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replaces the file when it is there
    #[arg(long)]
    replace: bool,
    /// Name of the document, by which it is resumed, and its decisions are found; default: a new one
    #[arg(long, value_name = "ID", value_parser = DocumentId::parse)]
    id: Option<DocumentId>,
    /// Configuration file; without it, the bundled guards and SQLite in the state folder
    #[arg(long, short, value_name = "FILE", env = "PARAPET_CONFIG")]
    config: Option<PathBuf>,
    /// Route whose guards judge, by name; without a configuration file, the name in records
    #[arg(long, value_name = "NAME", default_value = DEFAULT_ROUTE)]
    route: String,
    /// Store instead of the configured one: `sqlite:PATH` or `postgres://…`
    #[arg(long, value_name = "URL", env = "PARAPET_STORE", hide_env_values = true)]
    store: Option<String>,
    /// Folder of guards instead of the configured one
    #[arg(long, value_name = "DIR")]
    guards: Option<PathBuf>,
    /// Where Parapet keeps what it writes
    #[arg(long, value_name = "DIR", env = "PARAPET_STATE_DIR")]
    state_dir: Option<PathBuf>,
    #[command(flatten)]
    log: log::Args,
}

/// Writes it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    args.log.start("error")?;
    let mut signals = Signals::catch()?;
    check_out(&args, json)?;
    let brief = args.order.brief()?;
    let (state, id) = (StateDir::open(args.state_dir.clone())?, args.id.clone().unwrap_or_else(DocumentId::random));
    let config = configure(&args, &state)?;
    let tenant = config.server.tenant.clone();
    let client = parts::model(&config)?
        .context("there is no model to write with; set PARAPET_MODEL_NAME and PARAPET_MODEL_URL, or give a --config with [model]")?;
    let Assembled { app, sets, store, recorder, .. } = parts::assemble(config, &state).await?;
    registry::record(&store, &tenant, &sets.current()).await?;
    let passages = app.passages(&args.route, Some(local_user()?), id.as_str()).with_context(|| {
        format!(
            "there is no route `{}` with `surface = \"write\"`; name one of the configuration with `--route`",
            args.route
        )
    })?;

    let desk = Desk { client, state: Arc::new(DatabaseState::new(store.clone(), tenant)) };
    let wanted = brief.target.band();
    let display = watch::Display::new(brief.target.aim(), json);
    display.line(&format!("document {id}"));
    let written = write(&args, &desk, passages, brief, &display, &mut signals).await;
    display.finish();
    recorder.drain().await;
    store.close().await;
    let document = written.map_err(|failed| NotWritten::of(failed, id.as_str()))?;
    save(&args.out, &document)?;
    let set = sets.current();
    let summary = render::Summary::of(&document, id.as_str(), &args.out, wanted, &set.hash);
    let mut out = output::stdout();
    match (json, is_stdout(&args.out)) {
        (true, _) => output::json(&mut out, &summary)?,
        (false, true) => {}
        (false, false) => render::text(&mut out, &summary)?,
    }
    Ok(Exit::Success)
}

/// Writes until it is done, or a signal comes.
async fn write(
    args: &Args,
    desk: &Desk,
    passages: Passages,
    brief: parapet_agentwrite::Brief,
    display: &watch::Display,
    signals: &mut Signals,
) -> Result<Document, compose::Failed> {
    let settings = desk.settings(&passages, args.order.settings()).await?;
    let (stop, watch) = (CancellationToken::new(), |step| display.show(&step));
    let mut writing = std::pin::pin!(desk.write(Arc::new(passages), brief, settings, &watch, stop.clone()));
    tokio::select! {
        written = &mut writing => return written,
        () = signals.told_to_stop() => stop.cancel(),
    }
    // What is being judged is recorded to its end.
    writing.await
}

fn configure(args: &Args, state: &StateDir) -> Result<Config> {
    let mut config = match &args.config {
        Some(file) => config::load(file)?,
        None => config::builtin_write(state, &args.route)?,
    };
    if let Some(url) = &args.store {
        config.store.url.clone_from(url);
    }
    if let Some(dir) = &args.guards {
        config.guards.dir = Some(dir.clone());
    }
    Ok(config)
}

fn is_stdout(out: &Path) -> bool {
    out == Path::new("-")
}

fn folder(out: &Path) -> &Path {
    out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Found out before the model is asked.
fn check_out(args: &Args, json: bool) -> Result<()> {
    let out = &args.out;
    if is_stdout(out) {
        anyhow::ensure!(!json, "with --json, standard output is for the summary; give --out a file");
        return Ok(());
    }
    if out.exists() && !args.replace {
        bail!("`{}` is there already; choose another name, or replace it with --replace", out.display());
    }
    anyhow::ensure!(folder(out).is_dir(), "`{}` is no folder; make it first", folder(out).display());
    Ok(())
}

/// The whole file or none of it.
fn save(out: &Path, document: &Document) -> Result<()> {
    if is_stdout(out) {
        let mut stdout = output::stdout();
        return Ok(stdout.write_all(document.text.as_bytes()).and_then(|()| stdout.flush())?);
    }
    let named = || {
        format!("`{}` cannot be written; the document is kept, and the same command with --id goes on", out.display())
    };
    // As any new file: the user's mask says who else may read it.
    let open = std::fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(open).tempfile_in(folder(out)).with_context(named)?;
    file.write_all(document.text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(named)?;
    file.persist(out).with_context(named)?;
    Ok(())
}
