//! `tests.jsonl`: one test a line, an event in short form and what the guard must say of it.

use parapet_domain::{Decision, Edit, FailureKind, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One test of a guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardTest {
    /// The behaviour, in plain language.
    pub description: String,
    /// The event; what it leaves out is filled in by [`crate::event_from_partial`].
    pub event: Value,
    /// Put into the guard's facts for this test alone.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
    /// What the guard must say.
    pub expect: Expectation,
}

/// What a guard must say. What is left out is not compared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Option<Decision>,
    /// The reason code.
    pub reason_code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The details, exactly.
    pub details: Option<Value>,
    /// The edits, exactly.
    pub edits: Option<Vec<Edit>>,
    /// The texts of all parts after the edits, exactly.
    pub redacted: Option<Vec<String>>,
    /// A failure instead of a verdict.
    pub failure: Option<FailureKind>,
}

impl GuardTest {
    /// Reads a file of tests; empty lines are left out.
    ///
    /// # Errors
    /// The 1-based line that is not understood, and why.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, (usize, String)> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(n, line)| Self::parse(line).map_err(|message| (n + 1, message))).collect()
    }

    fn parse(line: &str) -> Result<Self, String> {
        let value = parapet_domain::json::parse_str(line).map_err(|error| error.to_string())?;
        let test = Self::deserialize(&value).map_err(|error| error.to_string())?;
        match (test.expect.verdict, test.expect.failure) {
            (Some(_), None) | (None, Some(_)) => Ok(test),
            _ => Err("`expect` needs either `verdict` or `failure`".to_owned()),
        }
    }
}

impl Expectation {
    /// What differs from `outcome`, or `None`. `texts` are the parts' texts.
    #[must_use]
    pub fn difference(&self, outcome: &Outcome, texts: &[&str]) -> Option<String> {
        let verdict = match (outcome, self.failure) {
            (Outcome::Failure(failure), Some(kind)) if failure.kind == kind => return None,
            (Outcome::Failure(failure), _) => {
                return Some(format!("failed ({}): {}", failure.kind.as_str(), failure.message));
            }
            (Outcome::Verdict(_), Some(kind)) => return Some(format!("gave a verdict, expected `{}`", kind.as_str())),
            (Outcome::Verdict(verdict), None) => verdict,
        };
        let redacted = || -> Vec<String> {
            let edits = parapet_domain::redact::merge(&verdict.edits);
            texts.iter().enumerate().map(|(n, text)| parapet_domain::redact::apply(text, n, &edits)).collect()
        };
        differs("verdict", self.verdict.as_ref(), &verdict.decision)
            .or_else(|| differs("reason_code", self.reason_code.as_ref(), &verdict.reason_code))
            .or_else(|| differs("message", self.message.as_ref(), &verdict.message))
            .or_else(|| differs("details", self.details.as_ref(), &verdict.details))
            .or_else(|| differs("edits", self.edits.as_ref(), &verdict.edits))
            .or_else(|| self.redacted.as_ref().and_then(|expected| differs("redacted", Some(expected), &redacted())))
    }
}

fn differs<T: PartialEq + Serialize>(field: &str, expected: Option<&T>, got: &T) -> Option<String> {
    let json = |value: &T| serde_json::to_string(value).unwrap_or_default();
    expected
        .filter(|expected| *expected != got)
        .map(|expected| format!("{field} is {}, expected {}", json(got), json(expected)))
}
