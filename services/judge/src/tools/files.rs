//! The files of tools, before anything is understood of them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::GuardError;
use crate::files::{has_any, read_file};

/// Name of the folder of tools in a folder of guards.
pub const TOOLS_FOLDER: &str = "tools";
/// The files that make up a tool. Others in its folder, such as sources of a module, are not read.
const TOOL_FILES: [&str; 4] = ["tool.toml", "tool.rhai", "tool.wasm", "tests.jsonl"];

/// Files of one tool, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolFiles {
    /// Folder name, which must be the tool's name.
    pub name: String,
    /// Contents.
    pub files: BTreeMap<&'static str, Vec<u8>>,
}

impl ToolFiles {
    /// Reads one tool's folder.
    ///
    /// # Errors
    /// A file is unreadable or too large.
    pub fn read(dir: &Path) -> Result<Self, GuardError> {
        std::fs::metadata(dir).map_err(|cause| GuardError::Unreadable { path: dir.to_owned(), cause })?;
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut files = BTreeMap::new();
        for file in TOOL_FILES {
            if let Some(content) = read_file(&dir.join(file))? {
                files.insert(file, content);
            }
        }
        Ok(Self { name, files })
    }

    /// Reads all tools of a folder of guards, by name; none when it has no folder of tools. A folder in there with none of
    /// a tool's files is left alone.
    ///
    /// # Errors
    /// The folder or a file in it is unreadable or too large.
    pub fn read_all(guards: &Path) -> Result<Arc<Vec<Self>>, GuardError> {
        let dir = guards.join(TOOLS_FOLDER);
        let unreadable = |cause| GuardError::Unreadable { path: dir.clone(), cause };
        let entries = match std::fs::read_dir(&dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Arc::default()),
            entries => entries.map_err(unreadable)?,
        };
        let mut folders: Vec<PathBuf> = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            if has_any(&path, &TOOL_FILES)? {
                folders.push(path);
            }
        }
        folders.sort();
        Ok(Arc::new(folders.iter().map(|folder| Self::read(folder)).collect::<Result<_, _>>()?))
    }
}
