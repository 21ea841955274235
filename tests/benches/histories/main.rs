//! What it saves to know the history of a conversation: the same question after 200 turns, on a route that judges all of it every time
//! and on one that remembers, by turns in one run, through the real `parapet serve` with the bundled guards and a durable audit log.
//!
//! `cargo bench -p parapet-tests --bench histories`; `REQUESTS` (on each route, default 100) and `TURNS` (default 200) change what is done.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod conversation;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use parapet_domain::{DecisionRecord, Stage};
use parapet_tests::sidecar::{self, Sidecar};
use parapet_tests::upstream::Upstream;
use parapet_tests::world::shared_cache;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;

use conversation::Shape;

/// The routes, by what they do with the history.
const ROUTES: [&str; 2] = ["judge", "remember"];
/// Requests on each route before anything counts. The second one finds the history that the first has brought.
const WARM_UP: usize = 5;

fn main() -> Result<()> {
    let (requests, turns) = (setting("REQUESTS", 100)?, setting("TURNS", 200)?);
    println!(
        "{turns} turns, {requests} requests on each route, by turns; guards: the bundled set; every decision on disk"
    );
    println!(
        "{:<16} {:>12} {:>12} {:>10} {:>10} {:>7} {:>14}",
        "history", "body bytes", "", "p50 ms", "p99 ms", "ratio", "guards' ms"
    );
    Runtime::new()?.block_on(async {
        for shape in Shape::ALL {
            let figures = measure(shape, turns, requests).await.with_context(|| shape.name())?;
            let bytes = conversation::request(shape, turns, 0).to_string().len();
            for (route, figure) in ROUTES.iter().zip(&figures) {
                let ratio = figures.first().map_or(0.0, |judged| figure.p50_ms / judged.p50_ms);
                println!(
                    "{:<16} {bytes:>12} {route:>12} {:>10.2} {:>10.2} {ratio:>7.3} {:>14.2}",
                    shape.name(),
                    figure.p50_ms,
                    figure.p99_ms,
                    figure.guards_ms
                );
            }
        }
        Ok(())
    })
}

fn setting(name: &str, default: usize) -> Result<usize> {
    std::env::var(name).map_or(Ok(default), |text| text.parse().with_context(|| format!("`{name}` is no number")))
}

/// What was measured on one route.
struct Figure {
    p50_ms: f64,
    p99_ms: f64,
    /// Time of the guards on the events of the last request, all added up.
    guards_ms: f64,
}

async fn measure(shape: Shape, turns: usize, requests: usize) -> Result<Vec<Figure>> {
    // Beside the binary: the temporary folder may be in memory, where a commit costs nothing.
    let home = tempfile::tempdir_in(sidecar::binary()?.parent().context("no folder")?)?;
    let upstream = Upstream::saying("The second shelf on the left.").await?;
    let sidecar = start(home.path(), upstream.address)?;
    let mut times = vec![Vec::with_capacity(requests); ROUTES.len()];
    for n in 0..WARM_UP + requests {
        let body = conversation::request(shape, turns, n);
        for (route, times) in ROUTES.iter().zip(&mut times) {
            let took = ask(&sidecar, route, &body).await?;
            if n >= WARM_UP {
                times.push(took);
            }
        }
    }
    let mut figures = Vec::new();
    for (route, mut times) in ROUTES.iter().zip(times) {
        times.sort_unstable();
        let at = |share: f64| {
            times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        figures.push(Figure { p50_ms: at(0.5), p99_ms: at(0.99), guards_ms: guards_ms(&sidecar, route).await? });
    }
    Ok(figures)
}

async fn ask(sidecar: &Sidecar, route: &str, body: &Value) -> Result<Duration> {
    let started = Instant::now();
    let answer = sidecar.client.post(&format!("/{route}"), &[("x-parapet-session", "bench")], body).await?;
    ensure!(answer.status == 200, "{} {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(started.elapsed())
}

/// The time of the guards in the newest exchange on `route`, which must have known its history exactly where it remembers.
async fn guards_ms(sidecar: &Sidecar, route: &str) -> Result<f64> {
    #[derive(Deserialize)]
    struct Page {
        records: Vec<DecisionRecord>,
    }
    let page = sidecar.admin_get(&format!("/admin/decisions?limit=500&route={route}")).await?;
    let page: Page = serde_json::from_slice(&page.body)?;
    let newest = page.records.first().context("nothing was recorded")?.exchange_id;
    let rows: Vec<_> = page.records.iter().filter(|row| row.exchange_id == newest).collect();
    let known: usize = rows.iter().map(|row| row.coverage.judged_before.len()).sum();
    ensure!((known > 0) == (route == "remember"), "{known} parts were known on `{route}`");
    let runs = rows.iter().filter(|row| row.stage != Stage::Output).flat_map(|row| &row.runs);
    Ok(runs.map(|run| run.duration_us as f64).sum::<f64>() / 1e3)
}

fn start(home: &Path, upstream: std::net::SocketAddr) -> Result<Sidecar> {
    let mut text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
url = "sqlite:{home}/decisions.db"
[audit]
digest_key_file = "{home}/digest.key"
[sandbox]
cache_dir = "{cache}"
[upstreams.model]
base_url = "http://{upstream}"
"#,
        home = home.display(),
        cache = shared_cache()?.display(),
    );
    for route in ROUTES {
        text += &format!(
            "[[route]]\nname = \"{route}\"\npath = \"/{route}\"\nsurface = \"openai_chat\"\nupstream = \"model\"\nagent = \"librarian\"\nprincipal = \"optional\"\nhistory = \"{route}\"\n"
        );
    }
    let config = home.join("parapet.toml");
    std::fs::write(&config, text)?;
    Sidecar::start(&home.join("state"), &["--config", &config.display().to_string()])
        .context("build the sidecar of the same profile first: cargo build --release --package parapet")
}
