//! `make longform`: documents by a scripted model that misses every length by up to half, over the rows of LongBench-Write (DATA=…) or
//! a few of our own, and every fault of the published code. `make longform-live`: one long document by a real model, killed in the
//! middle and resumed. The last line is `N passed, N failed`.
#![expect(clippy::print_stdout, reason = "a command prints its figures")]

mod desk;
mod faults;
mod lengths;
mod live;
mod relay;
mod rows;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// What passed and what did not.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    /// One check with its name.
    fn check(&mut self, ok: bool, what: &str) {
        println!("  {} {what}", if ok { "ok    " } else { "FAILED" });
        self.passed += usize::from(ok);
        self.failed += usize::from(!ok);
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut tally = Tally::default();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {
            lengths::run(&mut tally).await?;
            faults::run(&mut tally).await?;
        }
        ["live"] => live::run(&mut tally).await?,
        _ => bail!("usage: longform [live]"),
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
