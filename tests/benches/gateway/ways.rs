//! The ways that the exchange can take, and all processes that they need.

use anyhow::{Context as _, Result};
use parapet_tests::sidecar::{self, Sidecar};

use crate::commits::Commit;
use crate::load::Target;
use crate::peer::{Peer, Role};
use crate::postgres::Schema;
use crate::{exchange, sidecars};

/// The plain proxy that all others are compared with.
pub(crate) const PLAIN: &str = "axum proxy, buffered";
/// Parapet without waiting for the disk, which 100 guards are compared with.
pub(crate) const BEST_EFFORT: &str = "parapet, sqlite, best_effort";
/// The same with many more guards.
pub(crate) const MANY_GUARDS: &str = "same, 100 guards, 3 match";

const FEW: usize = 3;
const MANY: usize = 100;

/// Parapet with `store`, each decision on disk before anything is released.
pub(crate) fn required(store: &str) -> String {
    format!("parapet, {store}, required")
}

/// One way from the load to the upstream.
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) target: Target,
    /// The process that is measured.
    pub(crate) pid: u32,
    /// Which sidecar, if it is one.
    sidecar: Option<usize>,
}

/// Everything that runs. The folder is removed and the processes are ended when it is dropped.
pub(crate) struct World {
    /// In the order in which they take turns.
    pub(crate) ways: Vec<Way>,
    sidecars: Vec<Sidecar>,
    _peers: Vec<Peer>,
    // After the processes that use them.
    schema: Option<Schema>,
    home: tempfile::TempDir,
}

impl World {
    /// Starts all processes.
    pub(crate) async fn start() -> Result<Self> {
        // Beside the binary: the temporary folder may be in memory, where a commit costs nothing.
        let home = tempfile::tempdir_in(sidecar::binary()?.parent().context("no folder")?)?;
        let schema = Schema::make()?;
        let upstream = Peer::start(Role::Upstream)?;
        let to = upstream.address;
        let plain = Peer::start(Role::Proxy { to, parse: false })?;
        let parsing = Peer::start(Role::Proxy { to, parse: true })?;
        let mut ways = vec![
            Way::to_peer("upstream alone", &upstream),
            Way::to_peer(PLAIN, &plain),
            Way::to_peer("axum proxy, both bodies parsed", &parsing),
        ];
        let mut sidecars = Vec::new();
        let mut add = |folder: &str, store: &str, guards: usize, names: &[(&str, &str)]| -> Result<()> {
            let sidecar = sidecars::start(&home.path().join(folder), store, guards, to)?;
            ways.extend(names.iter().map(|(name, audit)| Way::to_sidecar(name, &sidecar, sidecars.len(), audit)));
            sidecars.push(sidecar);
            Ok(())
        };
        let file = |name: &str| format!("sqlite:{}", home.path().join(name).display());
        add("few", &file("few.db"), FEW, &[(&required("sqlite"), "required"), (BEST_EFFORT, "best_effort")])?;
        if let Some(schema) = &schema {
            let required = required("postgres");
            let names = [(required.as_str(), "required"), ("parapet, postgres, best_effort", "best_effort")];
            add("postgres", &schema.url, FEW, &names)?;
        }
        add("many", &file("many.db"), MANY, &[(MANY_GUARDS, "best_effort")])?;
        Ok(Self { ways, sidecars, _peers: vec![upstream, plain, parsing], schema, home })
    }

    /// Waits until a sidecar has written what it decided.
    pub(crate) async fn settle(&self, way: &Way) -> Result<()> {
        match way.sidecar.and_then(|n| self.sidecars.get(n)) {
            Some(sidecar) => sidecars::settle(sidecar).await,
            None => Ok(()),
        }
    }

    /// The commits of the stores that are in use, to be measured by themselves.
    pub(crate) async fn commits(&self) -> Result<Vec<Commit>> {
        let record = sidecars::decision(self.sidecars.first().context("no sidecar")?).await?;
        let file = format!("sqlite:{}", self.home.path().join("commits.db").display());
        let mut commits = vec![Commit::open("sqlite", &file, record.clone()).await?];
        if let Some(schema) = &self.schema {
            commits.push(Commit::open("postgres", &schema.url, record).await?);
        }
        Ok(commits)
    }

    /// Decisions that `best_effort` gave up, in all sidecars together.
    pub(crate) async fn lost(&self) -> Result<f64> {
        let mut lost = 0.0;
        for sidecar in &self.sidecars {
            sidecars::decision(sidecar).await?;
            lost += sidecars::metric(sidecar, "parapet_audit_dropped_total").await?;
        }
        Ok(lost)
    }
}

impl Way {
    fn to_peer(name: &str, peer: &Peer) -> Self {
        let target = target(peer.address, exchange::PATH.to_owned());
        Self { name: name.to_owned(), target, pid: peer.pid(), sidecar: None }
    }

    fn to_sidecar(name: &str, sidecar: &Sidecar, index: usize, audit: &str) -> Self {
        let target = target(sidecar.started.listen, sidecars::path(audit));
        Self { name: name.to_owned(), target, pid: sidecar.pid(), sidecar: Some(index) }
    }
}

fn target(address: std::net::SocketAddr, path: String) -> Target {
    Target { address, path, request: exchange::request(), answer: exchange::answer() }
}
