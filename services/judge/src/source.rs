//! One guard as read and understood, before it is built.

use parapet_domain::digest;
use parapet_sandbox::{GuardCode, Language, ToolLibrary};
use parapet_toolbox::ToolConfig;
use serde_json::Value;

use crate::{GuardError, GuardFiles, GuardTest, Manifest, TOOLS_FOLDER, ToolSource, fact_sets};

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
    /// The operator's tools that it is granted, in the order of their names.
    pub library: Vec<ToolSource>,
    /// Names of the operator's other tools.
    pub other_tools: Vec<String>,
    /// SHA-256 over all of that but the other tools' names, as `guard:` and hex.
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
        let (language, code) = code_of(files, manifest.per_event)?;
        let tests = tests_of(files, &text("tests.jsonl")?.unwrap_or_default(), &manifest)?;
        let (library, other_tools) = library_of(files, &manifest)?;
        let hashed = files.files.iter().flat_map(|(name, content)| [name.as_bytes(), content.as_slice()]);
        let tools = library.iter().flat_map(|tool| [TOOLS_FOLDER, &tool.manifest.name, &tool.hash].map(str::as_bytes));
        Ok(Self {
            manifest,
            language,
            code,
            plan: text("plan.md")?.unwrap_or_default(),
            tests,
            hash: digest::of_list("guard", hashed.chain(tools)),
            library,
            other_tools,
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
            library: ToolLibrary {
                granted: self.library.iter().map(|tool| tool.to_code().into()).collect(),
                others: self.other_tools.clone(),
            },
        }
    }

    /// The facts as JSON.
    #[must_use]
    pub fn facts(&self) -> Value {
        facts_of(&self.manifest)
    }
}

fn facts_of(manifest: &Manifest) -> Value {
    // The manifest was checked to have nothing that JSON lacks.
    serde_json::to_value(&manifest.facts).unwrap_or(Value::Null)
}

/// The tests in `text`, with facts that the guard has.
fn tests_of(files: &GuardFiles, text: &str, manifest: &Manifest) -> Result<Vec<GuardTest>, GuardError> {
    let wrong = |(line, message)| GuardError::Test { guard: files.name.clone(), line, message };
    let tests = GuardTest::parse_lines(text).map_err(wrong)?;
    match fact_sets::complaint(&tests, &facts_of(manifest)) {
        None => Ok(tests),
        Some((index, message)) => {
            let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            Err(wrong((lines.nth(index).map_or(0, |(line, _)| line + 1), message)))
        }
    }
}

/// The operator's tools that the guard is granted, and the names of the others.
fn library_of(files: &GuardFiles, manifest: &Manifest) -> Result<(Vec<ToolSource>, Vec<String>), GuardError> {
    let (granted, others): (Vec<_>, Vec<_>) = files
        .tools
        .iter()
        .partition(|tool| manifest.tools.contains(&tool.name) && parapet_toolbox::find(&tool.name).is_none());
    let granted = granted.into_iter().map(ToolSource::parse).collect::<Result<_, _>>()?;
    Ok((granted, others.into_iter().map(|tool| tool.name.clone()).collect()))
}

/// What stands in for the code of a guard that has none: it decides nothing, so that it cannot pass for a verdict.
const NO_CODE: &str = "fn check(event) { throw \"no code was made for this event\" }";

fn code_of(files: &GuardFiles, per_event: bool) -> Result<(Language, Vec<u8>), GuardError> {
    match (files.files.get("guard.rhai"), files.files.get("guard.wasm")) {
        (None, None) if per_event => Ok((Language::Rhai, NO_CODE.as_bytes().to_vec())),
        _ if per_event => Err(GuardError::Manifest {
            guard: files.name.clone(),
            message: "`per_event` guards have no code of their own; remove it, or `per_event`".to_owned(),
        }),
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
