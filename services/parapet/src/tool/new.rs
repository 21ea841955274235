//! `parapet tool new`: a folder with a small tool that passes its own tests, to start from.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use parapet_judge::{TOOLS_FOLDER, ToolManifest};

use crate::exit::Exit;
use crate::output;

/// The template's files; `NAME` stands for the tool's name.
const FILES: &[(&str, &str)] = &[
    ("tool.toml", include_str!("template/tool.toml")),
    ("tool.rhai", include_str!("template/tool.rhai")),
    ("tests.jsonl", include_str!("template/tests.jsonl")),
];

/// Makes a tool's folder with a small example that passes its tests.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet tool new our_host               makes guards/tools/our_host")]
pub(crate) struct Args {
    /// Name of the tool, as guards call it, such as `our_host`
    #[arg(value_name = "NAME")]
    name: String,
    /// Folder of guards in whose `tools` the folder is made
    #[arg(long, value_name = "DIR", default_value = "guards")]
    dir: PathBuf,
}

/// Makes the folder.
pub(super) fn run(args: &Args, json: bool) -> Result<Exit> {
    let name = &args.name;
    if !ToolManifest::is_name(name) {
        bail!("`{}` is no tool's name; use 1 to 64 of a-z, 0-9 and `_`, a letter first", output::clean(name));
    }
    if parapet_toolbox::find(name).is_some() {
        bail!("`{name}` is a built-in tool; choose another name");
    }
    let folder = args.dir.join(TOOLS_FOLDER).join(name);
    if folder.exists() {
        bail!("`{}` exists already; choose another name, or remove it first", folder.display());
    }
    fs::create_dir_all(&folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
    for (file, text) in FILES {
        let path = folder.join(file);
        fs::write(&path, text.replace("NAME", name))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &serde_json::json!({ "folder": folder }))?;
    } else {
        writeln!(
            out,
            "made {path}\n  1. say what the tool does in {path}/tool.toml\n  2. write the function in {path}/tool.rhai\n  \
             3. parapet tool test {path}\n  4. list \"{name}\" in `tools` of a guard",
            path = folder.display()
        )?;
    }
    Ok(Exit::Success)
}
