//! A console with a store, a guard set and a token, and a way to ask it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use parapet_console::{AdminState, AdminToken, Generation, GuardView, InForce, QueueState, router};
use parapet_domain::{DecisionRecord, Match, Mode, OnError, Timestamp};
use parapet_judge::{GuardFiles, GuardSource};
use parapet_store::{Store, StoreConfig};
use serde_json::Value;
use tower::ServiceExt as _;

/// The admin token of every test.
pub(crate) const TOKEN: &str = "test-token-0123456789abcdef";

/// A console under test. The store's folder goes when it goes.
pub(crate) struct Console {
    pub(crate) router: Router,
    pub(crate) store: Store,
    /// Whether a newer guard set was refused.
    pub(crate) set_broken: Arc<AtomicBool>,
    dir: tempfile::TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Console {
    /// A console over `records`.
    pub(crate) async fn with(records: &[DecisionRecord]) -> Self {
        Self::build(records, false, None).await
    }

    pub(crate) async fn build(records: &[DecisionRecord], metrics_open: bool, generation: Option<Generation>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("audit.db").display());
        let store = Store::open(&StoreConfig::new(url)).await.unwrap();
        store.insert(records).await.unwrap();
        let set_broken = Arc::new(AtomicBool::new(false));
        let state = AdminState {
            store: store.clone(),
            tenant: "default".to_owned(),
            in_force: in_force(Arc::clone(&set_broken)),
            metrics: Arc::new(|| {
                "# TYPE parapet_audit_dropped counter\nparapet_audit_dropped_total 0\n# EOF\n".to_owned()
            }),
            metrics_open,
            queue: Arc::new(|| QueueState { depth: 3, healthy: true, dropped: 0 }),
            generation,
            token: AdminToken::new(TOKEN).unwrap(),
        };
        Self { router: router(state), store, set_broken, dir }
    }

    pub(crate) fn break_set(&self) {
        self.set_broken.store(true, Ordering::SeqCst);
    }

    /// Takes the store away: connections and file.
    pub(crate) async fn lose_store(&self) {
        self.store.close().await;
        std::fs::remove_dir_all(self.dir.path()).unwrap();
    }

    /// Sends `request` as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// `GET` with the token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[("authorization", &format!("Bearer {TOKEN}"))]).await
    }

    /// `GET` with these headers and no others.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// `POST` of a form.
    pub(crate) async fn post(&self, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header("host", "console.test")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// Signs in and gives the cookie.
    pub(crate) async fn sign_in(&self) -> String {
        let answer = self.post("/login", &format!("token={TOKEN}"), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

fn in_force(broken: Arc<AtomicBool>) -> parapet_console::InForceSource {
    let guards: Arc<[GuardView]> = guards().into();
    Arc::new(move || InForce {
        hash: format!("set:{}", "5e".repeat(32)),
        since: Timestamp::parse("2026-01-31T08:00:00Z").unwrap(),
        last_error: broken
            .load(Ordering::SeqCst)
            .then(|| "guard `eicu-access`: line 3, column 9: unexpected `<b>`".to_owned()),
        guards: Arc::clone(&guards),
    })
}

/// One guard as its author would write it, and one by somebody with other plans.
fn guards() -> Vec<GuardView> {
    let access = source(
        "eicu-access",
        include_str!("guards/eicu-access.toml"),
        include_str!("guards/eicu-access.rhai"),
        include_str!("guards/eicu-access.md"),
        include_str!("guards/eicu-access.jsonl"),
    );
    let hostile = source(
        "hostile",
        include_str!("guards/hostile.toml"),
        "fn check(event) { `</code></pre><script>document.title = 'pwned'</script>` }\n",
        "# Plan\n\n<img src=x onerror=\"document.title='pwned'\">\n\n[click](javascript:alert(1))\n",
        "",
    );
    let view = |source: &GuardSource, mode| {
        GuardView::new(source, mode, OnError::Deny, Match::default(), source.manifest.budget)
    };
    vec![view(&access, Mode::Enforce), view(&hostile, Mode::Shadow)]
}

fn source(name: &str, manifest: &str, code: &str, plan: &str, tests: &str) -> GuardSource {
    let files = [("guard.toml", manifest), ("guard.rhai", code), ("plan.md", plan), ("tests.jsonl", tests)];
    let files = files.into_iter().map(|(file, text)| (file, text.as_bytes().to_vec())).collect();
    GuardSource::parse(&GuardFiles { name: name.to_owned(), files, ..GuardFiles::default() }).unwrap()
}
