//! One tool as read and understood, before and after it is built.

use std::sync::Arc;

use parapet_domain::digest;
use parapet_sandbox::{BuildError, Language, LoadedTool, Sandbox, ToolCode};
use parapet_toolbox::ToolConfig;
use serde_json::Value;

use crate::{GuardError, ToolFiles, ToolManifest, ToolTest};

/// A tool's manifest, code and tests, with their common hash.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSource {
    /// `tool.toml`.
    pub manifest: ToolManifest,
    /// What the code is written in.
    pub language: Language,
    /// The code: Rhai text or a WASM module.
    pub code: Vec<u8>,
    /// `tests.jsonl`.
    pub tests: Vec<ToolTest>,
    /// SHA-256 over all of that, as `tool:` and hex.
    pub hash: String,
}

/// A tool, ready to run.
#[derive(Debug)]
pub struct Tool {
    /// What it was made from.
    pub source: ToolSource,
    /// What runs.
    pub loaded: Arc<LoadedTool>,
}

impl ToolSource {
    /// Understands the files of one tool.
    ///
    /// # Errors
    /// A file is missing or not understood.
    pub fn parse(files: &ToolFiles) -> Result<Self, GuardError> {
        let refused = |message: String| GuardError::Tool { tool: files.name.clone(), message };
        let text = |file: &str| -> Result<String, GuardError> {
            let content = files.files.get(file).cloned().unwrap_or_default();
            String::from_utf8(content).map_err(|_| refused(format!("{file} is not valid UTF-8")))
        };
        if !files.files.contains_key("tool.toml") {
            return Err(refused("the folder has no tool.toml; make a tool with `parapet tool new`".to_owned()));
        }
        let manifest = ToolManifest::parse(&files.name, &text("tool.toml")?)
            .map_err(|message| refused(format!("tool.toml: {message}")))?;
        let (language, code) = match (files.files.get("tool.rhai"), files.files.get("tool.wasm")) {
            (Some(script), None) => (Language::Rhai, script.clone()),
            (None, Some(module)) => (Language::Wasm, module.clone()),
            (None, None) => return Err(refused("the folder has neither tool.rhai nor tool.wasm".to_owned())),
            (Some(_), Some(_)) => {
                return Err(refused("the folder has both tool.rhai and tool.wasm; remove one of them".to_owned()));
            }
        };
        let tests = ToolTest::parse_lines(&text("tests.jsonl")?)
            .map_err(|(line, message)| refused(format!("tests.jsonl line {line}: {message}")))?;
        let hashed = files.files.iter().flat_map(|(name, content)| [name.as_bytes(), content.as_slice()]);
        Ok(Self { manifest, language, code, tests, hash: digest::of_list("tool", hashed) })
    }

    /// What the sandbox builds.
    #[must_use]
    pub fn to_code(&self) -> ToolCode {
        let manifest = &self.manifest;
        ToolCode {
            name: manifest.name.clone(),
            params: manifest.args.clone(),
            returns: manifest.returns.kind,
            language: self.language,
            code: self.code.clone(),
            // The manifest was checked to have nothing that JSON lacks.
            facts: serde_json::to_value(&manifest.facts).unwrap_or(Value::Null),
            tools: manifest.tools.clone(),
            tool_config: ToolConfig { patterns: manifest.patterns.clone(), phrases: manifest.phrases.clone() },
            budget: manifest.budget,
        }
    }
}

impl Tool {
    /// Builds one tool.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn build(sandbox: &Sandbox, source: ToolSource) -> Result<Self, GuardError> {
        let loaded = sandbox.build_tool(&source.to_code()).map_err(|cause| match cause {
            BuildError::Tool { tool, cause } => GuardError::ToolBuild { tool, cause: *cause },
            cause => GuardError::ToolBuild { tool: source.manifest.name.clone(), cause },
        })?;
        Ok(Self { source, loaded })
    }
}
