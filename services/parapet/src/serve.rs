//! `parapet serve`: configuration, then the sidecar, until a signal ends it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use parapet_gateway::Config;
use serde_json::json;

use crate::exit::Exit;
use crate::output::{self, BOLD, paint};
use crate::sidecar::{self, Sidecar};
use crate::signals::Signals;
use crate::state_dir::StateDir;
use crate::{config, log};

/// Runs the sidecar until SIGTERM or Ctrl-C; then requests at work are finished and the audit queue is written.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet serve                                        /v1/check with the bundled guards, SQLite in the state folder
  parapet serve --upstream https://api.openai.com      in front of an OpenAI-compatible server
  parapet serve --config parapet.toml --log-format json

Without --config, the state folder holds everything: the audit log (parapet.db), the admin token (admin-token), the
key for /v1/check (check-key) and the key for content digests (digest.key). It is --state-dir, else ./.parapet if
there is one, else $XDG_STATE_HOME/parapet or ~/.local/state/parapet.")]
pub(crate) struct Args {
    /// Configuration file; without it, a safe default that only this machine can reach
    #[arg(long, short, value_name = "FILE", env = "PARAPET_CONFIG")]
    config: Option<PathBuf>,
    /// OpenAI-compatible server behind /v1/chat/completions, when there is no configuration file
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    upstream: Option<String>,
    /// Address of the data plane instead of the configured one
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// Address of the console and the admin API instead of the configured one
    #[arg(long, value_name = "IP:PORT")]
    admin_listen: Option<SocketAddr>,
    /// Address for Envoy's external authorization over gRPC instead of the configured one
    #[arg(long, value_name = "IP:PORT")]
    grpc_listen: Option<SocketAddr>,
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

/// Runs it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    args.log.start("info")?;
    // Caught from the first moment on, so that a signal during the start ends it in order too.
    let mut signals = Signals::catch()?;
    let state = StateDir::open(args.state_dir.clone())?;
    let config = configure(&args, &state)?;
    let about = About::of(&config, &state);
    let sidecar = tokio::select! {
        started = sidecar::start(config, &state) => started?,
        () = signals.told_to_stop() => return Ok(Exit::Success),
    };
    about.print(&sidecar, json)?;
    signals.told_to_stop().await;
    tracing::info!("told to stop");
    sidecar.stop().await?;
    Ok(Exit::Success)
}

fn configure(args: &Args, state: &StateDir) -> Result<Config> {
    let mut config = match &args.config {
        Some(file) => config::load(file)?,
        None => config::builtin(state, args.upstream.as_deref())?,
    };
    config.server.listen = args.listen.unwrap_or(config.server.listen);
    config.server.admin_listen = args.admin_listen.unwrap_or(config.server.admin_listen);
    config.server.grpc_listen = args.grpc_listen.or(config.server.grpc_listen);
    if let Some(url) = &args.store {
        config.store.url.clone_from(url);
    }
    if let Some(dir) = &args.guards {
        config.guards.dir = Some(dir.clone());
    }
    Ok(config)
}

/// What is said about the sidecar once it runs. Never a secret.
struct About {
    routes: Vec<(String, String)>,
    token_file: Option<PathBuf>,
    check_key_file: Option<PathBuf>,
    store: String,
}

impl About {
    fn of(config: &Config, state: &StateDir) -> Self {
        let url = &config.store.url;
        // A route without a path is not served over HTTP.
        let served = config.routes.iter().filter(|route| !route.path.is_empty());
        Self {
            routes: served.map(|route| (route.name.clone(), route.path.clone())).collect(),
            token_file: config.server.admin_token.is_none().then(|| state.admin_token_file()),
            check_key_file: config
                .credentials
                .iter()
                .any(|c| c.name == config::LOCAL_CREDENTIAL)
                .then(|| state.check_key_file()),
            // The address of a server may hold a password.
            store: if url.starts_with("sqlite:") { url.clone() } else { "postgres".to_owned() },
        }
    }

    fn print(&self, sidecar: &Sidecar, json: bool) -> Result<()> {
        let set = sidecar.sets.current();
        let mut out = output::stdout();
        if json {
            let line = json!({
                "listen": sidecar.listen, "admin_listen": sidecar.admin_listen, "grpc_listen": sidecar.grpc_listen,
                "admin_token_file": self.token_file,
                "check_key_file": self.check_key_file, "store": self.store, "guard_set": set.hash,
                "guards": set.entries.len(), "version": env!("CARGO_PKG_VERSION"),
            });
            writeln!(out, "{line}")?;
            return Ok(out.flush()?);
        }
        writeln!(out, "{} {}", paint(BOLD, "parapet"), env!("CARGO_PKG_VERSION"))?;
        for (name, path) in &self.routes {
            writeln!(out, "  {name:12} http://{}{path}", sidecar.listen)?;
        }
        if let Some(address) = sidecar.grpc_listen {
            writeln!(out, "  {:12} {address}", "grpc")?;
        }
        writeln!(out, "  {:12} http://{}", "console", sidecar.admin_listen)?;
        for (name, file) in [("admin token", &self.token_file), ("check key", &self.check_key_file)] {
            if let Some(file) = file {
                writeln!(out, "  {name:12} in {}", file.display())?;
            }
        }
        writeln!(out, "  {:12} {}", "audit log", self.store)?;
        writeln!(out, "  {:12} {} in force, {}", "guards", set.entries.len(), set.hash)?;
        Ok(out.flush()?)
    }
}
