//! Tests that the model proposes. A model is often wrong about its own tests, so one counts only when the program and the
//! test agree, or when the model, asked for that event alone, decides for the test.

use std::collections::BTreeSet;
use std::sync::Arc;

use parapet_domain::{Decision, Outcome};
use parapet_judge::{Expectation, Guard, GuardTest, ToolFiles, run_tests};
use parapet_sandbox::Sandbox;
use serde::Deserialize;
use serde_json::Value;

use crate::Draft;

/// A proposed test.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Proposal {
    description: String,
    event: Value,
    verdict: Decision,
}

/// A test and what the program says of its event; `None` when it fails on it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) test: GuardTest,
    pub(super) said: Option<Decision>,
}

/// The proposals in a model's answer that can be used: another event than any test has, each once.
pub(super) fn proposals(answer: &Value, known: &[GuardTest], most: usize) -> Vec<GuardTest> {
    let mut seen: BTreeSet<String> = known.iter().map(|test| test.event.to_string()).collect();
    let rows = answer.get("tests").and_then(Value::as_array).into_iter().flatten();
    let rows = rows.filter_map(|row| Proposal::deserialize(row).ok());
    rows.filter(|proposal| seen.insert(proposal.event.to_string()))
        .take(most)
        .map(|proposal| GuardTest {
            description: proposal.description.chars().take(200).collect(),
            event: proposal.event,
            facts: serde_json::Map::new(),
            expect: Expectation { verdict: Some(proposal.verdict), ..Expectation::default() },
        })
        .collect()
}

/// What the program of `draft` says of each proposal. An event that is none is left out. Blocks.
pub(super) fn compare(
    sandbox: &Sandbox,
    library: &Arc<Vec<ToolFiles>>,
    draft: &Draft,
    proposed: Vec<GuardTest>,
) -> Vec<Compared> {
    let trial = Draft { tests: proposed.clone(), ..draft.clone() };
    let Some(guard) = trial.source_with(library).ok().and_then(|source| Guard::build(sandbox, source).ok()) else {
        return Vec::new();
    };
    let reports = run_tests(sandbox, &guard);
    let pairs = proposed.into_iter().zip(reports);
    pairs
        .filter_map(|(test, report)| {
            let said = match report.outcome? {
                Outcome::Verdict(verdict) => Some(verdict.decision),
                Outcome::Failure(_) => None,
            };
            Some(Compared { test, said })
        })
        .collect()
}

impl Compared {
    pub(super) fn agrees(&self) -> bool {
        self.said.is_some() && self.said == self.test.expect.verdict
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_proposal_is_taken_once_and_only_when_it_is_new_and_has_a_verdict() {
        let row = |event: Value, verdict: &str| json!({"description": "d", "event": event, "because": "b", "verdict": verdict});
        let known = proposals(&json!({"tests": [row(json!({"text": "a"}), "allow")]}), &[], 9);
        let rows = json!({"tests": [
            row(json!({"text": "a"}), "deny"), row(json!({"text": "b"}), "deny"), row(json!({"text": "b"}), "allow"),
            row(json!({"text": "c"}), "maybe"), row(json!({"text": "d"}), "ask"), row(json!({"text": "e"}), "ask"),
        ]});
        let found = proposals(&rows, &known, 2);
        let events: Vec<&str> = found.iter().map(|test| test.event["text"].as_str().unwrap()).collect();
        assert_eq!(events, ["b", "d"]);
        assert_eq!(proposals(&json!("nonsense"), &[], 9), []);
    }
}
