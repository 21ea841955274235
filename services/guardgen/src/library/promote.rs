//! Promotion: a function that a guard defines, and whose calls in the guard's tests are known, becomes a tool that other
//! guards can be granted. Nothing is written here; the caller writes what comes back, when all of it holds.

use parapet_judge::{
    Guard, GuardError, GuardFiles, GuardSource, Tool, ToolExpectation, ToolManifest, ToolTest, run_tests,
    run_tool_tests,
};
use parapet_sandbox::{BuildError, Language, Sandbox};

use super::draft::ToolDraft;
use super::functions::{Function, Script};
use super::surgery::Cut;
use super::{derive, manifest_edit, observe, surgery};
use crate::DraftError;

/// Fewest different calls that a tool's tests must show.
const MIN_SAMPLES: usize = 2;

/// What to promote.
#[derive(Debug, Clone, Default)]
pub struct PromoteOptions {
    /// The function.
    pub function: String,
    /// The tool's name, if it is to have another.
    pub name: Option<String>,
    /// What the tool does, in place of the comment above the function.
    pub doc: Option<String>,
    /// Tests beside those that come from watching the guard's.
    pub tests: Vec<ToolTest>,
}

/// A promotion that holds: all tests passed, the tool's and the guard's with the tool in place of the function.
#[derive(Debug)]
pub struct Promotion {
    /// The tool.
    pub tool: ToolDraft,
    /// The guard's new `guard.toml`.
    pub guard_toml: String,
    /// The guard's new `guard.rhai`.
    pub guard_code: String,
    /// How many of the tool's tests are calls that the guard's own tests made.
    pub observed: usize,
    /// How many of the guard's tests passed with the tool in place.
    pub guard_tests: usize,
}

/// Why a function was not promoted. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// The function cannot become a tool.
    #[error("not promoted: {0}")]
    Refused(String),
    /// The guard's own tests fail before anything is changed.
    #[error("not promoted: tests of the guard fail already, so that they prove nothing:\n{}", .0.join("\n"))]
    GuardFailsAlready(Vec<String>),
    /// The tool's tests fail.
    #[error("not promoted: tests of the tool fail:\n{}", .0.join("\n"))]
    ToolFails(Vec<String>),
    /// The guard's tests fail with the tool in place of the function.
    #[error("not promoted: with the tool in place of the function, tests of the guard fail:\n{}", .0.join("\n"))]
    GuardFails(Vec<String>),
    /// The guard is refused as it is, or with the tool.
    #[error("not promoted: {0}")]
    Guard(#[from] GuardError),
    /// The guard cannot be watched.
    #[error("not promoted: the guard cannot be watched: {0}")]
    Watch(#[from] BuildError),
    /// The tool cannot be written.
    #[error("not promoted: {0}")]
    Draft(#[from] DraftError),
}

/// Makes a tool out of a function of the guard in `files`.
///
/// # Errors
/// The function cannot be one, too few of its calls are known, or a test fails; see [`PromoteError`].
pub fn promote(sandbox: &Sandbox, files: &GuardFiles, options: &PromoteOptions) -> Result<Promotion, PromoteError> {
    let source = GuardSource::parse(files)?;
    if source.language != Language::Rhai {
        return Err(PromoteError::Refused(
            "the guard is a module; only functions of a script can be taken out".to_owned(),
        ));
    }
    let guard = Guard::build(sandbox, source)?;
    let failed = failures(run_tests(sandbox, &guard).into_iter().map(|test| (test.description, test.difference)));
    if !failed.is_empty() {
        return Err(PromoteError::GuardFailsAlready(failed));
    }
    let source = &guard.source;
    let text = String::from_utf8_lossy(&source.code);
    let traced = sandbox.build_traced(&source.to_code())?;
    let script = Script { text: &text, tokens: traced.tokens() };
    let all = script.functions();
    let function = surgery::find(&script, &all, &options.function).map_err(PromoteError::Refused)?;
    let name = options.name.as_ref().unwrap_or(&options.function);
    check_name(&script, function, name, files)?;

    let mut tests = observe::samples(sandbox, source, &script, function)?;
    let observed = tests.len();
    tests.extend(options.tests.iter().cloned());
    enough(&options.function, &tests)?;
    let cut = surgery::cut(&script, &all, function, name);
    let needs = derive::needs(&script, &all, function, source)?;
    let manifest = derive::manifest(source, function, name, options, &tests, needs)?;
    let guard_tests = source.tests.len();
    let guard_toml = new_manifest(files, source, &cut, name)?;
    let tool = ToolDraft { manifest, code: cut.tool, tests };
    prove(sandbox, files, &tool, &guard_toml, &cut.guard)?;
    Ok(Promotion { tool, guard_toml, guard_code: cut.guard, observed, guard_tests })
}

fn check_name(script: &Script<'_>, function: &Function, name: &str, files: &GuardFiles) -> Result<(), PromoteError> {
    let refused = |message: String| Err(PromoteError::Refused(message));
    if !ToolManifest::is_name(name) {
        return refused(format!("`{name}` is no tool's name; give one of the form [a-z][a-z0-9_]{{0,63}} with `--as`"));
    }
    if files.tools.iter().any(|tool| tool.name == name) {
        return refused(format!("there is a tool `{name}` already; give another name with `--as`"));
    }
    if name != function.name && script.is_pointed_at(&function.name) {
        return refused(format!(
            "`Fn(\"{}\")` names the function as a text; promote it under its own name",
            function.name
        ));
    }
    Ok(())
}

fn enough(function: &str, tests: &[ToolTest]) -> Result<(), PromoteError> {
    let known = tests.iter().filter(|test| matches!(test.expect, ToolExpectation::Result(_))).count();
    if known >= MIN_SAMPLES {
        return Ok(());
    }
    Err(PromoteError::Refused(format!(
        "{known} different calls of `{function}` are known, and {MIN_SAMPLES} are needed to prove it; add tests to the guard \
         that come through it, or give tests of the tool with `--tests`"
    )))
}

/// The guard's manifest with the tool granted, and without the built-in tools that only the function called.
fn new_manifest(files: &GuardFiles, source: &GuardSource, cut: &Cut, name: &str) -> Result<String, PromoteError> {
    let text = files.files.get("guard.toml").map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let staying = source.manifest.tools.iter().filter(|tool| cut.called.contains(*tool)).cloned();
    let tools: Vec<String> = staying.chain([name.to_owned()]).collect();
    manifest_edit::with_tools(&text, &tools).map_err(|error| PromoteError::Refused(format!("guard.toml: {error}")))
}

/// Runs the tool's tests, and the guard's with the tool in place.
fn prove(
    sandbox: &Sandbox,
    files: &GuardFiles,
    tool: &ToolDraft,
    guard_toml: &str,
    guard_code: &str,
) -> Result<(), PromoteError> {
    let built = Tool::build(sandbox, tool.source()?)?;
    let reports = run_tool_tests(sandbox, &built).into_iter().map(|test| (test.description, test.difference));
    let failed = failures(reports);
    if !failed.is_empty() {
        return Err(PromoteError::ToolFails(failed));
    }
    let mut files = files.clone();
    files.files.insert("guard.toml", guard_toml.as_bytes().to_vec());
    files.files.insert("guard.rhai", guard_code.as_bytes().to_vec());
    let tools = files.tools.iter().cloned().chain([tool.files()?]).collect::<Vec<_>>();
    let guard = Guard::build(sandbox, GuardSource::parse(&files.with_tools(tools.into()))?)?;
    let failed = failures(run_tests(sandbox, &guard).into_iter().map(|test| (test.description, test.difference)));
    if failed.is_empty() { Ok(()) } else { Err(PromoteError::GuardFails(failed)) }
}

fn failures(reports: impl Iterator<Item = (String, Option<String>)>) -> Vec<String> {
    reports.filter_map(|(description, difference)| Some(format!("  {description}: {}", difference?))).collect()
}
