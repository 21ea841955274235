//! Nothing lost, nothing doubled: 10,000 decisions in the audit mode `required` against Postgres, while Parapet is killed
//! with SIGKILL and Postgres is stopped and started in mid-run. Every answer that a client got must have its decisions
//! in the log, each exactly once, and so must every request that reached the model.
//! Usage: `loss [DECISIONS]`. The last line is `N passed, N failed`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};

mod chaos;
mod clients;
mod setup;
mod verdict;

/// Decisions when no number is given.
const DECISIONS: usize = 10_000;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let decisions = match std::env::args().nth(1) {
        Some(text) => text.parse().with_context(|| format!("`{text}` is no number of decisions"))?,
        None => DECISIONS,
    };
    let setup = Arc::new(setup::Setup::new().await?);
    // Each exchange is two decisions: one on the question, one on the answer.
    let load = clients::Load::new(decisions.div_ceil(2));
    let chaos = tokio::spawn(chaos::run(Arc::clone(&setup), load.progress(), load.publisher()));
    let results = load.run().await?;
    let events = chaos.await??;
    let checked = verdict::check(&setup, &results).await?;
    let mut out = std::io::stdout().lock();
    verdict::print(&mut out, &events, &results, &checked)?;
    Ok(if checked.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
