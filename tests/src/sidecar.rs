//! `parapet serve` as a process of its own, as a user runs it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::client::{Answer, Client};

/// The binary that was built with these tests.
///
/// # Errors
/// It was not built.
pub fn binary() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    // target/PROFILE/deps/TEST or target/PROFILE/BIN
    let found = this.ancestors().skip(1).take(2).map(|dir| dir.join("parapet")).find(|path| path.is_file());
    found.context("`parapet` is not built; run `cargo build -p parapet` first")
}

/// `parapet` with arguments, in a clean environment.
///
/// # Errors
/// The binary was not built.
pub fn parapet(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(binary()?);
    command.args(arguments).env_clear().stdin(Stdio::null());
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    Ok(command)
}

/// A running sidecar. Killed when it is dropped.
pub struct Sidecar {
    child: Child,
    /// Requests to the data plane.
    pub client: Client,
    /// Requests to the admin listener.
    pub admin: Client,
    /// What it said about itself.
    pub started: Started,
}

/// The line that `parapet serve --json` prints once it listens.
#[derive(Debug, Clone, Deserialize)]
pub struct Started {
    /// Data plane.
    pub listen: SocketAddr,
    /// Admin listener.
    pub admin_listen: SocketAddr,
    /// Envoy's external authorization over gRPC, where the configuration has an address for it.
    pub grpc_listen: Option<SocketAddr>,
    /// File with the admin token; absent when the configuration names one.
    pub admin_token_file: Option<PathBuf>,
}

impl Sidecar {
    /// Starts `parapet serve` with `arguments` and its state in `state`; waits until it listens.
    ///
    /// # Errors
    /// It does not start; the text has what it printed.
    pub fn start(state: &Path, arguments: &[&str]) -> Result<Self> {
        let mut command = parapet(&["serve", "--json", "--state-dir"])?;
        command.arg(state).args(arguments);
        Self::spawn(command, state)
    }

    /// The same, from a command made by the caller.
    ///
    /// # Errors
    /// As for [`Sidecar::start`].
    pub fn spawn(mut command: Command, state: &Path) -> Result<Self> {
        std::fs::create_dir_all(state)?;
        let log = state.join("stderr.log");
        let errors = std::fs::File::options().create(true).append(true).open(&log)?;
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let Ok(started) = serde_json::from_str::<Started>(&line) else {
            // Reaped, so that the log is complete.
            let status = child.wait()?;
            bail!("parapet ended with {status}: {line}{}", std::fs::read_to_string(&log)?);
        };
        let (client, admin) = (Client::new(started.listen), Client::new(started.admin_listen));
        Ok(Self { child, client, admin, started })
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// It was gone already.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop with SIGTERM and waits for its exit code. A tracer around it does not pass signals on, so the
    /// signal goes to the process that has no child of its own.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub fn stop(&mut self) -> Result<Option<i32>> {
        let own = self.child.id().to_string();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let pid = children.split_whitespace().next().unwrap_or(&own);
        anyhow::ensure!(Command::new("kill").args(["-TERM", pid]).status()?.success(), "kill -TERM {pid} failed");
        Ok(self.child.wait()?.code())
    }

    /// Asks the admin listener with the token.
    ///
    /// # Errors
    /// No token file, or nobody answers.
    pub async fn admin_get(&self, path: &str) -> Result<Answer> {
        let file = self.started.admin_token_file.as_ref().context("the configuration names the token")?;
        let token = std::fs::read_to_string(file)?;
        self.admin.get(path, &[("authorization", &format!("Bearer {}", token.trim()))]).await
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
