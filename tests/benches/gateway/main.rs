//! The same exchange of 2 KB JSON through the upstream alone, a plain reverse proxy, and the real `parapet serve` with three
//! guards on both directions and every decision recorded. All in one run and in turns, so that what else the machine does
//! hits all alike. A request that is not answered with 200 and the upstream's exact bytes fails the bench.
//!
//! `cargo build --release -p parapet && cargo bench -p parapet-tests --bench gateway`; `ROUNDS`, `SECONDS` (of each
//! measurement) and `-- --json` change what is done. `tests/with-postgres.sh` in front of it adds Postgres.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod commits;
mod exchange;
mod figures;
mod load;
mod peer;
mod postgres;
mod sidecars;
mod table;
mod ways;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::runtime::Runtime;

use figures::{Figures, Measured};
use ways::World;

/// Connections of the two loads: for throughput and for latency.
pub(crate) const LOADS: [usize; 2] = [32, 1];
/// Load on each way before anything counts.
const WARM_UP: Duration = Duration::from_millis(400);

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Turns that every way gets.
    pub(crate) rounds: usize,
    /// Time of each measurement.
    pub(crate) time: Duration,
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = peer::Role::asked_for(&arguments)? {
        peer::serve(role)?;
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Settings::from_environment()?;
    let runtime = Runtime::new()?;
    let figures = measure(&runtime, settings)?;
    if arguments.iter().any(|argument| argument == "--json") {
        println!("{}", serde_json::to_string_pretty(&figures.report())?);
    } else {
        print!("{}", table::text(&figures.report()));
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(runtime: &Runtime, settings: Settings) -> Result<Figures> {
    let world = runtime.block_on(World::start())?;
    for way in &world.ways {
        load::run(&way.target, LOADS[0], WARM_UP).with_context(|| way.name.clone())?;
        runtime.block_on(world.settle(way))?;
    }
    let mut commits = runtime.block_on(world.commits())?;
    let mut figures = Figures::new(settings);
    for _ in 0..settings.rounds {
        for connections in LOADS {
            for way in &world.ways {
                let measured =
                    turn(runtime, &world, way, connections, settings.time).with_context(|| way.name.clone())?;
                figures.add(&way.name, connections, measured);
            }
        }
        for commit in &mut commits {
            let p50_us = runtime.block_on(commit.measure(settings.time / 2))?;
            figures.add_commit(&commit.name, p50_us);
        }
    }
    figures.lost = runtime.block_on(world.lost())?;
    Ok(figures)
}

/// One measurement of one way. What it has left to write is written within its own turn, and counts as its work.
fn turn(runtime: &Runtime, world: &World, way: &ways::Way, connections: usize, time: Duration) -> Result<Measured> {
    let before = peer::cpu_time(way.pid)?;
    let sample = load::run(&way.target, connections, time)?;
    runtime.block_on(world.settle(way))?;
    let cpu = peer::cpu_time(way.pid)?.saturating_sub(before);
    Ok(Measured::new(&sample, cpu))
}

impl Settings {
    fn from_environment() -> Result<Self> {
        let read = |name: &str, default: f64| match std::env::var(name) {
            Ok(text) => text.parse().with_context(|| format!("{name}=`{text}` is not a number")),
            Err(_) => Ok(default),
        };
        let (rounds, seconds) = (read("ROUNDS", 5.0)?, read("SECONDS", 0.5)?);
        ensure!((1.0..=1000.0).contains(&rounds), "ROUNDS must be 1 to 1000");
        ensure!((0.05..=600.0).contains(&seconds), "SECONDS must be 0.05 to 600");
        Ok(Self { rounds: rounds as usize, time: Duration::from_secs_f64(seconds) })
    }
}
