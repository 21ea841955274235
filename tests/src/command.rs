//! One call of `parapet` from the command line: its exit code and what it printed.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::{sidecar, world};

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `parapet` with `arguments`.
///
/// # Errors
/// It cannot be started, or was ended by a signal.
pub fn run(arguments: &[&str]) -> Result<Done> {
    run_with_input(arguments, "")
}

/// Runs `parapet` with `arguments` and `input` on standard input.
///
/// # Errors
/// As for [`run`].
pub fn run_with_input(arguments: &[&str], input: &str) -> Result<Done> {
    let mut command: Command = sidecar::parapet(arguments)?;
    command.env("PARAPET_STATE_DIR", world::shared_state()?);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input closes it.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    Ok(Done {
        code: output.status.code().context("parapet was ended by a signal")?,
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}
