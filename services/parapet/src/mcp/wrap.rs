//! `parapet mcp wrap`: starts an MCP server that speaks in lines of text and stands between it and its client.

use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use parapet_gateway::{Config, McpBridge};
use tokio::process::{Child, Command};

use super::pump::{from_client, from_server, server_input, standard_input, standard_output, written};
use crate::exit::Exit;
use crate::local_user::local_user;
use crate::parts::{self, Assembled};
use crate::signals::Signals;
use crate::state_dir::StateDir;
use crate::{config, log, registry};

/// How long a server may take to end once its client has gone.
const GRACE: Duration = Duration::from_secs(5);
/// How long the client may take to read the last lines.
const LAST_LINES: Duration = Duration::from_secs(5);
/// Name of the route when there is no configuration file.
const DEFAULT_ROUTE: &str = "mcp";

/// Starts an MCP server and judges every message between it and its client. Ends with the exit code of the server.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
A client that starts its servers by itself starts Parapet instead, with the server behind `--`:

  {
    \"mcpServers\": {
      \"files\": {
        \"command\": \"parapet\",
        \"args\": [\"mcp\", \"wrap\", \"--\", \"npx\", \"-y\", \"@modelcontextprotocol/server-filesystem\", \"/home/me/notes\"]
      }
    }
  }

Without --config, the bundled guards judge, and decisions go to SQLite in the state folder (see `parapet serve --help`):
`parapet audit query` shows them. The bundled list of tools lets reading tools through; `parapet guard new --bundled`
writes the guards to a folder where you can change it, for --guards.

With --config, --route names a `[[route]]` with `surface = \"mcp\"`; it needs no upstream. On behalf of whom the client acts is
the user of this machine that runs it. Logs and the server's own errors go to standard error.")]
pub(crate) struct Args {
    /// Configuration file; without it, the bundled guards and SQLite in the state folder
    #[arg(long, short, value_name = "FILE", env = "PARAPET_CONFIG")]
    config: Option<PathBuf>,
    /// Route whose rules hold, by name; without a configuration file, the name in records
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
    /// The server and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs it.
pub(crate) async fn run(args: Args) -> Result<Exit> {
    args.log.start("warn")?;
    let mut signals = Signals::catch()?;
    let state = StateDir::open(args.state_dir.clone())?;
    let config = configure(&args, &state)?;
    let tenant = config.server.tenant.clone();
    let Assembled { app, sets, store, recorder, .. } = parts::assemble(config, &state).await?;
    registry::record(&store, &tenant, &sets.current()).await?;
    let bridge = app.mcp_bridge(&args.route, Some(local_user()?)).with_context(|| {
        format!(
            "there is no route `{}` with `surface = \"mcp\"`; name one of the configuration with `--route`",
            args.route
        )
    })?;
    let mut child = start(&args.command)?;
    let ended = between(&bridge, &mut child, &mut signals).await;
    recorder.drain().await;
    store.close().await;
    Ok(Exit::Wrapped(code_of(ended?)))
}

fn configure(args: &Args, state: &StateDir) -> Result<Config> {
    let mut config = match &args.config {
        Some(file) => config::load(file)?,
        None => config::builtin_mcp(state, &args.route)?,
    };
    if let Some(url) = &args.store {
        config.store.url.clone_from(url);
    }
    if let Some(dir) = &args.guards {
        config.guards.dir = Some(dir.clone());
    }
    Ok(config)
}

fn start(command: &[String]) -> Result<Child> {
    let (program, arguments) = command.split_first().context("give the server after `--`")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    command
        .spawn()
        .with_context(|| format!("the server `{program}` cannot be started; give a program that is on the path"))
}

/// Carries lines until the server has ended. A client that goes, or a signal, closes the server's input, which tells it to end.
async fn between(bridge: &McpBridge, child: &mut Child, signals: &mut Signals) -> Result<ExitStatus> {
    let stdin = child.stdin.take().context("the server has no input")?;
    let stdout = child.stdout.take().context("the server has no output")?;
    let ((to_client, all_written), to_server) = (standard_output(), server_input(stdin));
    let mut server = pin!(from_server(bridge, stdout, to_client.clone(), to_server.downgrade()));
    let client = from_client(bridge, standard_input(), to_client, to_server);
    let ended = tokio::select! {
        () = &mut server => true,
        () = client => false,
        () = signals.told_to_stop() => false,
    };
    if !ended && tokio::time::timeout(GRACE, &mut server).await.is_err() {
        tracing::warn!("the server did not end within {} s and is killed", GRACE.as_secs());
        child.start_kill()?;
        server.await;
    }
    let status = match tokio::time::timeout(GRACE, child.wait()).await {
        Ok(status) => status?,
        Err(_) => {
            child.start_kill()?;
            child.wait().await?
        }
    };
    written(all_written, LAST_LINES).await;
    Ok(status)
}

/// As shells have it: a server that a signal ended gives 128 and the signal's number.
fn code_of(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
