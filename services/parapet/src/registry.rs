//! Keeps the log's register of guard sets: an auditor resolves the `guard_set` of a decision to requests, code and plan.

use anyhow::Result;
use parapet_domain::Timestamp;
use parapet_judge::{GuardSet, SetEntry, ToolSource};
use parapet_sandbox::Language;
use parapet_store::Store;
use serde_json::{Value, json};

/// Writes down that `set` is in force from now on.
pub(crate) async fn record(store: &Store, tenant: &str, set: &GuardSet) -> Result<()> {
    let entries: Vec<Value> = set.entries.iter().map(entry).collect();
    Ok(store.record_guard_set(tenant, &set.hash, Timestamp::now(), &json!({ "guards": entries })).await?)
}

fn entry(entry: &SetEntry) -> Value {
    let source = &entry.guard.source;
    let code = match source.language {
        Language::Rhai => Some(String::from_utf8_lossy(&source.code).into_owned()),
        // The hash of the guard covers the module; its bytes do not belong into a table for people.
        Language::Wasm => None,
    };
    json!({
        "id": source.manifest.id,
        "hash": source.hash,
        "title": source.manifest.title,
        "agent": source.manifest.agent,
        "request": source.manifest.request,
        "plan": source.plan,
        "language": source.language,
        "code": code,
        "tools": source.manifest.tools,
        "library": source.library.iter().map(tool).collect::<Vec<_>>(),
        "facts": source.facts(),
        "patterns": source.manifest.patterns,
        "phrases": source.manifest.phrases,
        "stages": source.manifest.stages,
        "mode": entry.mode,
        "on_error": entry.on_error,
        "match": entry.matching,
        "budget": entry.budget,
    })
}

/// A tool of the operator that the guard is granted.
fn tool(source: &ToolSource) -> Value {
    let code = match source.language {
        Language::Rhai => Some(String::from_utf8_lossy(&source.code).into_owned()),
        Language::Wasm => None,
    };
    json!({ "hash": source.hash, "manifest": source.manifest, "language": source.language, "code": code })
}
