//! `matrix [--markdown] [WORD…]`: every surface, whole and streamed, every part of its bodies, every verdict and failure, through a running
//! sidecar over TCP or the lines of `parapet mcp wrap`. Each cell asserts what the client sees, what the upstream sees and the row in the audit log. WORDs choose cells
//! whose name has all of them; `--markdown` prints the table of `docs/matrix.md`. The last line is `N passed, N failed`.
#![expect(clippy::print_stdout, clippy::indexing_slicing, reason = "a test program: it prints, and a panic fails it")]

mod cell;
mod check;
mod guards;
mod mark;
mod model;
mod speak;
mod table;
mod transport;
mod world;

use std::process::ExitCode;

use anyhow::Result;

use cell::{Cell, Outcome};
use world::World;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let markdown = flags.iter().any(|flag| flag == "--markdown");
    let mut world = World::start().await?;
    let (cells, impossible) = cell::all();
    let mut outcomes: Vec<(Cell, Outcome)> = Vec::new();
    for cell in cells.into_iter().filter(|cell| words.iter().all(|word| cell.name().contains(word.as_str()))) {
        let outcome = check::check(&mut world, &cell).await;
        if !markdown {
            println!("{} {}", if outcome.is_ok() { "passed" } else { "FAILED" }, cell.name());
            if let Err(error) = &outcome {
                println!("       {error:#}");
            }
        }
        outcomes.push((cell, outcome));
    }
    let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    let passed = outcomes.len() - failed;
    if markdown {
        print!("{}", table::markdown(&outcomes, &impossible));
    } else {
        impossible.iter().for_each(|(name, why)| println!("  none {name}: {why}"));
        println!("{passed} passed, {failed} failed");
    }
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
