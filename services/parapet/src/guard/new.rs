//! `parapet guard new`: a folder with a small guard that builds and passes its own tests, to start from.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::exit::Exit;
use crate::{bundled, output};

/// The template's files; `NAME` stands for the guard's id.
const FILES: &[(&str, &str)] = &[
    ("guard.toml", include_str!("template/guard.toml")),
    ("guard.rhai", include_str!("template/guard.rhai")),
    ("plan.md", include_str!("template/plan.md")),
    ("tests.jsonl", include_str!("template/tests.jsonl")),
];

/// Makes a guard's folder with a small example that passes its tests, or writes the bundled guards out.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet guard new no-internal-words       makes guards/no-internal-words
  parapet guard new --bundled               writes the bundled guards to guards/")]
pub(crate) struct Args {
    /// Id of the guard, such as `no-internal-words`
    #[arg(value_name = "ID", required_unless_present = "bundled")]
    id: Option<String>,
    /// Writes the bundled guards to the folder instead, to read and to change
    #[arg(long, conflicts_with = "id")]
    bundled: bool,
    /// Folder in which the guard's folder is made
    #[arg(long, value_name = "DIR", default_value = "guards")]
    dir: PathBuf,
}

/// Makes the folder.
pub(crate) fn run(args: &Args, json: bool) -> Result<Exit> {
    let (folder, next) = match &args.id {
        Some(id) => {
            let folder = make(id, &args.dir)?;
            let next = format!(
                "  1. write the guard request into {path}/guard.toml\n  2. write the code in {path}/guard.rhai\n  \
                 3. parapet guard test {path}",
                path = folder.display()
            );
            (folder, next)
        }
        None => {
            bundled::write_out(&args.dir)?;
            (args.dir.clone(), format!("  parapet serve --guards {}", args.dir.display()))
        }
    };
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &serde_json::json!({ "folder": folder }))?;
    } else {
        writeln!(out, "made {}\n{next}", folder.display())?;
    }
    Ok(Exit::Success)
}

fn make(id: &str, dir: &Path) -> Result<PathBuf> {
    if !is_id(id) {
        bail!("`{id}` is no guard id; use 1 to 64 of a-z, 0-9 and `-`");
    }
    let folder = dir.join(id);
    if folder.exists() {
        bail!("`{}` exists already; choose another id, or remove it first", folder.display());
    }
    fs::create_dir_all(&folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        fs::write(&path, text.replace("NAME", id))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(folder)
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
