//! `parapet guard test`: runs the guards' own tests in the sandbox, with the budgets that their manifests suggest.

use std::path::PathBuf;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use parapet_judge::{Guard, GuardFiles, GuardSource, SetError, TestReport, run_tests};
use parapet_sandbox::Sandbox;
use serde::Serialize;

use super::{SandboxArgs, load};
use crate::exit::Exit;
use crate::output::{self, BAD, DIM, GOOD, paint};

/// Runs the tests in the guards' `tests.jsonl`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet guard test                      the bundled guards
  parapet guard test guards/no-internal-words
  parapet guard test guards --json")]
pub(crate) struct Args {
    /// A guard's folder, or a folder of guards; default: the bundled guards
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Lists the passed tests too
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// The tests of one guard.
#[derive(Debug, Serialize)]
struct Report {
    guard: String,
    passed: usize,
    failed: usize,
    /// Why the guard has no tests to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    tests: Vec<TestReport>,
}

/// Runs them.
pub(crate) fn run(args: &Args, json: bool) -> Result<Exit> {
    let files = load::files(args.path.as_deref())?;
    if files.guards.is_empty() {
        return Err(SetError::Empty(files.origin).into());
    }
    let sandbox = args.sandbox.open()?;
    let bar = progress(files.guards.len());
    let reports: Vec<Report> = files
        .guards
        .iter()
        .map(|guard| {
            bar.set_message(guard.name.clone());
            let report = test_guard(&sandbox, guard);
            bar.inc(1);
            report
        })
        .collect();
    bar.finish_and_clear();
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &reports)?;
    } else {
        write_text(&mut out, &reports, args.verbose)?;
    }
    Ok(if reports.iter().all(|report| report.failed == 0) { Exit::Success } else { Exit::Guard })
}

/// Shown on standard error, and only when that is a terminal.
fn progress(guards: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(u64::try_from(guards).unwrap_or(u64::MAX)).with_style(style)
}

fn test_guard(sandbox: &Sandbox, files: &GuardFiles) -> Report {
    let built = GuardSource::parse(files).and_then(|source| Guard::build(sandbox, source));
    let (tests, error) = match built {
        Ok(guard) if guard.source.tests.is_empty() => {
            (Vec::new(), Some("there is no test in tests.jsonl; write one allow and one deny for each rule".to_owned()))
        }
        // Its tests are run on the code that is made for each event; here there is none.
        Ok(guard) if guard.source.manifest.per_event => (Vec::new(), None),
        Ok(guard) => (run_tests(sandbox, &guard), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let failed = tests.iter().filter(|test| test.difference.is_some()).count();
    Report {
        guard: files.name.clone(),
        passed: tests.len() - failed,
        failed: failed + usize::from(error.is_some()),
        error,
        tests,
    }
}

fn write_text(out: &mut impl std::io::Write, reports: &[Report], verbose: bool) -> Result<()> {
    for report in reports {
        let word = if report.failed == 0 { paint(GOOD, "ok    ") } else { paint(BAD, "FAILED") };
        writeln!(out, "{word} {:24} {} passed, {} failed", report.guard, report.passed, report.failed)?;
        if let Some(error) = &report.error {
            writeln!(out, "       {error}")?;
        }
        for test in &report.tests {
            match &test.difference {
                Some(difference) => writeln!(out, "       {}: {difference}", test.description)?,
                None if verbose => {
                    let cost = format!("{} fuel, {} µs", test.fuel_used, test.duration_us);
                    writeln!(out, "       {} {}", test.description, paint(DIM, &cost))?;
                }
                None => {}
            }
        }
    }
    let sum = |count: fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
    Ok(writeln!(out, "{} passed, {} failed", sum(|r| r.passed), sum(|r| r.failed))?)
}
