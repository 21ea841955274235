//! `parapet guard list`: the guards of a folder and how its set uses them, or the tools of the toolbox.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use parapet_domain::{Match, Mode, OnError};
use parapet_judge::{GuardSource, SetError, SetFile};
use serde::Serialize;

use super::load;
use crate::exit::Exit;
use crate::output::{self, BOLD, DIM, paint};

/// Lists guards, or the tools that they can be granted. Nothing is built.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet guard list                the bundled guards
  parapet guard list guards --json
  parapet guard list --tools        what guards can be granted")]
pub(crate) struct Args {
    /// A guard's folder, or a folder of guards; default: the bundled guards
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Lists the tools of the toolbox instead
    #[arg(long, conflicts_with = "path")]
    tools: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    id: String,
    title: String,
    request: String,
    stages: Vec<&'static str>,
    tools: Vec<String>,
    tests: usize,
    mode: Mode,
    on_error: OnError,
    #[serde(rename = "match")]
    matching: Match,
    hash: String,
}

#[derive(Debug, Serialize)]
struct ToolLine {
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    example: &'static str,
}

/// Lists them.
pub(crate) fn run(args: &Args, json: bool) -> Result<Exit> {
    let mut out = output::stdout();
    if args.tools {
        list_tools(&mut out, json)?;
    } else {
        list_guards(&mut out, &lines(args)?, json)?;
    }
    Ok(Exit::Success)
}

fn lines(args: &Args) -> Result<Vec<Line>> {
    let files = load::files(args.path.as_deref())?;
    if files.guards.is_empty() {
        return Err(SetError::Empty(files.origin).into());
    }
    let sources: Vec<GuardSource> = files.guards.iter().map(GuardSource::parse).collect::<Result<_, _>>()?;
    let ids: Vec<&str> = sources.iter().map(|source| source.manifest.id.as_str()).collect();
    let set = SetFile::parse(files.set_file.as_deref(), &ids).map_err(SetError::SetFile)?;
    let in_order = set.guard.into_iter().filter_map(|entry| {
        let source = sources.iter().find(|source| source.manifest.id == entry.id)?;
        let manifest = &source.manifest;
        Some(Line {
            id: entry.id,
            title: manifest.title.clone(),
            request: manifest.request.clone(),
            stages: manifest.stages.iter().map(|stage| stage.as_str()).collect(),
            tools: manifest.tools.clone(),
            tests: source.tests.len(),
            mode: entry.mode,
            on_error: entry.on_error,
            matching: entry.matching,
            hash: source.hash.clone(),
        })
    });
    Ok(in_order.collect())
}

fn list_guards(out: &mut impl Write, lines: &[Line], json: bool) -> Result<()> {
    if json {
        return Ok(output::json(out, &lines)?);
    }
    for line in lines {
        writeln!(out, "{}  {}  {}", paint(BOLD, &line.id), line.mode.as_str(), line.title)?;
        let tools = if line.tools.is_empty() { "none".to_owned() } else { line.tools.join(", ") };
        writeln!(out, "  stages {}   tools {tools}   tests {}", line.stages.join(", "), line.tests)?;
        writeln!(out, "  {}", paint(DIM, &line.hash))?;
    }
    Ok(())
}

fn list_tools(out: &mut impl Write, json: bool) -> Result<()> {
    let tools: Vec<ToolLine> = parapet_toolbox::tools()
        .iter()
        .map(|tool| ToolLine { name: tool.name, signature: tool.signature, doc: tool.doc, example: tool.example })
        .collect();
    if json {
        return Ok(output::json(out, &tools)?);
    }
    for tool in &tools {
        writeln!(out, "{}\n  {}\n  {}", paint(BOLD, tool.signature), tool.doc, paint(DIM, tool.example))?;
    }
    Ok(())
}
