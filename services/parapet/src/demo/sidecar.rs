//! The demo's sidecar: the real one, with its files in a temporary folder and two routes to the demo agents.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use anyhow::{Context as _, Result};
use parapet_domain::DecisionRecord;
use parapet_domain::event::DEFAULT_TENANT;
use parapet_gateway::Config;
use uuid::Uuid;

use crate::config::quoted;
use crate::sidecar;
use crate::state_dir::StateDir;

/// The running sidecar and what the demo says about it.
pub(crate) struct Sidecar {
    running: sidecar::Sidecar,
    home: tempfile::TempDir,
    /// Address of the data plane.
    pub(crate) url: String,
    /// Address of the console.
    pub(crate) admin_url: String,
    /// Address of the audit log.
    pub(crate) store_url: String,
    /// Token for the console.
    pub(crate) admin_token: String,
}

/// Starts it in front of the agents at `agents`.
pub(crate) async fn start(agents: SocketAddr, listen: SocketAddr, admin_listen: SocketAddr) -> Result<Sidecar> {
    let home =
        tempfile::Builder::new().prefix("parapet-demo-").tempdir().context("no temporary folder for the demo")?;
    let state = StateDir::open(Some(home.path().to_owned()))?;
    let (listen, admin_listen) = (free(listen), free(admin_listen));
    // Built guards do not depend on the demo: they stay in the user's state folder, so that a second demo starts at once.
    let cache = StateDir::open(None)?.join("cache");
    let text = config_text(agents, &state, &cache, listen, admin_listen);
    let config = Config::parse("demo", &text, &|_| None)?;
    let running = sidecar::start(config, &state).await?;
    Ok(Sidecar {
        url: format!("http://{}", running.listen),
        admin_url: format!("http://{}", running.admin_listen),
        store_url: state.store_url(),
        admin_token: state.admin_token()?,
        running,
        home,
    })
}

/// `wanted`, or any free port on the same address when it is taken.
fn free(wanted: SocketAddr) -> SocketAddr {
    match TcpListener::bind(wanted) {
        Ok(_) => wanted,
        Err(_) => SocketAddr::new(wanted.ip(), 0),
    }
}

fn config_text(
    agents: SocketAddr,
    state: &StateDir,
    cache: &Path,
    listen: SocketAddr,
    admin_listen: SocketAddr,
) -> String {
    format!(
        r#"
        [server]
        listen = "{listen}"
        admin_listen = "{admin_listen}"
        [store]
        url = {store}
        [audit]
        digest_key_file = {digest_key}
        [sandbox]
        cache_dir = {cache}
        [identity.header]
        trusted_peers = ["127.0.0.1/32", "::1/128"]
        [upstreams.agents]
        base_url = "http://{agents}"
        {routes}
        "#,
        store = quoted(&state.store_url()),
        digest_key = quoted(&state.join("digest.key").display().to_string()),
        cache = quoted(&cache.display().to_string()),
        routes = include_str!("routes.toml"),
    )
}

impl Sidecar {
    /// All decisions of the exchange to which decision `id` belongs, in order.
    pub(crate) async fn records_of(&self, id: &str) -> Result<Vec<DecisionRecord>> {
        let id: Uuid = id.parse().with_context(|| format!("the answer bears no decision id, but `{id}`"))?;
        let record = self.running.store.decision(DEFAULT_TENANT, id).await?;
        let record = record.with_context(|| format!("decision {id} is not in the audit log"))?;
        Ok(self.running.store.exchange(DEFAULT_TENANT, record.exchange_id).await?)
    }

    /// Where its files are.
    pub(crate) fn dir(&self) -> &Path {
        self.home.path()
    }

    /// Stops it and removes its files.
    pub(crate) async fn stop(self) -> Result<()> {
        self.running.stop().await?;
        Ok(self.home.close()?)
    }
}
