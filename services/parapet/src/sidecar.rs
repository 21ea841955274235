//! A running sidecar: the data plane and the admin listener, each on its port, until it is told to stop.
//! `serve` and `demo` run the same one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use parapet_console::{AdminState, AdminToken, Generation, InForce, QueueState};
use parapet_gateway::config::Limits;
use parapet_gateway::{Config, Secret, serve_connections};
use parapet_guardgen::GenerateOptions;
use parapet_judge::{GuardSets, ToolFiles, Watcher};
use parapet_store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::failure::ListenError;
use crate::parts::{self, Assembled};
use crate::registry;
use crate::state_dir::StateDir;
use crate::telemetry::{self, Traces};

/// Most open connections on the admin listener: operators, a scraper, probes.
const ADMIN_CONNECTIONS: usize = 256;

/// What runs.
pub(crate) struct Sidecar {
    /// Address of the data plane.
    pub(crate) listen: SocketAddr,
    /// Address of the console.
    pub(crate) admin_listen: SocketAddr,
    /// Address for Envoy over gRPC, if it is served.
    pub(crate) grpc_listen: Option<SocketAddr>,
    /// The audit log.
    pub(crate) store: Store,
    /// The guards in force.
    pub(crate) sets: Arc<GuardSets>,
    stop: watch::Sender<bool>,
    data_plane: JoinHandle<()>,
    admin: JoinHandle<()>,
    traces: Option<Traces>,
    _watcher: Option<Watcher>,
}

/// Starts everything that `config` describes. Returns once both ports listen.
pub(crate) async fn start(mut config: Config, state: &StateDir) -> Result<Sidecar> {
    let token = match &config.server.admin_token {
        Some(token) => token.clone(),
        None => Secret::new(state.admin_token()?),
    };
    config.server.admin_token = Some(token.clone());
    // Before the data plane, which takes the provider that is there.
    let traces = config.telemetry.as_ref().map(telemetry::start).transpose()?;
    // The operator's tools are offered to whatever is generated here.
    let tools = config.guards.dir.as_deref().map(ToolFiles::read_all).transpose()?.unwrap_or_default();
    let options = GenerateOptions::default().with_library(tools);
    let (server, watch_guards) = (config.server.clone(), config.guards.watch);
    let limits = Limits { connections: ADMIN_CONNECTIONS.min(config.limits.connections), ..config.limits };
    let Assembled { app, sets, store, recorder, generator } = parts::assemble(config, state).await?;
    registry::record(&store, &server.tenant, &sets.current()).await?;
    let watcher = if watch_guards { start_watcher(&sets, &store, &server.tenant)? } else { None };

    let listener = bind(server.listen, "listen").await?;
    let admin_listener = bind(server.admin_listen, "admin-listen").await?;
    let grpc_listener = match server.grpc_listen {
        Some(address) => Some(bind(address, "grpc-listen").await?),
        None => None,
    };
    let (listen, admin_listen) = (listener.local_addr()?, admin_listener.local_addr()?);
    let grpc_listen = grpc_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let metrics_app = app.clone();
    let console = parapet_console::router(AdminState {
        store: store.clone(),
        tenant: server.tenant.clone(),
        in_force: InForce::source(Arc::clone(&sets)),
        metrics: Arc::new(move || metrics_app.metrics_text()),
        metrics_open: false,
        queue: Arc::new(move || queue_state(&recorder)),
        generation: Some(Generation::new(generator, options)),
        token: AdminToken::new(token.expose())?,
    });
    let stop = watch::Sender::new(false);
    let (data_stop, admin_stop) = (told_to_stop(&stop), told_to_stop(&stop));
    let data_plane = tokio::spawn(async move {
        app.serve_with_grpc(listener, grpc_listener, data_stop).await;
    });
    let admin = tokio::spawn(async move {
        let service_of = |peer| admin_service(&console, peer);
        serve_connections(&limits, admin_listener, admin_stop, service_of, std::future::ready(())).await;
    });
    Ok(Sidecar { listen, admin_listen, grpc_listen, store, sets, stop, data_plane, admin, traces, _watcher: watcher })
}

impl Sidecar {
    /// Finishes the requests at work, writes the decisions that still wait, and closes the store.
    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.data_plane.await.context("the data plane ended with a fault")?;
        self.admin.await.context("the admin listener ended with a fault")?;
        self.store.close().await;
        if let Some(traces) = self.traces {
            traces.stop().await;
        }
        Ok(())
    }
}

/// The console for one peer's connection; it counts wrong tokens by address.
fn admin_service(
    console: &Router,
    peer: SocketAddr,
) -> impl Service<Request<Incoming>, Response = axum::response::Response, Error = Infallible, Future: Send> + use<> {
    let console = console.clone();
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        console.clone().oneshot(request.map(axum::body::Body::new))
    })
}

fn queue_state(recorder: &parapet_store::Recorder) -> QueueState {
    let stats = recorder.stats();
    QueueState {
        depth: u64::try_from(stats.queue_depth).unwrap_or(u64::MAX),
        healthy: stats.healthy,
        dropped: stats.dropped,
    }
}

/// Takes changed guards up; each set that comes into force is entered in the register.
fn start_watcher(sets: &Arc<GuardSets>, store: &Store, tenant: &str) -> Result<Option<Watcher>> {
    let (runtime, store, tenant) = (tokio::runtime::Handle::current(), store.clone(), tenant.to_owned());
    let register = move |sets: &GuardSets| {
        let (set, store, tenant) = (sets.current(), store.clone(), tenant.clone());
        runtime.spawn(async move {
            if let Err(error) = registry::record(&store, &tenant, &set).await {
                tracing::error!(guard_set = %set.hash, %error, "guard set not entered in the register");
            }
        });
    };
    let watcher = Watcher::start(Arc::clone(sets), register);
    watcher.context("the guards folder cannot be watched; set `guards.watch = false` to do without")
}

async fn bind(address: SocketAddr, option: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| ListenError { address, option, cause })
}

fn told_to_stop(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + use<> {
    let mut told = stop.subscribe();
    async move {
        // When the sender is gone, so is whoever would have told.
        let _ = told.wait_for(|stop| *stop).await;
    }
}
