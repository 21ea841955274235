//! `parapet tool test`: builds the operator's tools, and runs their tests and their examples in the sandbox.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use parapet_judge::{Tool, ToolFiles, ToolSource, ToolTestReport, run_tool_tests};
use parapet_sandbox::Sandbox;
use serde::Serialize;

use super::load;
use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::output::{self, BAD, DIM, GOOD, paint};

/// Builds tools and runs the tests in their `tests.jsonl`, and their examples.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet tool test                       the tools in guards/tools
  parapet tool test guards/tools/our_host
  parapet tool test guards --json")]
pub(crate) struct Args {
    /// A folder of guards, a folder of tools or one tool's folder [default: guards]
    #[arg(value_name = "DIR")]
    path: Option<PathBuf>,
    /// Lists the passed tests too
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// The tests of one tool.
#[derive(Debug, Serialize)]
struct Report {
    tool: String,
    passed: usize,
    failed: usize,
    /// Why the tool has no tests to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    tests: Vec<ToolTestReport>,
}

/// Runs them.
pub(super) fn run(args: &Args, json: bool) -> Result<Exit> {
    let files = load::files(args.path.as_deref())?;
    if files.is_empty() {
        bail!("there is no tool to test; make one with `parapet tool new`");
    }
    let sandbox = args.sandbox.open()?;
    let reports: Vec<Report> = files.iter().map(|tool| test_tool(&sandbox, tool)).collect();
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &reports)?;
    } else {
        write_text(&mut out, &reports, args.verbose)?;
    }
    Ok(if reports.iter().all(|report| report.failed == 0) { Exit::Success } else { Exit::Guard })
}

fn test_tool(sandbox: &Sandbox, files: &ToolFiles) -> Report {
    let built = ToolSource::parse(files).and_then(|source| Tool::build(sandbox, source));
    let (tests, error) = match built {
        Ok(tool) if tool.source.tests.is_empty() => {
            (Vec::new(), Some("there is no test in tests.jsonl; write one for each behaviour".to_owned()))
        }
        Ok(tool) => (run_tool_tests(sandbox, &tool), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let failed = tests.iter().filter(|test| test.difference.is_some()).count();
    Report {
        tool: files.name.clone(),
        passed: tests.len() - failed,
        failed: failed + usize::from(error.is_some()),
        error,
        tests,
    }
}

fn write_text(out: &mut impl Write, reports: &[Report], verbose: bool) -> Result<()> {
    for report in reports {
        let word = if report.failed == 0 { paint(GOOD, "ok    ") } else { paint(BAD, "FAILED") };
        writeln!(out, "{word} {:24} {} passed, {} failed", report.tool, report.passed, report.failed)?;
        for line in report.error.iter().flat_map(|error| error.lines()) {
            writeln!(out, "       {}", output::clean(line))?;
        }
        for test in &report.tests {
            let description = output::clean(&test.description);
            match &test.difference {
                Some(difference) => writeln!(out, "       {description}: {}", output::clean(difference))?,
                None if verbose => {
                    let cost = format!("{} fuel, {} µs", test.fuel_used, test.duration_us);
                    writeln!(out, "       {description} {}", paint(DIM, &cost))?;
                }
                None => {}
            }
        }
    }
    let sum = |count: fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
    Ok(writeln!(out, "{} passed, {} failed", sum(|r| r.passed), sum(|r| r.failed))?)
}
