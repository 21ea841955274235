//! The length score when every answer has half to one and a half times the words that were asked for.

use std::time::Instant;

use anyhow::Result;
use futures_util::{StreamExt as _, stream};
use parapet_agentwrite::{Brief, Document, words};
use parapet_test_model_server::Author;

use crate::desk::Desk;
use crate::{Tally, rows};

/// Documents at once.
const AT_ONCE: usize = 8;
/// The aim: mean length score.
const AIM: f64 = 95.0;
/// No document may be further off.
const WORST: f64 = 80.0;
/// Ends of the benchmark's ranges of lengths, the last one open.
const RANGES: [(u32, u32); 4] = [(0, 500), (500, 2_000), (2_000, 4_000), (4_000, u32::MAX)];

/// A document with its score.
struct Scored {
    required: u32,
    score: f64,
    document: Document,
}

pub(crate) async fn run(tally: &mut Tally) -> Result<()> {
    let (briefs, source) = rows::all()?;
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2408);
    let began = Instant::now();
    let desk = Desk::with(move |asked| Author::new(seed, (0.5, 1.5)).step(asked)).await;
    let all: Vec<_> = briefs.iter().enumerate().map(|(at, brief)| scored(&desk, at, brief)).collect();
    let scored: Vec<Scored> =
        stream::iter(all).buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter().collect::<Result<_>>()?;

    println!("{} of {source}, every answer 50 to 150 % of what was asked, seed {seed}", scored.len());
    println!("{:>16}{:>10}{:>10}{:>10}{:>14}", "words required", "documents", "mean", "lowest", "calls/section");
    for (from, to) in RANGES {
        let within: Vec<&Scored> = scored.iter().filter(|row| (from..to).contains(&row.required)).collect();
        if !within.is_empty() {
            let name = if to == u32::MAX { format!("{from} or more") } else { format!("{from} to {to}") };
            line(&name, &within);
        }
    }
    let all: Vec<&Scored> = scored.iter().collect();
    line("all", &all);
    println!("in {:.0} s", began.elapsed().as_secs_f64());
    tally.check(mean(&all) >= AIM, &format!("mean length score at least {AIM}"));
    tally.check(all.iter().all(|row| row.score >= WORST), &format!("no document below {WORST}"));
    let counted = all.iter().all(|row| words::count(&row.document.text) == row.document.words);
    tally.check(counted, "every document has the words that it says");
    Ok(())
}

async fn scored(desk: &Desk, at: usize, brief: &Brief) -> Result<Scored> {
    let required = brief.target.aim();
    let document = desk.write(&format!("row-{at}"), brief).await??;
    Ok(Scored { required, score: words::length_score(required, document.words), document })
}

fn mean(rows: &[&Scored]) -> f64 {
    rows.iter().map(|row| row.score).sum::<f64>() / rows.len().max(1) as f64
}

fn line(name: &str, rows: &[&Scored]) {
    let lowest = rows.iter().map(|row| row.score).fold(100.0, f64::min);
    let sections: usize = rows.iter().map(|row| row.document.sections.len()).sum();
    let calls: u64 = rows.iter().map(|row| row.document.calls).sum();
    println!(
        "{name:>16}{:>10}{:>10.1}{lowest:>10.1}{:>14.1}",
        rows.len(),
        mean(rows),
        calls as f64 / sections.max(1) as f64
    );
}
