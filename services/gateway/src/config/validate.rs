//! Checks what was read and makes the running types. Each check notes its complaint and goes on.

mod identity;
mod mcp;
mod rates;
mod routes;
mod server;
mod telemetry;
mod tokens;
mod upstreams;
mod windows;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file::{ConfigFile, SandboxFile};
use super::{Config, Count, GuardsConfig, SandboxConfig, Upstream};

/// Complaints so far: key and message.
pub(super) type Unfit = Vec<(String, String)>;

/// The running configuration, unless something is wrong with it.
pub(super) fn validate(file: &ConfigFile) -> (Option<Config>, Unfit) {
    let mut unfit = Unfit::new();
    let config = check_all(file, &mut unfit);
    (config.filter(|_| unfit.is_empty()), unfit)
}

fn check_all(file: &ConfigFile, unfit: &mut Unfit) -> Option<Config> {
    let server = server::server(&file.server, unfit);
    let limits = server::limits(&file.server.limits, unfit);
    let store = server::store(&file.store, unfit);
    let audit = server::audit(&file.audit, unfit);
    let identity = identity::identity(&file.identity, unfit);
    let credentials = identity::credentials(&file.credential, unfit);
    let upstreams = upstreams::upstreams(&file.upstreams, unfit);
    let routes = routes::routes(file, &upstreams, unfit);
    let sessions = server::sessions(&file.sessions, unfit);
    let history = server::history(&file.history, unfit);
    let rates = rates::rates(&file.limit, &routes, unfit);
    let sandbox = sandbox(&file.sandbox, unfit);
    if file.guards.dir.as_ref().is_some_and(|dir| !dir.is_dir()) {
        complain(unfit, "guards.dir", "is not a folder; give the folder that holds one sub-folder for each guard");
    }
    Some(Config {
        server: server?,
        limits,
        store,
        audit: audit?,
        guards: GuardsConfig { dir: file.guards.dir.clone(), watch: file.guards.watch },
        sessions,
        history,
        sandbox,
        model: file.model.clone(),
        per_event: file.per_event.clone(),
        write: write::limits(&file.write, unfit),
        telemetry: telemetry::telemetry(file.telemetry.as_ref(), unfit),
        identity,
        credentials,
        rates,
        routes,
    })
}

fn sandbox(file: &SandboxFile, unfit: &mut Unfit) -> SandboxConfig {
    let slots = file.slots.map(|n| u32::try_from(number(n, "sandbox.slots", 1..=10_000, unfit)).unwrap_or(u32::MAX));
    let max_wait = millis(file.max_wait_ms, "sandbox.max_wait_ms", unfit);
    SandboxConfig { slots, max_wait, cache_dir: file.cache_dir.clone() }
}

type Upstreams = BTreeMap<String, Option<Arc<Upstream>>>;

fn complain(unfit: &mut Unfit, key: &str, message: impl Into<String>) {
    unfit.push((key.to_owned(), message.into()));
}

/// The value, or `None` and a complaint.
fn checked<T>(result: Result<T, String>, key: &str, unfit: &mut Unfit) -> Option<T> {
    result.map_err(|message| complain(unfit, key, message)).ok()
}

/// A number within its range.
fn number(value: Count, key: &str, range: std::ops::RangeInclusive<u64>, unfit: &mut Unfit) -> u64 {
    if !range.contains(&value.0) {
        complain(unfit, key, format!("`{}` is out of range; give {} to {}", value.0, range.start(), range.end()));
    }
    value.0
}

fn size(value: Count, key: &str, range: std::ops::RangeInclusive<u64>, unfit: &mut Unfit) -> usize {
    usize::try_from(number(value, key, range, unfit)).unwrap_or(usize::MAX)
}

fn millis(value: Count, key: &str, unfit: &mut Unfit) -> std::time::Duration {
    std::time::Duration::from_millis(number(value, key, 1..=86_400_000, unfit))
}

/// A name for records, metrics and the keys of tables.
fn name(value: &str, key: &str, unfit: &mut Unfit) {
    let fits = (1..=64).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    if !fits {
        complain(unfit, key, format!("`{value}` is no name; use 1 to 64 of a-z, 0-9, `_`, `-`"));
    }
}
