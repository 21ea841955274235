//! A past case as guards are generated after it: stored or a seed, in one form.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use parapet_domain::{Decision, Event, Part, Role, Timestamp};
use parapet_judge::{GuardSource, GuardTest};
use parapet_store::{CaseRecord, Evidence, StoreError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::MemoryError;
use crate::Plan;

/// One past case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The agent, in plain language.
    pub agent: String,
    /// The guard request.
    pub request: String,
    /// What the user asked, in the event.
    pub input: String,
    /// What the agent did, in the event; empty where it had not done anything yet.
    pub output: String,
    /// What the guard said of the event.
    pub verdict: Decision,
    /// Why the case is here.
    pub evidence: Evidence,
    /// Id of the guard.
    pub guard: String,
    /// Hash of the guard; empty for a seed.
    pub guard_hash: String,
    /// When it entered; `None` for a seed.
    pub created_at: Option<Timestamp>,
    /// The plan as steps; `None` where a person wrote it as text.
    pub plan: Option<Plan>,
    /// The plan as text.
    pub plan_text: String,
    /// The guard's code.
    pub code: String,
    /// The guard's facts.
    pub facts: Value,
    /// The guard's sets of regular expressions.
    pub patterns: BTreeMap<String, BTreeMap<String, String>>,
    /// The guard's lists of phrases.
    pub phrases: BTreeMap<String, Vec<String>>,
    /// The guard's tests, the first ones where there are many.
    pub tests: Vec<GuardTest>,
}

/// What a case is called: `seed:NAME` for a worked case of the release, else a UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseId {
    /// A worked case of the release.
    Seed(String),
    /// A case in the store.
    Stored(Uuid),
}

const SEED: &str = "seed:";

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(name) => write!(f, "{SEED}{name}"),
            Self::Stored(id) => id.fmt(f),
        }
    }
}

impl FromStr for CaseId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix(SEED) {
            Some(name) => Ok(Self::Seed(name.to_owned())),
            None => Uuid::try_parse(text).map(Self::Stored).map_err(|_| {
                format!("`{text}` is no id of a case; write a UUID or seed:NAME, as `parapet memory list` shows them")
            }),
        }
    }
}

impl Serialize for CaseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What the store keeps of a guard besides its plan's text and its code.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    #[serde(default)]
    pub(super) plan: Option<Plan>,
    #[serde(default)]
    pub(super) facts: Value,
    #[serde(default)]
    pub(super) patterns: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) phrases: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) tests: Vec<GuardTest>,
}

impl Settings {
    /// Most tests that are kept with a case: as an example a few are enough.
    pub(super) const MAX_TESTS: usize = 24;

    pub(super) fn of_guard(guard: &GuardSource, plan: Option<Plan>) -> Self {
        let manifest = &guard.manifest;
        Self {
            plan,
            facts: guard.facts(),
            patterns: manifest.patterns.clone(),
            phrases: manifest.phrases.clone(),
            tests: guard.tests.iter().take(Self::MAX_TESTS).cloned().collect(),
        }
    }

    pub(super) fn to_json(&self) -> Result<Value, MemoryError> {
        serde_json::to_value(self).map_err(|error| StoreError::Rejected(error.to_string()).into())
    }
}

impl Case {
    pub(super) fn of_record(record: CaseRecord) -> Result<Self, MemoryError> {
        let settings = Settings::deserialize(&record.settings)
            .map_err(|error| StoreError::Unreadable(format!("settings of case `{}`: {error}", record.id)))?;
        Ok(Self {
            id: CaseId::Stored(record.id),
            agent: record.agent,
            request: record.request,
            input: record.input,
            output: record.output,
            verdict: record.verdict,
            evidence: record.evidence,
            guard: record.guard,
            guard_hash: record.guard_hash,
            created_at: Some(record.created_at),
            plan: settings.plan,
            plan_text: record.plan,
            code: record.code,
            facts: settings.facts,
            patterns: settings.patterns,
            phrases: settings.phrases,
            tests: settings.tests,
        })
    }
}

/// The two texts of an event that cases are compared by: what the user asked, and what the agent did.
#[must_use]
pub fn event_texts(event: &Event) -> (String, String) {
    let asked = |part: &&Part| matches!(part.role, Role::System | Role::Developer | Role::User);
    let (input, output): (Vec<&Part>, Vec<&Part>) = event.parts.iter().partition(asked);
    let joined = |parts: Vec<&Part>| parts.into_iter().map(line_of).collect::<Vec<_>>().join("\n");
    (joined(input), joined(output))
}

/// A call reads like one: the name of its tool, then its arguments.
fn line_of(part: &Part) -> String {
    match &part.tool {
        Some(tool) => format!("{tool} {}", part.text),
        None => part.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parapet_domain::{Origin, Stage};

    #[test]
    fn an_id_reads_as_it_is_written() {
        for id in [CaseId::Seed("bank-transfers".to_owned()), CaseId::Stored(Uuid::from_u128(7))] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        let error = "seven".parse::<CaseId>().unwrap_err();
        assert!(error.starts_with("`seven` is no id of a case; write a UUID or seed:NAME"), "{error}");
    }

    #[test]
    fn what_the_user_asked_and_what_the_agent_did_are_told_by_role() {
        let defaults = parapet_judge::EventDefaults {
            stage: Stage::ToolCall,
            agent: "mail".to_owned(),
            at: Timestamp::from_micros(0),
            id: Uuid::nil(),
        };
        let value = serde_json::json!({ "parts": [{ "tool": "send", "json": { "to": "ann" } }] });
        let mut event = parapet_judge::event_from_partial(&value, &defaults).unwrap();
        event.parts.insert(0, Part::text(Role::User, Origin::User, "write to Ann"));
        assert_eq!(event_texts(&event), ("write to Ann".to_owned(), "send {\"to\":\"ann\"}".to_owned()));
    }
}
