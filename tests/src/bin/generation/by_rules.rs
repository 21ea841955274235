//! Without a model: every request has to compile, and every test to pass.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use parapet_guardgen::checks::MutantFigures;
use parapet_guardgen::{CheckOptions, GenerateOptions, Generated, Generator, Memory, Method};
use parapet_judge::{Guard, GuardSource, GuardTest, run_tests};
use serde_json::Value;

use crate::requests::{self, Asked};
use crate::{Tally, sandbox};

/// Least tests that a guard comes with.
const LEAST_TESTS: usize = 12;
/// Least figures on the data sets, in percent.
const LEAST: [(&str, &str, f64); 4] =
    [("EICU-AC", "lpa", 98.7), ("EICU-AC", "ea", 95.5), ("Mind2Web-SC", "lpa", 95.0), ("Mind2Web-SC", "ea", 94.0)];

pub(crate) async fn run() -> Result<Tally> {
    let mut tally = Tally::default();
    println!(
        "{:22}{:>8}{:>10}{:>10}{:>8}{:>10}{:>9}",
        "request", "tests", "examples", "held out", "lines", "branches", "mutants"
    );
    for asked in requests::all()? {
        match generate(&asked).await {
            Ok(made) => tell(&mut tally, &asked, &made)?,
            Err(error) => tally.check(false, &format!("{}: {error}", asked.id)),
        }
    }
    benchmarks(&mut tally)?;
    Ok(tally)
}

async fn generate(asked: &Asked) -> Result<Generated> {
    let generator = Generator::new(sandbox(), Memory::seeds_only(), None);
    let checks = CheckOptions { max_mutants: 60, ..CheckOptions::default() };
    let options = GenerateOptions { method: Method::Rules, checks, ..GenerateOptions::default() };
    Ok(generator.generate(&asked.structured(), &options, &mut |_| {}).await?)
}

fn tell(tally: &mut Tally, asked: &Asked, made: &Generated) -> Result<()> {
    let source = made.draft.source()?;
    let own = test(tally, &asked.id, &source, &source.tests)?;
    let examples = test(tally, &asked.id, &source, &asked.examples)?;
    let held_out = test(tally, &asked.id, &source, &asked.held_out)?;
    tally.check(made.counts(), &format!("{} does not count:\n{}", asked.id, made.report.to_text()));
    tally.check(source.tests.len() >= LEAST_TESTS, &format!("{} has only {} tests", asked.id, source.tests.len()));
    let percent = |value: Option<usize>| value.map_or_else(|| "-".to_owned(), |value| format!("{value} %"));
    let coverage = made.report.coverage.as_ref();
    println!(
        "{:22}{own:>8}{examples:>10}{held_out:>10}{:>8}{:>10}{:>9}",
        asked.id,
        percent(coverage.map(|coverage| coverage.lines.percent())),
        percent(coverage.map(|coverage| coverage.branches.percent())),
        percent(made.report.mutants.as_ref().map(MutantFigures::percent)),
    );
    Ok(())
}

/// Runs tests on a guard; gives `passed/all`.
fn test(tally: &mut Tally, id: &str, source: &GuardSource, tests: &[GuardTest]) -> Result<String> {
    let sandbox = sandbox();
    let guard = Guard::build(&sandbox, GuardSource { tests: tests.to_vec(), ..source.clone() })?;
    let reports = run_tests(&sandbox, &guard);
    let mut passed = 0;
    for report in &reports {
        passed += usize::from(report.difference.is_none());
        let difference = report.difference.as_deref().unwrap_or_default();
        tally.check(report.difference.is_none(), &format!("{id}: {}: {difference}", report.description));
    }
    Ok(format!("{passed}/{}", reports.len()))
}

/// Both data sets with guards generated from their requests, where `DATA` says where they are.
fn benchmarks(tally: &mut Tally) -> Result<()> {
    let Some(data) = std::env::var_os("DATA").filter(|data| !data.is_empty()) else {
        println!("\nset DATA=… for the two benchmarks (docs/benchmarks.md)");
        return Ok(());
    };
    let data = std::path::Path::new(&data).join("guardagent");
    let parapet = parapet_test_sandbox::target_dir().join("parapet");
    let bench = |json: bool| -> Result<Vec<u8>> {
        let mut command = Command::new(&parapet);
        command.args(["bench", "guardagent", "--generate", "--data"]).arg(&data);
        if json {
            command.arg("--json");
        }
        let output = command.output().with_context(|| format!("{} cannot be started", parapet.display()))?;
        if !output.status.success() {
            bail!("the benchmark failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    };
    println!("\n{}", String::from_utf8_lossy(&bench(false)?));
    let report: Value = serde_json::from_slice(&bench(true)?)?;
    for (suite, figure, least) in LEAST {
        let suites = report.get("suites").and_then(Value::as_array).into_iter().flatten();
        let found = suites.filter(|report| report.get("suite").and_then(Value::as_str) == Some(suite));
        let value = found.filter_map(|report| report.get(figure)?.as_f64()).next();
        let shown = value.map_or_else(|| "missing".to_owned(), |value| format!("{value:.1}"));
        tally.check(
            value.is_some_and(|value| value >= least),
            &format!("{suite} {figure} is {shown}, at least {least} wanted"),
        );
    }
    Ok(())
}
