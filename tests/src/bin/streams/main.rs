//! `streams [STREAMS] [CHARACTERS] [SURFACE]`: answers of CHARACTERS characters (default 2,000,000) through STREAMS streams at once (default
//! 200), in windows, judged by the bundled guards and recorded, for each protocol. Prints the sidecar's memory beside its idle one, and the time to the first text of
//! long answers beside that of short ones. The last line is `N passed, N failed`.
#![expect(clippy::print_stdout, reason = "a command line program: printing is what it does")]

mod api;
mod caller;
mod upstream;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use parapet_tests::sidecar::Sidecar;
use tokio::task::JoinSet;

use api::Api;
use caller::{Taken, take};

/// The aim: memory beyond idle, in KiB.
const MOST_KIB: u64 = 64 << 10;
/// Characters of 32,000 words.
const LONG: usize = 200_000;
const SHORT: usize = 20_000;
/// Most characters of answers that are repeated at their end.
const REPEATED: usize = 100_000;
const WINDOW: usize = 8_000;
const ROUNDS: usize = 15;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let number = |at: usize, default| std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (streams, chars) = (number(1, 200), number(2, 2_000_000));
    let only = std::env::args().nth(3);
    let upstream = upstream::start().await?.to_string();
    let (mut passed, mut failed) = (0, 0);
    for api in Api::ALL.into_iter().filter(|api| only.as_ref().is_none_or(|only| only == api.surface())) {
        // Memory that one has had and given back would hide what the next one takes.
        let home = tempfile::tempdir()?;
        let file = home.path().join("parapet.toml");
        std::fs::write(&file, config(home.path(), api, &upstream))?;
        let sidecar = Sidecar::start(&home.path().join("state"), &["--config", &file.display().to_string()])?;
        println!("{}", api.surface());
        for good in [first_text(&sidecar, api).await?, memory(&sidecar, api, streams, chars).await?] {
            passed += usize::from(good);
            failed += usize::from(!good);
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn config(home: &Path, api: Api, upstream: &str) -> String {
    let home = home.display();
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
url = "sqlite:{home}/parapet.db"
[audit]
digest_key_file = "{home}/digest.key"
[sandbox]
max_wait_ms = 60000
[upstreams.model]
base_url = "http://{upstream}"
response_timeout_ms = 3600000
total_timeout_ms = 3600000
[[route]]
name = "chat"
surface = "{surface}"
upstream = "model"
principal = "optional"
hold = "window"
window_chars = {WINDOW}
overlap_chars = 200
"#,
        surface = api.surface()
    )
}

/// Time to the first text of short and long answers, turn about.
async fn first_text(sidecar: &Sidecar, api: Api) -> Result<bool> {
    take(sidecar.started.listen, api, SHORT).await?;
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        short.push(take(sidecar.started.listen, api, SHORT).await?.first_text);
        long.push(take(sidecar.started.listen, api, LONG).await?.first_text);
    }
    let (short, long) = (median(short), median(long));
    let ratio = long.as_secs_f64() / short.as_secs_f64();
    println!("first text: {} ms of {SHORT} characters, {} ms of {LONG}, ratio {ratio:.2}", millis(short), millis(long));
    Ok(ratio < 2.0)
}

/// Memory while all streams pass at once.
async fn memory(sidecar: &Sidecar, api: Api, streams: usize, chars: usize) -> Result<bool> {
    let idle = resident_kib(sidecar.pid())?;
    let (peak, over) = (Arc::new(AtomicU64::new(idle)), Arc::new(AtomicBool::new(false)));
    let sampler = sample(sidecar.pid(), Arc::clone(&peak), Arc::clone(&over));
    let started = Instant::now();
    let chars = if api.is_constant() { chars } else { chars.min(REPEATED) };
    let mut all = JoinSet::new();
    for _ in 0..streams {
        all.spawn(take(sidecar.started.listen, api, chars));
    }
    let (mut whole, mut bytes) = (0, 0);
    while let Some(taken) = all.join_next().await {
        let Taken { chars: got, bytes: read, complete, .. } = taken??;
        whole += usize::from(complete && got == chars);
        bytes += read;
    }
    over.store(true, Ordering::Relaxed);
    sampler.await?;
    let peak = peak.load(Ordering::Relaxed);
    let more = peak.saturating_sub(idle);
    println!(
        "{whole} of {streams} streams of {chars} characters came whole in {:.0} s ({} MiB)",
        started.elapsed().as_secs_f64(),
        bytes >> 20
    );
    let limit = if api.is_constant() {
        format!("limit {MOST_KIB} KiB")
    } else {
        "no limit, as the end of an answer repeats it".to_owned()
    };
    println!("resident: {idle} KiB idle, {peak} KiB at most, {more} KiB more; {limit}");
    Ok(whole == streams && (more <= MOST_KIB || !api.is_constant()))
}

fn sample(pid: u32, peak: Arc<AtomicU64>, over: Arc<AtomicBool>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        while !over.load(Ordering::Relaxed) {
            peak.fetch_max(resident_kib(pid).unwrap_or(u64::MAX), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

fn resident_kib(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).context("no number")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
