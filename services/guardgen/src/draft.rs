//! A guard in the making: manifest, plan, code and tests, before and after it has been checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use parapet_judge::{GuardError, GuardFiles, GuardSource, GuardTest, Manifest, ToolFiles};

use crate::Plan;

/// All that makes up a guard's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// `guard.toml`.
    pub manifest: Manifest,
    /// `plan.md` and `plan.json`.
    pub plan: Plan,
    /// `guard.rhai`.
    pub code: String,
    /// `tests.jsonl`.
    pub tests: Vec<GuardTest>,
}

/// Why a draft is no guard.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The manifest cannot be written.
    #[error("manifest cannot be written: {0}")]
    Manifest(#[from] toml::ser::Error),
    /// A test cannot be written.
    #[error("a test cannot be written: {0}")]
    Test(#[from] serde_json::Error),
    /// A file is not what a guard's must be.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

impl Draft {
    /// The files of the guard's folder, as a guard set reads them.
    ///
    /// # Errors
    /// The manifest or a test cannot be written.
    pub fn files(&self) -> Result<GuardFiles, DraftError> {
        let tests: Vec<String> = self.tests.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let files = BTreeMap::from([
            ("guard.toml", toml::to_string_pretty(&self.manifest)?.into_bytes()),
            ("guard.rhai", self.code.clone().into_bytes()),
            ("plan.md", self.plan.to_markdown().into_bytes()),
            ("tests.jsonl", (tests.join("\n") + "\n").into_bytes()),
        ]);
        Ok(GuardFiles { name: self.manifest.id.clone(), files, ..GuardFiles::default() })
    }

    /// The draft as the judge understands it, with the operator's tools that it may be granted.
    ///
    /// # Errors
    /// As for [`Draft::source`]; or one of the granted tools is not understood.
    pub fn source_with(&self, library: &Arc<Vec<ToolFiles>>) -> Result<GuardSource, DraftError> {
        Ok(GuardSource::parse(&self.files()?.with_tools(Arc::clone(library)))?)
    }

    /// Adds those of `tests` that it does not have.
    pub(crate) fn add_tests(&mut self, tests: Vec<GuardTest>) {
        for test in tests {
            if !self.tests.contains(&test) {
                self.tests.push(test);
            }
        }
    }

    /// The draft as the judge understands it.
    ///
    /// # Errors
    /// It cannot be written, or does not pass the checks on a guard's files.
    pub fn source(&self) -> Result<GuardSource, DraftError> {
        Ok(GuardSource::parse(&self.files()?)?)
    }
}
