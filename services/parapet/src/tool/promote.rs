//! `parapet tool promote`: a function that a guard defines becomes a tool, when the tests of both hold.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use parapet_guardgen::library::{PromoteOptions, Promotion, promote};
use parapet_judge::{GuardFiles, TOOLS_FOLDER, ToolTest};
use serde_json::json;

use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::output;

/// Makes a tool out of a function that a guard defines. Its tests are the calls that the guard's own tests make, watched
/// in the sandbox; the guard calls the tool from then on. Nothing is written unless all tests of both pass.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet tool promote --guard guards/shop-orders --function order_total
  parapet tool promote --guard guards/shop-orders --function total --as order_total --tests more.jsonl
  parapet tool promote --guard guards/shop-orders --function total --as order_total --dry-run")]
pub(crate) struct Args {
    /// The guard's folder; the tool goes into `tools` beside it
    #[arg(long, value_name = "DIR")]
    guard: PathBuf,
    /// The function
    #[arg(long, value_name = "NAME")]
    function: String,
    /// The tool's name, when it is to be another than the function's
    #[arg(long = "as", value_name = "TOOL")]
    name: Option<String>,
    /// What the tool does, in place of the comment above the function
    #[arg(long, value_name = "TEXT")]
    doc: Option<String>,
    /// Tests of the tool beside the watched calls, in the form of its `tests.jsonl`
    #[arg(long, value_name = "FILE")]
    tests: Option<PathBuf>,
    /// Tests everything and writes nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// Promotes it.
pub(super) fn run(args: &Args, json: bool) -> Result<Exit> {
    let guard = fs::canonicalize(&args.guard)
        .with_context(|| format!("`{}` cannot be read; give the folder of a guard", args.guard.display()))?;
    let options = PromoteOptions {
        function: args.function.clone(),
        name: args.name.clone(),
        doc: args.doc.clone(),
        tests: args.tests.as_deref().map_or_else(|| Ok(Vec::new()), tests_of)?,
    };
    let files = GuardFiles::read(&guard)?;
    let promotion = promote(&args.sandbox.open()?, &files, &options)?;
    let name = &promotion.tool.manifest.name;
    let folder = guard.parent().unwrap_or(&guard).join(TOOLS_FOLDER).join(name);
    if !args.dry_run {
        write(&guard, &folder, &promotion)?;
    }
    let mut out = output::stdout();
    let signature = promotion.tool.source()?.to_code().signature();
    if json {
        output::json(
            &mut out,
            &json!({
                "tool": name,
                "signature": signature,
                "folder": folder,
                "guard": files.name,
                "written": !args.dry_run,
                "observed_calls": promotion.observed,
                "tool_tests": promotion.tool.tests.len(),
                "guard_tests": promotion.guard_tests,
            }),
        )?;
        return Ok(Exit::Success);
    }
    let word = if args.dry_run { "would promote" } else { "promoted" };
    writeln!(out, "{word} {signature}\n  tool: {}", folder.display())?;
    writeln!(
        out,
        "  tests of the tool: {} passed, {} of them calls that were watched",
        promotion.tool.tests.len(),
        promotion.observed
    )?;
    writeln!(out, "  tests of `{}` with the tool in place: {} passed", files.name, promotion.guard_tests)?;
    Ok(Exit::Success)
}

fn tests_of(path: &Path) -> Result<Vec<ToolTest>> {
    let text = fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    match ToolTest::parse_lines(&text) {
        Ok(tests) => Ok(tests),
        Err((line, message)) => bail!("`{}` line {line}: {message}", path.display()),
    }
}

/// The tool first, so that the guard never stands without it; then each of the guard's files whole or not at all. A running
/// sidecar keeps its set until all of them fit.
fn write(guard: &Path, folder: &Path, promotion: &Promotion) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
    for (file, content) in &promotion.tool.files()?.files {
        let path = folder.join(file);
        fs::write(&path, content).with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    for (file, content) in [("guard.rhai", &promotion.guard_code), ("guard.toml", &promotion.guard_toml)] {
        let (new, path) = (guard.join(format!("{file}.new")), guard.join(file));
        fs::write(&new, content)
            .and_then(|()| fs::rename(&new, &path))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(())
}
