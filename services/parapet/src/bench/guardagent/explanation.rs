//! Why a row is refused: columns out of reach, or rules broken. Compared as sets.

use std::collections::{BTreeMap, BTreeSet};

use parapet_domain::{Decision, GuardRun, Outcome};
use serde::Serialize;
use serde_json::Value;

/// Tables and columns, and violated rules. One of the two is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Explanation {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<String, BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    rules: BTreeSet<String>,
}

impl Explanation {
    /// Columns that must not be read.
    pub(crate) fn columns(columns: BTreeMap<String, Vec<String>>) -> Self {
        let columns = columns.into_iter().map(|(table, columns)| (table, columns.into_iter().collect())).collect();
        Self { columns, rules: BTreeSet::new() }
    }

    /// Whether it is about columns.
    pub(crate) fn names_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Rules that are violated.
    pub(crate) fn rules(rules: impl IntoIterator<Item = String>) -> Self {
        Self { columns: BTreeMap::new(), rules: rules.into_iter().collect() }
    }

    /// What the guards that denied give as `details.missing` and `details.violated`.
    pub(crate) fn of_runs(runs: &[GuardRun]) -> Self {
        let mut explanation = Self::default();
        for run in runs {
            if let Outcome::Verdict(verdict) = &run.outcome
                && verdict.decision == Decision::Deny
            {
                explanation.add(&verdict.details);
            }
        }
        explanation
    }

    fn add(&mut self, details: &Value) {
        let texts = |list: &Value| -> BTreeSet<String> {
            list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for (table, columns) in details.get("missing").and_then(Value::as_object).into_iter().flatten() {
            self.columns.entry(table.clone()).or_default().extend(texts(columns));
        }
        self.rules.extend(details.get("violated").map(texts).unwrap_or_default());
    }
}
