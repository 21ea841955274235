//! What goes wrong in mid-run, at fixed points of its progress.

use std::sync::Arc;

use anyhow::Result;
use parapet_tests::postgres::Stop;
use parapet_tests::sidecar::Sidecar;
use tokio::sync::watch;

use crate::clients::{Current, Progress};
use crate::setup::Setup;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// Parapet is killed with SIGKILL and started again.
    Kill,
    /// Postgres is stopped and started again.
    Restart(Stop),
    /// Parapet is killed while Postgres is down.
    Both,
}

/// At which percentage of the released answers what happens.
const PLAN: [(usize, Event); 9] = [
    (8, Event::Kill),
    (18, Event::Restart(Stop::Immediate)),
    (28, Event::Kill),
    (38, Event::Restart(Stop::Fast)),
    (48, Event::Kill),
    (58, Event::Both),
    (68, Event::Restart(Stop::Immediate)),
    (78, Event::Kill),
    (90, Event::Kill),
];

/// Starts the sidecar, carries the plan out and stops the sidecar in order. Returns what happened.
pub(crate) async fn run(
    setup: Arc<Setup>,
    mut progress: Progress,
    current: watch::Sender<Current>,
) -> Result<Vec<String>> {
    let mut happened = Vec::new();
    let mut generation = 0;
    let mut sidecar = start(&setup, generation, &current).await?;
    for (percent, event) in PLAN {
        progress.reaches(percent).await?;
        happened.push(format!("{percent:3} %: {}", described(event)));
        match event {
            Event::Kill => sidecar.kill()?,
            Event::Restart(how) => {
                restart(&setup, how).await?;
                continue;
            }
            Event::Both => {
                let stopping = Arc::clone(&setup);
                tokio::task::spawn_blocking(move || stopping.cluster.down(Stop::Immediate)).await??;
                sidecar.kill()?;
                let starting = Arc::clone(&setup);
                tokio::task::spawn_blocking(move || starting.cluster.up()).await??;
            }
        }
        generation += 1;
        sidecar = start(&setup, generation, &current).await?;
    }
    progress.reaches(100).await?;
    let code = tokio::task::spawn_blocking(move || sidecar.stop()).await??;
    happened
        .push(format!("100 %: parapet told to stop, exit code {}", code.map_or("none".to_owned(), |c| c.to_string())));
    Ok(happened)
}

const fn described(event: Event) -> &'static str {
    match event {
        Event::Kill => "parapet killed with SIGKILL and started again",
        Event::Restart(Stop::Fast) => "postgres stopped (fast) and started again",
        Event::Restart(Stop::Immediate) => "postgres stopped as in a crash and started again",
        Event::Both => "postgres stopped as in a crash, parapet killed, both started again",
    }
}

async fn restart(setup: &Arc<Setup>, how: Stop) -> Result<()> {
    let setup = Arc::clone(setup);
    tokio::task::spawn_blocking(move || {
        setup.cluster.down(how)?;
        setup.cluster.up()
    })
    .await?
}

async fn start(setup: &Arc<Setup>, generation: usize, current: &watch::Sender<Current>) -> Result<Sidecar> {
    let setup = Arc::clone(setup);
    let sidecar = tokio::task::spawn_blocking(move || setup.sidecar()).await??;
    current.send_replace(Some((generation, sidecar.client.clone())));
    Ok(sidecar)
}
