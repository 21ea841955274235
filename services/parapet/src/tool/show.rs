//! `parapet tool show`: one tool with all that belongs to it.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use parapet_guardgen::library::{ToolDescription, describe};
use parapet_judge::ToolSource;
use parapet_sandbox::Language;
use serde_json::json;

use super::load;
use crate::exit::Exit;
use crate::output::{self, BOLD, DIM, paint};

/// Shows one tool: its description, and of the operator's tools grants, budget, code and tests too.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet tool show our_host
  parapet tool show find_pii --json")]
pub(crate) struct Args {
    /// Name of the tool
    #[arg(value_name = "NAME")]
    name: String,
    /// A folder of guards or a folder of tools [default: guards]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Shows it.
pub(super) fn run(args: &Args, json: bool) -> Result<Exit> {
    let own = load::sources(args.dir.as_deref())?;
    let Some(tool) = describe(&own).into_iter().find(|tool| tool.name == args.name) else {
        bail!("there is no tool `{}`; `parapet tool list` shows all", output::clean(&args.name));
    };
    let source = own.iter().find(|tool| tool.manifest.name == args.name);
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &as_json(&tool, source))?;
        return Ok(Exit::Success);
    }
    writeln!(
        out,
        "{}\n{}\nexample: {}",
        paint(BOLD, &output::clean(&tool.signature)),
        output::clean(&tool.doc),
        output::clean(&tool.example)
    )?;
    let Some(source) = source else { return Ok(Exit::Success) };
    let manifest = &source.manifest;
    let tools = if manifest.tools.is_empty() { "none".to_owned() } else { manifest.tools.join(", ") };
    writeln!(out, "tools: {tools}\ntests: {}", source.tests.len())?;
    if !manifest.origin.is_empty() {
        writeln!(out, "origin: {}", output::clean(&manifest.origin))?;
    }
    writeln!(out, "{}", paint(DIM, &source.hash))?;
    if source.language == Language::Rhai {
        writeln!(out)?;
        for line in String::from_utf8_lossy(&source.code).lines() {
            writeln!(out, "{}", output::clean(line))?;
        }
    }
    Ok(Exit::Success)
}

fn as_json(tool: &ToolDescription, source: Option<&ToolSource>) -> serde_json::Value {
    let Some(source) = source else { return json!({ "tool": tool }) };
    let code = (source.language == Language::Rhai).then(|| String::from_utf8_lossy(&source.code).into_owned());
    json!({
        "tool": tool,
        "manifest": source.manifest,
        "language": source.language,
        "code": code,
        "tests": source.tests,
        "hash": source.hash,
    })
}
