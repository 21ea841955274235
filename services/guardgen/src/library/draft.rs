//! A tool in the making: its manifest, code and tests, as the files of its folder.

use std::collections::BTreeMap;

use parapet_judge::{GuardError, ToolFiles, ToolManifest, ToolSource, ToolTest};

use crate::DraftError;

/// All that makes up a tool's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDraft {
    /// `tool.toml`.
    pub manifest: ToolManifest,
    /// `tool.rhai`.
    pub code: String,
    /// `tests.jsonl`.
    pub tests: Vec<ToolTest>,
}

impl ToolDraft {
    /// The files of the tool's folder.
    ///
    /// # Errors
    /// The manifest or a test cannot be written.
    pub fn files(&self) -> Result<ToolFiles, DraftError> {
        let tests: Vec<String> = self.tests.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let files = BTreeMap::from([
            ("tool.toml", toml::to_string_pretty(&self.manifest)?.into_bytes()),
            ("tool.rhai", self.code.clone().into_bytes()),
            ("tests.jsonl", (tests.join("\n") + "\n").into_bytes()),
        ]);
        Ok(ToolFiles { name: self.manifest.name.clone(), files })
    }

    /// The draft as the judge understands it.
    ///
    /// # Errors
    /// It cannot be written, or does not pass the checks on a tool's files.
    pub fn source(&self) -> Result<ToolSource, DraftError> {
        let source: Result<ToolSource, GuardError> = ToolSource::parse(&self.files()?);
        Ok(source?)
    }
}
