//! `parapet guard build`: builds guards and lists everything that is wrong with them.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use parapet_judge::{Guard, GuardError, GuardSource, SetError};
use parapet_sandbox::{Complaint, Sandbox};
use serde::Serialize;

use super::{SandboxArgs, load};
use crate::exit::Exit;
use crate::output;

/// Builds guards and lists everything that is wrong with them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet guard build guards/no-internal-words
  parapet guard build guards --json")]
pub(crate) struct Args {
    /// A guard's folder, or a folder of guards; default: the bundled guards
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// How the build of one guard ended.
#[derive(Debug, Serialize)]
struct Report {
    guard: String,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// Memory that the loaded guard needs of its own, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Position and help for each fault of the code.
    complaints: Vec<Complaint>,
}

/// Builds them.
pub(crate) fn run(args: &Args, json: bool) -> Result<Exit> {
    let files = load::files(args.path.as_deref())?;
    if files.guards.is_empty() {
        return Err(SetError::Empty(files.origin).into());
    }
    let sandbox = args.sandbox.open()?;
    let reports: Vec<Report> =
        files.guards.iter().map(|guard| report(&sandbox, &guard.name, GuardSource::parse(guard))).collect();
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &reports)?;
    } else {
        for report in &reports {
            writeln!(out, "{}", line(report))?;
        }
    }
    Ok(if reports.iter().all(|report| report.ok) { Exit::Success } else { Exit::Guard })
}

fn report(sandbox: &Sandbox, name: &str, source: Result<GuardSource, GuardError>) -> Report {
    let hash = source.as_ref().ok().map(|source| source.hash.clone());
    let built = source.and_then(|source| Guard::build(sandbox, source));
    let complaints = match &built {
        Err(GuardError::Build { cause, .. }) => cause.complaints().to_vec(),
        _ => Vec::new(),
    };
    Report {
        guard: name.to_owned(),
        ok: built.is_ok(),
        hash,
        image_bytes: built.as_ref().ok().map(|guard| guard.loaded.image_bytes()),
        error: built.err().map(|error| error.to_string()),
        complaints,
    }
}

fn line(report: &Report) -> String {
    match &report.error {
        Some(error) => format!("{} {error}", output::paint(output::BAD, "refused")),
        None => format!(
            "{}   {}  {}",
            output::paint(output::GOOD, "built"),
            report.guard,
            output::paint(output::DIM, report.hash.as_deref().unwrap_or_default())
        ),
    }
}
