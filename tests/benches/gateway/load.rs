//! The load: connections that are kept alive, each of which sends the next request when it has the whole answer.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

type Sender = SendRequest<Full<Bytes>>;

/// Where requests go, and what must come back.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) request: Bytes,
    pub(crate) answer: Bytes,
}

/// What one measurement gave.
pub(crate) struct Sample {
    /// From the first request to the last answer.
    pub(crate) time: Duration,
    /// Of each request, sorted.
    pub(crate) latencies: Vec<Duration>,
}

/// Sends for `time`. As many threads as there are cores share the connections, each with a runtime of its own, so that no
/// answer has to wake another thread.
pub(crate) fn run(target: &Target, connections: usize, time: Duration) -> Result<Sample> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(connections);
    let ready = &Barrier::new(threads);
    let samples: Vec<Result<Sample>> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|n| connections / threads + usize::from(n < connections % threads))
            .map(|share| scope.spawn(move || one_thread(target, share, time, ready)))
            .collect();
        started.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?).collect()
    });
    let samples: Vec<Sample> = samples.into_iter().collect::<Result<_>>()?;
    let time = samples.iter().map(|sample| sample.time).max().unwrap_or_default();
    let mut latencies: Vec<Duration> = samples.into_iter().flat_map(|sample| sample.latencies).collect();
    latencies.sort_unstable();
    Ok(Sample { time, latencies })
}

fn one_thread(target: &Target, connections: usize, time: Duration, ready: &Barrier) -> Result<Sample> {
    let opened = open(target, connections);
    // Also when it failed, or the others would wait for ever.
    ready.wait();
    let (runtime, opened) = opened?;
    let started = Instant::now();
    let latencies = runtime.block_on(all(target, opened, started + time))?;
    Ok(Sample { time: started.elapsed(), latencies })
}

/// Opens the connections and sends one request on each that does not count.
fn open(target: &Target, connections: usize) -> Result<(Runtime, Vec<Sender>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let opened = runtime.block_on(async {
        let mut opened = Vec::with_capacity(connections);
        for _ in 0..connections {
            opened.push(open_one(target).await?);
        }
        anyhow::Ok(opened)
    })?;
    Ok((runtime, opened))
}

async fn open_one(target: &Target) -> Result<Sender> {
    let stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // How it ends is seen by whoever sends on it.
    tokio::spawn(connection);
    exchange(target, &mut sender).await?;
    Ok(sender)
}

async fn all(target: &Target, opened: Vec<Sender>, until: Instant) -> Result<Vec<Duration>> {
    let mut connections = JoinSet::new();
    for mut sender in opened {
        let target = target.clone();
        connections.spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < until {
                let sent = Instant::now();
                exchange(&target, &mut sender).await?;
                latencies.push(sent.elapsed());
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = connections.join_next().await {
        latencies.extend(done??);
    }
    Ok(latencies)
}

/// One request and its whole answer, which must be the upstream's.
async fn exchange(target: &Target, sender: &mut Sender) -> Result<()> {
    let request = Request::post(target.path.as_str())
        .header(header::HOST, "bench")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(target.request.clone()))?;
    sender.ready().await?;
    let (head, body) = sender.send_request(request).await.context("no answer")?.into_parts();
    let body = body.collect().await?.to_bytes();
    ensure!(head.status == StatusCode::OK, "answered {}: {}", head.status, String::from_utf8_lossy(&body));
    ensure!(body == target.answer, "another answer than the upstream's: {}", String::from_utf8_lossy(&body));
    Ok(())
}

impl Sample {
    /// The latency that the share `q` of all requests did not exceed.
    pub(crate) fn quantile(&self, q: f64) -> Duration {
        let rank = (self.latencies.len() as f64 * q).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}
