//! Connections: accepted up to a limit, read and written against the clock, drained at the end.

mod timed_io;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::app::Inner;
use crate::config::Limits;
use crate::{grpc, router};
use timed_io::TimedIo;

/// Pause after a failed `accept`, such as for want of file descriptors: trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Most requests at once on one HTTP/2 connection; further ones wait at the proxy.
const MAX_STREAMS: u32 = 256;
/// How often a proxy on a silent HTTP/2 connection is asked whether it is still there, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// How the end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy when the drain time-out passed, and were cut.
    pub cut: usize,
    /// Best-effort decisions that were lost over the life of the recorder.
    pub lost: u64,
}

/// The data plane's listener.
pub(crate) async fn serve(app: &Arc<Inner>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> usize {
    let service_of = |peer| {
        let app = Arc::clone(app);
        service_fn(move |request| {
            let app = Arc::clone(&app);
            async move { Ok::<_, Infallible>(router::answer(&app, peer, request).await) }
        })
    };
    // An exchange may outlive its connection.
    let at_work = async {
        app.exchanges.close();
        app.exchanges.wait().await;
    };
    let shutdown = async {
        shutdown.await;
        app.stopping.cancel();
    };
    serve_connections(&app.limits, listener, shutdown, service_of, at_work).await
}

/// Serves HTTP/1.1 on `listener` until `shutdown` completes, every connection within `limits`; then finishes what is at
/// work on the connections, and `at_work`, within the drain time-out. `service_of` makes the service for a peer's
/// connection. Gives the number of connections that had to be cut.
pub async fn serve_connections<S, B>(
    limits: &Limits,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    service_of: impl Fn(SocketAddr) -> S,
    at_work: impl Future<Output = ()>,
) -> usize
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let start = |stream, peer, watcher, slot| connection(*limits, stream, peer, service_of(peer), watcher, slot);
    accept_all(limits, listener, shutdown, start, at_work).await
}

/// Envoy's external authorization over gRPC: HTTP/2 with prior knowledge.
pub(crate) async fn serve_grpc(app: &Arc<Inner>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> usize {
    let at_work = async {
        app.exchanges.close();
        app.exchanges.wait().await;
    };
    let start = |stream, peer, watcher, slot| grpc_connection(Arc::clone(app), app.limits, stream, peer, watcher, slot);
    accept_all(&app.limits, listener, shutdown, start, at_work).await
}

type Slot = Option<OwnedSemaphorePermit>;

/// The life of a listener.
async fn accept_all<F>(
    limits: &Limits,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    start: impl Fn(TcpStream, SocketAddr, Watcher, Slot) -> F,
    at_work: impl Future<Output = ()>,
) -> usize
where
    F: Future<Output = ()> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (slot, stream, peer) = accept(&listener, &slots) => {
                connections.spawn(start(stream, peer, graceful.watcher(), slot));
            }
        }
    }
    // From here on the kernel refuses new connections.
    drop(listener);
    tracing::info!(connections.open = connections.len(), "draining");
    let drained = async {
        graceful.shutdown().await;
        at_work.await;
    };
    if tokio::time::timeout(limits.drain, drained).await.is_err() {
        tracing::warn!("the drain time-out passed");
    }
    while connections.try_join_next().is_some() {}
    let cut = connections.len();
    connections.shutdown().await;
    cut
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (Slot, TcpStream, SocketAddr) {
    // The semaphore is never closed, so there always is a permit.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (slot, stream, peer),
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection<S, B>(limits: Limits, stream: TcpStream, peer: SocketAddr, service: S, watcher: Watcher, slot: Slot)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(TimedIo::new(stream, limits.write));
    if let Err(error) = watcher.watch(builder(&limits).serve_connection(io, service)).await {
        tracing::debug!(%error, net.peer = %peer, "connection ended early");
    }
    drop(slot);
}

async fn grpc_connection(
    app: Arc<Inner>,
    limits: Limits,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: Watcher,
    slot: Slot,
) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(grpc::answer(&app, peer, request).await) }
    });
    let io = TokioIo::new(TimedIo::new(stream, limits.write));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    if let Err(error) = watcher.watch(builder.serve_connection(io, service)).await {
        tracing::debug!(%error, net.peer = %peer, "connection ended early");
    }
    drop(slot);
}

/// HTTP/1.1 with every limit set by hand. The header time-out also ends idle connections.
fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_headers(limits.headers)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(64 << 10));
    builder
}
