//! One guard as read and understood, before it is built.

use parapet_domain::digest;
use parapet_sandbox::{GuardCode, Language};
use parapet_toolbox::ToolConfig;
use serde_json::Value;

use crate::{GuardError, GuardFiles, GuardTest, Manifest};

/// A guard's manifest, code, plan and tests, with their common hash.
#[derive(Debug, Clone)]
pub struct GuardSource {
    /// `guard.toml`.
    pub manifest: Manifest,
    /// What the code is written in.
    pub language: Language,
    /// The code: Rhai text or a WASM module.
    pub code: Vec<u8>,
    /// `plan.md`, empty when there is none.
    pub plan: String,
    /// `tests.jsonl`.
    pub tests: Vec<GuardTest>,
    /// SHA-256 over all of that, as `guard:` and hex.
    pub hash: String,
}

impl GuardSource {
    /// Understands the files of one guard.
    ///
    /// # Errors
    /// A file is missing or not understood.
    pub fn parse(files: &GuardFiles) -> Result<Self, GuardError> {
        let text = |file: &'static str| text_of(files, file);
        let manifest =
            text("guard.toml")?.ok_or_else(|| missing(files, "guard.toml", "make one with `parapet guard new`"))?;
        let manifest = Manifest::parse(&files.name, &manifest)
            .map_err(|message| GuardError::Manifest { guard: files.name.clone(), message })?;
        let (language, code) = code_of(files)?;
        let tests = GuardTest::parse_lines(&text("tests.jsonl")?.unwrap_or_default())
            .map_err(|(line, message)| GuardError::Test { guard: files.name.clone(), line, message })?;
        let hashed = files.files.iter().flat_map(|(name, content)| [name.as_bytes(), content.as_slice()]);
        Ok(Self {
            manifest,
            language,
            code,
            plan: text("plan.md")?.unwrap_or_default(),
            tests,
            hash: digest::of_list("guard", hashed),
        })
    }

    /// What the sandbox builds.
    #[must_use]
    pub fn to_code(&self) -> GuardCode {
        GuardCode {
            language: self.language,
            code: self.code.clone(),
            facts: self.facts(),
            tools: self.manifest.tools.clone(),
            tool_config: ToolConfig {
                patterns: self.manifest.patterns.clone(),
                phrases: self.manifest.phrases.clone(),
            },
        }
    }

    /// The facts as JSON.
    #[must_use]
    pub fn facts(&self) -> Value {
        // The manifest was checked to have nothing that JSON lacks.
        serde_json::to_value(&self.manifest.facts).unwrap_or(Value::Null)
    }
}

fn code_of(files: &GuardFiles) -> Result<(Language, Vec<u8>), GuardError> {
    match (files.files.get("guard.rhai"), files.files.get("guard.wasm")) {
        (Some(script), None) => Ok((Language::Rhai, script.clone())),
        (None, Some(module)) => Ok((Language::Wasm, module.clone())),
        (None, None) => Err(missing(files, "guard.rhai", "write it, or put a module there as guard.wasm")),
        (Some(_), Some(_)) => Err(GuardError::Manifest {
            guard: files.name.clone(),
            message: "the folder has both guard.rhai and guard.wasm; remove one of them".to_owned(),
        }),
    }
}

fn text_of(files: &GuardFiles, file: &'static str) -> Result<Option<String>, GuardError> {
    let Some(content) = files.files.get(file) else { return Ok(None) };
    String::from_utf8(content.clone()).map(Some).map_err(|error| GuardError::Manifest {
        guard: files.name.clone(),
        message: format!("{file} is not valid UTF-8 from byte {} on", error.utf8_error().valid_up_to()),
    })
}

fn missing(files: &GuardFiles, file: &'static str, help: &'static str) -> GuardError {
    GuardError::Missing { guard: files.name.clone(), file, help }
}
