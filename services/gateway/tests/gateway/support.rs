//! One running gateway for each test, with its own guards, store and upstream.

pub(crate) mod client;
pub(crate) mod guards;
pub(crate) mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use parapet_domain::DecisionRecord;
use parapet_gateway::{App, Config, Documents, Drained, Parts};
use parapet_judge::{GuardSets, Judge};
use parapet_sandbox::{BuilderCommand, Sandbox, SandboxConfig};
use parapet_store::{DecisionFilter, PageRequest, Recorder, RecorderConfig, Store, StoreConfig};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use client::{Reply, Request};
use upstream::{Script, Upstream};

/// The identity header's value for a user with one role.
pub(crate) fn user(role: &str) -> String {
    format!(r#"{{"id": "u1", "roles": ["{role}"], "attributes": {{"age": 30}}}}"#)
}

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    /// Where Envoy is answered over gRPC.
    pub(crate) grpc: Option<SocketAddr>,
    pub(crate) app: App,
    pub(crate) upstream: Upstream,
    dir: TempDir,
    pub(crate) recorder: Recorder,
    pub(crate) store: Store,
    sets: Arc<GuardSets>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<Drained>>,
}

/// What a test sets up in its own way.
pub(crate) struct Setup {
    /// `{upstream}` and `{dir}` are filled in.
    pub(crate) config: String,
    pub(crate) script: Script,
    pub(crate) sqlite_max_bytes: Option<u64>,
    /// Who writes documents.
    pub(crate) documents: Option<Arc<dyn Documents>>,
}

impl Setup {
    pub(crate) fn chat(script: Script) -> Self {
        Self::with(CHAT, script)
    }

    pub(crate) fn with(config: &str, script: Script) -> Self {
        Self { config: config.to_owned(), script, sqlite_max_bytes: None, documents: None }
    }

    pub(crate) async fn start(self) -> Gateway {
        self.start_on(None).await
    }

    pub(crate) async fn start_with_grpc(self) -> Gateway {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.start_on(Some(listener)).await
    }

    async fn start_on(self, grpc_listener: Option<TcpListener>) -> Gateway {
        let dir = tempfile::tempdir().unwrap();
        let upstream = Upstream::start(self.script).await;
        let text = self
            .config
            .replace("{upstream}", &format!("http://{}", upstream.address))
            .replace("{dir}", &dir.path().display().to_string());
        let config = Config::parse("test.toml", &text, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
        let mut store_config = StoreConfig::new(format!("sqlite:{}", dir.path().join("decisions.db").display()));
        store_config.sqlite_max_bytes = self.sqlite_max_bytes;
        let store = Store::open(&store_config).await.unwrap();
        let recorder = Recorder::start(store.clone(), RecorderConfig::default());
        let sandbox = Arc::new(Sandbox::new(sandbox_config()).unwrap());
        guards::write(&dir.path().join("guards"));
        let sets = Arc::new(GuardSets::load(Arc::clone(&sandbox), Some(&dir.path().join("guards"))).unwrap());
        let parts = Parts {
            sets: Arc::clone(&sets),
            judge: Judge::new(sandbox),
            recorder: recorder.clone(),
            store: store.clone(),
            digest_key: [7; 32],
            documents: self.documents,
        };
        let app = App::build(config, parts).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = app.clone();
        let grpc = grpc_listener.as_ref().map(|listener| listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            serving.serve_with_grpc(listener, grpc_listener, async { drop(stopped.await) }).await
        });
        Gateway { address, grpc, app, upstream, dir, recorder, store, sets, stop: Some(stop), served: Some(served) }
    }
}

/// The machine code of the guests is shared by all tests.
fn sandbox_config() -> SandboxConfig {
    let cache_dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("guards");
    let deps = std::env::current_exe().unwrap();
    let program = deps.parent().unwrap().parent().unwrap().join("examples/build_guard");
    let builder = BuilderCommand { program, arguments: Vec::new() };
    SandboxConfig { slots: 4, max_wait: std::time::Duration::from_secs(30), cache_dir, builder }
}

impl Gateway {
    pub(crate) async fn send(&self, request: Request) -> Reply {
        client::send(self.address, &request).await
    }

    pub(crate) async fn chat(&self, body: &str) -> Reply {
        self.send(Request::post("/v1/chat/completions", body)).await
    }

    /// Puts another version of the guards in force.
    pub(crate) fn change_guards(&self) {
        guards::change(&self.dir.path().join("guards"));
        assert!(self.sets.reload().unwrap(), "the set is the same");
    }

    /// All rows, oldest first.
    pub(crate) async fn rows(&self) -> Vec<DecisionRecord> {
        let filter = DecisionFilter::of("default");
        let page = self.store.decisions(&filter, &PageRequest::first(100)).await.unwrap();
        let mut rows = page.records;
        rows.sort_by_key(|row| (row.at, row.sequence));
        rows
    }

    /// Stage, enforced decision and sequence of all rows.
    pub(crate) async fn story(&self) -> Vec<String> {
        self.rows()
            .await
            .iter()
            .map(|row| format!("{} {} {}", row.sequence, row.stage.as_str(), row.enforced.as_str()))
            .collect()
    }

    /// Begins the end.
    pub(crate) fn begin_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for the end.
    pub(crate) async fn stopped(&mut self) -> Drained {
        self.served.take().unwrap().await.unwrap()
    }
}

/// A chat route with the identity header, users optional.
pub(crate) const CHAT: &str = r#"
[identity.header]
trusted_peers = ["127.0.0.1/32"]
[upstreams.model]
base_url = "{upstream}"
response_timeout_ms = 60000
max_answer_bytes = 100000
[[route]]
name = "chat"
surface = "openai_chat"
upstream = "model"
agent = "assistant"
principal = "optional"
"#;
