//! The seeds: worked cases for a dozen agents, as readable files in the program and not as rows in a database, so that a
//! release can improve them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use parapet_domain::Decision;
use parapet_judge::GuardTest;
use parapet_store::Evidence;
use serde::Deserialize;
use serde_json::Value;

use super::{Case, CaseId};
use crate::Plan;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/memory/seeds");
static SEEDS: LazyLock<Vec<Case>> = LazyLock::new(|| FILES.dirs().filter_map(|dir| read(dir).ok()).collect());

/// `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile {
    agent: String,
    request: String,
    event: SeedEvent,
    plan: Plan,
    #[serde(default)]
    facts: toml::Table,
    #[serde(default)]
    patterns: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    phrases: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedEvent {
    input: String,
    #[serde(default)]
    output: String,
    verdict: Decision,
}

/// All seeds, by name.
pub(super) fn all() -> &'static [Case] {
    &SEEDS
}

fn read(dir: &Dir<'_>) -> Result<Case, String> {
    let name = dir.path().display().to_string();
    let text = |file: &str| {
        let found = FILES.get_file(dir.path().join(file)).and_then(|file| file.contents_utf8());
        found.ok_or_else(|| format!("{name}/{file} is missing or no text"))
    };
    let file: SeedFile = toml::from_str(text("case.toml")?).map_err(|error| format!("{name}/case.toml: {error}"))?;
    let tests = GuardTest::parse_lines(text("tests.jsonl")?)
        .map_err(|(line, message)| format!("{name}/tests.jsonl line {line}: {message}"))?;
    let facts = serde_json::to_value(&file.facts).map_err(|error| format!("{name}/case.toml: {error}"))?;
    Ok(Case {
        id: CaseId::Seed(name.clone()),
        agent: file.agent.trim().to_owned(),
        request: file.request.trim().to_owned(),
        input: file.event.input.trim().to_owned(),
        output: file.event.output.trim().to_owned(),
        verdict: file.event.verdict,
        evidence: Evidence::Seed,
        guard: name.clone(),
        guard_hash: String::new(),
        created_at: None,
        plan_text: file.plan.to_markdown(),
        plan: Some(file.plan),
        code: text("guard.rhai")?.to_owned(),
        facts: if file.facts.is_empty() { Value::Object(serde_json::Map::new()) } else { facts },
        patterns: file.patterns,
        phrases: file.phrases,
        tests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_a_seed() {
        let faults: Vec<String> = FILES.dirs().filter_map(|dir| read(dir).err()).collect();
        assert_eq!(faults, Vec::<String>::new());
        assert!(all().len() >= 12, "{}", all().len());
    }
}
