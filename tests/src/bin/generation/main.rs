//! `make generation`: the guards of ten guard requests and of the two benchmarks, generated without a model and tested.
//! `make generation-live`: the same requests as free prose, with the configured model.
#![expect(clippy::print_stdout, reason = "a command prints its figures")]

mod by_model;
mod by_rules;
mod requests;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use parapet_sandbox::Sandbox;

/// What passed and what did not.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, passed: usize, failed: usize) {
        self.passed += passed;
        self.failed += failed;
    }

    /// One check with its name; told only when it fails.
    fn check(&mut self, ok: bool, what: &str) {
        self.add(usize::from(ok), usize::from(!ok));
        if !ok {
            println!("  FAILED {what}");
        }
    }
}

fn sandbox() -> Arc<Sandbox> {
    parapet_test_sandbox::shared()
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tally = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => by_rules::run().await?,
        ["--model"] => by_model::run(&[]).await?,
        ["--model", names @ ..] => by_model::run(names).await?,
        _ => bail!("usage: generation [--model [NAME ...]]"),
    };
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
