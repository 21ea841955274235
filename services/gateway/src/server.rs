//! Connections: accepted up to a limit, read and written against the clock, drained at the end.

mod timed_io;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::app::Inner;
use crate::config::Limits;
use crate::router;
use timed_io::TimedIo;

/// Pause after a failed `accept`, such as for want of file descriptors: trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
                connections.spawn(connection(*limits, stream, peer, service_of(peer), graceful.watcher(), slot));
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
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
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

async fn connection<S, B>(
    limits: Limits,
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    watcher: Watcher,
    slot: Option<OwnedSemaphorePermit>,
) where
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
