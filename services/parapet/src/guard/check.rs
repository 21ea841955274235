//! `parapet guard check`: whether guards count: tests, cost on large events, coverage, mutants, and what to do about each.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use parapet_guardgen::checks::{CheckOptions, CheckProgress, CheckReport, check_guard};
use parapet_judge::{GuardFiles, GuardSource, SetError};
use parapet_sandbox::Sandbox;
use serde::Serialize;

use super::{SandboxArgs, load};
use crate::exit::Exit;
use crate::output::{self, BAD, DIM, GOOD, paint};

/// Checks whether guards count.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet guard check guards/no-internal-words
  parapet guard check guards --json
  parapet guard check guards/no-internal-words --max-mutants 0

What each check looks at: docs/guard-checks.md")]
pub(crate) struct Args {
    /// A guard's folder, or a folder of guards; default: the bundled guards
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Most changes of a guard that its tests are tried on; an even sample of more
    #[arg(long, value_name = "N", default_value_t = CheckOptions::default().max_mutants)]
    max_mutants: usize,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// What was found about one guard.
#[derive(Debug, Serialize)]
struct Entry {
    guard: String,
    counts: bool,
    /// Why there is nothing to check.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<CheckReport>,
}

/// Checks them.
pub(crate) fn run(args: &Args, json: bool) -> Result<Exit> {
    let files = load::files(args.path.as_deref())?;
    if files.guards.is_empty() {
        return Err(SetError::Empty(files.origin).into());
    }
    let sandbox = args.sandbox.open()?;
    let options = CheckOptions { max_mutants: args.max_mutants, ..CheckOptions::default() };
    let bar = progress();
    let entries: Vec<Entry> = files.guards.iter().map(|guard| entry(&sandbox, guard, &options, &bar)).collect();
    bar.finish_and_clear();
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &entries)?;
    } else {
        write_text(&mut out, &entries)?;
    }
    Ok(if entries.iter().all(|entry| entry.counts) { Exit::Success } else { Exit::Guard })
}

/// Shown on standard error, and only when that is a terminal.
fn progress() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(1).with_style(style)
}

fn entry(sandbox: &Sandbox, files: &GuardFiles, options: &CheckOptions, bar: &ProgressBar) -> Entry {
    let guard = files.name.clone();
    let mut show = |progress: CheckProgress| {
        bar.set_message(format!("{guard}: {}", progress.check.as_str()));
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    };
    match GuardSource::parse(files) {
        Err(error) => Entry { counts: false, error: Some(error.to_string()), report: None, guard },
        Ok(source) => {
            let report = check_guard(sandbox, &source, options, &mut show);
            Entry { counts: report.counts(), error: None, report: Some(report), guard }
        }
    }
}

fn write_text(out: &mut impl Write, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        let word = if entry.counts { paint(GOOD, "ok    ") } else { paint(BAD, "FAILED") };
        writeln!(out, "{word} {}", entry.guard)?;
        if let Some(error) = &entry.error {
            writeln!(out, "  {}", output::clean(error))?;
        }
        for complaint in entry.report.iter().flat_map(|report| &report.complaints) {
            let text = output::clean(&complaint.to_string());
            writeln!(out, "  {}", if complaint.fatal { paint(BAD, &text) } else { text })?;
        }
        for figure in entry.report.iter().flat_map(CheckReport::figures) {
            writeln!(out, "  {}", paint(DIM, &figure))?;
        }
    }
    let counting = entries.iter().filter(|entry| entry.counts).count();
    Ok(writeln!(out, "{counting} count, {} do not", entries.len() - counting)?)
}

#[cfg(test)]
mod tests {
    use parapet_guardgen::checks::LargestEvent;

    use super::*;

    #[test]
    fn the_largest_event_is_what_the_gateway_lets_through() {
        let config = parapet_gateway::Config::parse("example", parapet_gateway::config::EXAMPLE, &|_| None).unwrap();
        let LargestEvent { bytes, parts, values } = CheckOptions::default().largest;
        assert_eq!(parts, parapet_surfaces::limits::MAX_PARTS);
        assert_eq!(values, parapet_surfaces::limits::MAX_VALUES);
        assert_eq!(bytes, config.limits.body_bytes);
    }
}
