//! Holds the dependency edges of the design: who may depend on whom, and which crate alone knows an engine, SQL or HTTP.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a helper that panics fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The allowed edges between our crates. An edge that is not here needs a change of the design first.
const EDGES: &[(&str, &[&str])] = &[
    ("parapet-abi", &[]),
    ("parapet-domain", &[]),
    ("parapet-toolbox", &["parapet-domain"]),
    ("parapet-sandbox", &["parapet-abi", "parapet-domain", "parapet-toolbox"]),
    ("parapet-test-sandbox", &["parapet-sandbox"]),
    ("parapet-test-model-server", &["parapet-models"]),
    (
        "parapet-test-properties",
        &["parapet-domain", "parapet-sandbox", "parapet-surfaces", "parapet-test-sandbox", "parapet-toolbox"],
    ),
    ("parapet-judge", &["parapet-domain", "parapet-sandbox", "parapet-toolbox"]),
    ("parapet-store", &["parapet-domain"]),
    ("parapet-surfaces", &["parapet-domain"]),
    ("parapet-gateway", &["parapet-domain", "parapet-judge", "parapet-store", "parapet-surfaces"]),
    ("parapet-models", &["parapet-domain"]),
    (
        "parapet-guardgen",
        &["parapet-domain", "parapet-judge", "parapet-models", "parapet-sandbox", "parapet-store", "parapet-toolbox"],
    ),
    ("parapet-agentwrite", &["parapet-domain", "parapet-models", "parapet-store"]),
    ("parapet-longbench", &["parapet-agentwrite", "parapet-domain", "parapet-models"]),
    ("parapet-console", &["parapet-domain", "parapet-guardgen", "parapet-judge", "parapet-store"]),
];

/// Crates that only the named ones of ours may use.
const WALLS: &[(&str, &[&str])] = &[
    ("wasmtime", &["parapet-sandbox"]),
    ("sqlx", &["parapet-store"]),
    ("axum", &["parapet", "parapet-console", "parapet-tests"]),
    ("hyper", &["parapet", "parapet-gateway", "parapet-models", "parapet-tests"]),
    ("rig-core", &["parapet-models"]),
    ("anyhow", &["parapet", "parapet-tests"]),
    ("askama", &["parapet-console"]),
    ("clap", &["parapet"]),
    ("rhai", &[]),
];

/// Crates without I/O: none of these may reach them, not even through another crate of ours.
const PURE: &[&str] = &["parapet-abi", "parapet-domain", "parapet-toolbox", "parapet-surfaces"];
const IO: &[&str] = &["tokio", "hyper", "axum", "sqlx", "wasmtime", "tower"];

/// Normal dependencies of each workspace member, by name.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let normal = |package: &Value| {
        let all = package["dependencies"].as_array().expect("dependencies").iter();
        all.filter(|d| d["kind"].is_null()).map(name).collect()
    };
    packages.iter().map(|p| (name(p), normal(p))).collect()
}

#[test]
fn our_crates_depend_on_each_other_only_along_the_edges_of_the_design() {
    let members = members();
    for (krate, allowed) in EDGES {
        let ours = members[*krate].iter().filter(|d| members.contains_key(*d));
        let extra: Vec<_> = ours.filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(extra.is_empty(), "`{krate}` depends on {extra:?}, which the design does not allow");
    }
    let unlisted: Vec<_> = members
        .keys()
        .filter(|m| !["parapet", "parapet-tests"].contains(&m.as_str()) && !EDGES.iter().any(|(k, _)| k == m))
        .collect();
    assert!(unlisted.is_empty(), "{unlisted:?} have no line in EDGES");
}

#[test]
fn an_engine_sql_or_http_is_known_to_its_own_crate_alone() {
    let members = members();
    for (wall, allowed) in WALLS {
        let users: Vec<_> = members.iter().filter(|(_, deps)| deps.contains(*wall)).map(|(name, _)| name).collect();
        let extra: Vec<_> = users.iter().filter(|u| !allowed.contains(&u.as_str())).collect();
        assert!(extra.is_empty(), "{extra:?} depend on `{wall}`; only {allowed:?} may");
    }
}

#[test]
fn pure_crates_have_no_io() {
    let members = members();
    for krate in PURE {
        let found: Vec<_> = IO.iter().filter(|io| members[*krate].contains(**io)).collect();
        assert!(found.is_empty(), "`{krate}` must stay pure, but depends on {found:?}");
    }
}

#[test]
fn only_the_store_says_that_something_was_approved() {
    let services = concat!(env!("CARGO_MANIFEST_DIR"), "/../services");
    let mut makers = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(services)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).is_ok_and(|text| text.contains("found_by_store(")) {
                makers.insert(path.strip_prefix(services).expect("a path below").display().to_string());
            }
        }
    }
    let allowed = ["domain/src/approval.rs", "domain/src/approval/tests.rs", "store/src/approvals.rs"];
    assert_eq!(makers, allowed.map(str::to_owned).into());
}
