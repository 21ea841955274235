//! One sidecar with a route for every surface, its log, and an upstream that answers each exchange as that one says.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use parapet_domain::DecisionRecord;
use parapet_store::{DecisionFilter, PageRequest, Store, StoreConfig};
use parapet_tests::client::Answer;
use parapet_tests::sidecar::Sidecar;
use parapet_tests::upstream::Upstream;

use crate::guards;
use crate::speak::{ALL, Exchange, Speaker};
use crate::transport::stdio::Wrapped;
use crate::transport::{Transport, grpc};

/// Everything that runs.
pub(crate) struct World {
    sidecar: Sidecar,
    store: Store,
    upstream: Upstream,
    answers: Answers,
    wrapped: Wrapped,
    next: AtomicUsize,
    _home: tempfile::TempDir,
}

/// What came of an exchange, on all sides.
pub(crate) struct Seen {
    pub(crate) answer: Answer,
    /// Bodies that the upstream got.
    pub(crate) received: Vec<String>,
    pub(crate) rows: Vec<DecisionRecord>,
}

/// What the upstream answers, by the request's id.
type Answers = Arc<Mutex<HashMap<String, (&'static str, String)>>>;

impl World {
    pub(crate) async fn start() -> Result<Self> {
        let home = tempfile::tempdir()?;
        guards::write(&home.path().join("guards"))?;
        let answers = Answers::default();
        let asked = Arc::clone(&answers);
        let upstream = Upstream::by_request_id(move |id| {
            let answers = asked.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get(id).cloned().unwrap_or(("text/plain", "nobody expected this".to_owned()))
        })
        .await?;
        let store = format!("sqlite:{}", home.path().join("parapet.db").display());
        let config = home.path().join("parapet.toml");
        let common = common(home.path())?;
        std::fs::write(&config, configuration(&common, &store, &upstream.address.to_string()))?;
        let sidecar = Sidecar::start(&home.path().join("state"), &["--config", &config.display().to_string()])?;
        let store = Store::open(&StoreConfig::new(store)).await?;
        let wrapped = Wrapped::start(&home.path().join("wrap"), &common).await?;
        Ok(Self { sidecar, store, upstream, answers, wrapped, next: AtomicUsize::new(0), _home: home })
    }

    pub(crate) async fn run(&mut self, speaker: &dyn Speaker, exchange: &Exchange) -> Result<Seen> {
        if speaker.transport() == Transport::Stdio {
            let next = exchange.upstream.as_ref().map_or("", |(_, body)| body.as_str());
            return self.wrapped.run(&exchange.body, next).await;
        }
        let id = format!("cell-{}", self.next.fetch_add(1, Ordering::Relaxed));
        if let Some(answer) = &exchange.upstream {
            self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), answer.clone());
        }
        let mut headers = vec![
            ("content-type", "application/json"),
            ("x-request-id", id.as_str()),
            ("x-parapet-session", id.as_str()),
        ];
        headers.extend_from_slice(speaker.headers());
        let answer = match (speaker.transport(), self.sidecar.started.grpc_listen) {
            (Transport::Grpc, at) => {
                let at = at.context("the sidecar has no address for gRPC")?;
                grpc::check(at, &exchange.path, &headers, &exchange.body).await?
            }
            _ => self.sidecar.client.send("POST", &exchange.path, &headers, exchange.body.clone()).await?,
        };
        let filter = DecisionFilter { session: Some(id.clone()), ..DecisionFilter::of("default") };
        let rows = self.store.decisions(&filter, &PageRequest::first(100)).await?.records;
        Ok(Seen { answer, received: self.upstream.received_by(&id), rows })
    }
}

/// What the sidecar and the command have in common.
fn common(home: &std::path::Path) -> Result<String> {
    let (home, cache) = (home.display(), parapet_tests::world::shared_cache()?);
    Ok(format!(
        "[audit]\ndigest_key_file = \"{home}/digest.key\"\n[guards]\ndir = \"{home}/guards\"\n[sandbox]\ncache_dir = \"{}\"\n",
        cache.display(),
    ))
}

fn configuration(common: &str, store: &str, upstream: &str) -> String {
    let routes: String = ALL.iter().map(|speaker| speaker.route()).collect();
    format!(
        r#"{common}
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
grpc_listen = "127.0.0.1:0"
[store]
url = "{store}"
[upstreams.model]
base_url = "http://{upstream}"
{routes}"#
    )
}
