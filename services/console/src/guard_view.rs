//! Guards and the guard set as the console shows them. The one place that reads the judge's types.

use std::sync::{Arc, Mutex, PoisonError};

use parapet_domain::{Budget, Decision, FailureKind, Match, Mode, OnError, Stage, Timestamp};
use parapet_judge::{GuardSets, GuardSource, GuardTest, SetEntry};
use serde::Serialize;
use serde_json::{Map, Value};

/// Tells what is in force at the moment.
pub type InForceSource = Arc<dyn Fn() -> InForce + Send + Sync>;

/// The guard set in force.
#[derive(Debug, Clone)]
pub struct InForce {
    /// Hash of the set.
    pub hash: String,
    /// Since when.
    pub since: Timestamp,
    /// Why a newer set is not in force, if there is one.
    pub last_error: Option<String>,
    /// The guards, in the set's order.
    pub guards: Arc<[GuardView]>,
}

impl InForce {
    /// What `sets` has in force, read anew at each call; the guards are described once a set.
    #[must_use]
    pub fn source(sets: Arc<GuardSets>) -> InForceSource {
        let described: Mutex<(String, Arc<[GuardView]>)> = Mutex::new((String::new(), Arc::default()));
        Arc::new(move || {
            let (current, status) = (sets.current(), sets.status());
            let mut described = described.lock().unwrap_or_else(PoisonError::into_inner);
            if described.0 != current.hash {
                *described = (current.hash.clone(), current.entries.iter().map(GuardView::of_entry).collect());
            }
            Self {
                hash: current.hash.clone(),
                since: status.since,
                last_error: status.last_error,
                guards: Arc::clone(&described.1),
            }
        })
    }

    /// The guard of that id.
    pub(crate) fn guard(&self, id: &str) -> Option<&GuardView> {
        self.guards.iter().find(|guard| guard.summary.id == id)
    }

    /// What lists show of each guard.
    pub(crate) fn summaries(&self) -> Vec<&GuardSummary> {
        self.guards.iter().map(|guard| &guard.summary).collect()
    }
}

/// A guard in short.
#[derive(Debug, Clone, Serialize)]
pub struct GuardSummary {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) request: String,
    pub(crate) mode: Mode,
    pub(crate) on_error: OnError,
    pub(crate) stages: Vec<Stage>,
    pub(crate) hash: String,
}

/// A guard in full.
#[derive(Debug, Clone, Serialize)]
pub struct GuardView {
    #[serde(flatten)]
    pub(crate) summary: GuardSummary,
    pub(crate) agent: String,
    #[serde(rename = "match")]
    pub(crate) matching: Match,
    pub(crate) tools: Vec<String>,
    pub(crate) streaming: String,
    pub(crate) budget: Budget,
    pub(crate) language: String,
    /// The code as text; `None` for a module.
    pub(crate) code: Option<String>,
    pub(crate) code_bytes: usize,
    pub(crate) plan: String,
    /// Facts, patterns and phrases, as far as there are any.
    pub(crate) tables: Map<String, Value>,
    pub(crate) tests: Vec<TestView>,
}

/// One test of a guard.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TestView {
    pub(crate) description: String,
    pub(crate) event: Value,
    pub(crate) verdict: Option<Decision>,
    pub(crate) failure: Option<FailureKind>,
    pub(crate) reason_code: Option<String>,
}

impl GuardView {
    /// How `source` shows when it is used in this way.
    #[must_use]
    pub fn new(source: &GuardSource, mode: Mode, on_error: OnError, matching: Match, budget: Budget) -> Self {
        let manifest = &source.manifest;
        Self {
            summary: GuardSummary {
                id: manifest.id.clone(),
                title: manifest.title.clone(),
                request: manifest.request.trim().to_owned(),
                mode,
                on_error,
                stages: manifest.stages.clone(),
                hash: source.hash.clone(),
            },
            agent: manifest.agent.trim().to_owned(),
            matching,
            tools: manifest.tools.clone(),
            streaming: word(&manifest.streaming),
            budget,
            language: word(&source.language),
            code: std::str::from_utf8(&source.code).ok().map(str::to_owned),
            code_bytes: source.code.len(),
            plan: source.plan.clone(),
            tables: tables(source),
            tests: source.tests.iter().map(TestView::of).collect(),
        }
    }

    fn of_entry(entry: &SetEntry) -> Self {
        Self::new(&entry.guard.source, entry.mode, entry.on_error, entry.matching.clone(), entry.budget)
    }
}

impl TestView {
    fn of(test: &GuardTest) -> Self {
        Self {
            description: test.description.clone(),
            event: test.event.clone(),
            verdict: test.expect.verdict,
            failure: test.expect.failure,
            reason_code: test.expect.reason_code.clone(),
        }
    }
}

fn tables(source: &GuardSource) -> Map<String, Value> {
    let json = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
    let tables = [
        ("facts", source.facts()),
        ("patterns", json(serde_json::to_value(&source.manifest.patterns))),
        ("phrases", json(serde_json::to_value(&source.manifest.phrases))),
    ];
    let filled = tables.into_iter().filter(|(_, table)| table.as_object().is_some_and(|table| !table.is_empty()));
    filled.map(|(name, table)| (name.to_owned(), table)).collect()
}

/// The word that a unit variant has in JSON.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
