//! Memories without cases, each of a tenant of its own, and a guard whose tests pass.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use parapet_domain::Decision;
use parapet_guardgen::{Added, Approval, Memory, MemoryError, Query, Recalled, TestsPassed};
use parapet_judge::{Guard, GuardFiles, GuardSource};
use parapet_store::{Store, StoreConfig};
use uuid::Uuid;

/// A memory with its store.
pub(crate) struct Place {
    pub(crate) memory: Memory,
    pub(crate) store: Store,
    pub(crate) tenant: String,
    _dir: tempfile::TempDir,
}

/// One memory on each database that there is.
pub(crate) async fn places() -> Vec<Place> {
    let mut urls = vec![None];
    urls.extend(std::env::var("PARAPET_TEST_POSTGRES_URL").ok().map(Some));
    let mut places = Vec::new();
    for url in urls {
        let dir = tempfile::tempdir().unwrap();
        let url = url.unwrap_or_else(|| format!("sqlite:{}", dir.path().join("parapet.db").display()));
        let store = Store::open(&StoreConfig::new(url)).await.unwrap();
        let tenant = Uuid::now_v7().to_string();
        let memory = Memory::open(store.clone(), tenant.clone());
        places.push(Place { memory, store, tenant, _dir: dir });
    }
    places
}

pub(crate) const AGENT: &str = "An assistant of a town library.";
const MANIFEST: &str = r#"id = "library-loans"
title = "Loans"
request = "Nobody borrows more than three books at a time."
agent = "An assistant of a town library."
stages = ["tool_call"]
[facts]
most = 3
[phrases]
rare = ["first edition"]
[budget]
fuel = 10_000_000
memory_bytes = 16_777_216
deadline_ms = 2_000
output_bytes = 4_096
"#;
pub(crate) const CODE: &str = r#"fn check(event) {
    for part in event.parts {
        if part.tool == "lend" && part.json.books > facts.most { return deny("too_many", "three books at most"); }
    }
    allow()
}
"#;
pub(crate) const TESTS: &str = r#"{"description": "three books pass", "event": {"parts": [{"tool": "lend", "json": {"books": 3}}]}, "expect": {"verdict": "allow"}}
{"description": "four books do not", "event": {"parts": [{"tool": "lend", "json": {"books": 4}}]}, "expect": {"verdict": "deny", "reason_code": "too_many"}}
"#;

/// The guard with this code and these tests.
pub(crate) fn source(code: &str, tests: &str) -> GuardSource {
    let files = BTreeMap::from([
        ("guard.toml", MANIFEST.into()),
        ("guard.rhai", code.into()),
        ("plan.md", "# Plan\n\nCount the books.\n".into()),
        ("tests.jsonl", tests.into()),
    ]);
    GuardSource::parse(&GuardFiles { name: "library-loans".to_owned(), files, ..GuardFiles::default() }).unwrap()
}

/// The guard, and the proof that its tests passed.
pub(crate) fn proven() -> &'static (Guard, TestsPassed) {
    static PROVEN: OnceLock<(Guard, TestsPassed)> = OnceLock::new();
    PROVEN.get_or_init(|| {
        let sandbox = parapet_test_sandbox::shared();
        let guard = Guard::build(&sandbox, source(CODE, TESTS)).unwrap();
        let proof = TestsPassed::run(&sandbox, &guard).unwrap();
        (guard, proof)
    })
}

/// An approval by `ann` of an event.
pub(crate) fn approval(input: &str, output: &str) -> Approval<'static> {
    Approval {
        guard: &proven().0.source,
        plan: None,
        input: input.to_owned(),
        output: output.to_owned(),
        verdict: Decision::Deny,
        by: "ann".to_owned(),
    }
}

impl Place {
    pub(crate) async fn add(&self, input: &str, output: &str) -> Result<Added, MemoryError> {
        self.memory.add(&approval(input, output), &proven().1).await
    }

    pub(crate) async fn recall(&self, input: &str, output: &str, k: usize) -> Vec<Recalled> {
        let query = Query { input: input.to_owned(), output: output.to_owned(), k, ..Query::default() };
        self.memory.recall(&query).await.unwrap()
    }
}
