//! The files of guards, from a folder on disk or from the binary itself, before anything is understood of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::GuardError;
use crate::tools::{TOOLS_FOLDER, ToolFiles};

static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../guest-toolbox/guards");

/// Largest file of a guard, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// The files that make up a guard. Others in its folder, such as sources of a module, are not read.
const GUARD_FILES: [&str; 5] = ["guard.toml", "guard.rhai", "guard.wasm", "plan.md", "tests.jsonl"];
/// How a set is put together.
const SET_FILE: &str = "set.toml";

/// Files of one guard, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuardFiles {
    /// Folder name, which must be the guard's id.
    pub name: String,
    /// Contents.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// The operator's tools in the same folder of guards, granted or not.
    pub tools: Arc<Vec<ToolFiles>>,
}

/// Files of a whole set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetFiles {
    /// Where they are from, for messages.
    pub origin: String,
    /// `set.toml`, if there is one.
    pub set_file: Option<Vec<u8>>,
    /// The guards, by folder name.
    pub guards: Vec<GuardFiles>,
    /// The operator's tools, by folder name.
    pub tools: Arc<Vec<ToolFiles>>,
}

impl GuardFiles {
    /// Reads one guard's folder, and the folder of tools beside it.
    ///
    /// # Errors
    /// A file is unreadable or too large.
    pub fn read(dir: &Path) -> Result<Self, GuardError> {
        let tools = dir.parent().map_or_else(|| Ok(Arc::default()), ToolFiles::read_all)?;
        Self::read_with(dir, tools)
    }

    fn read_with(dir: &Path, tools: Arc<Vec<ToolFiles>>) -> Result<Self, GuardError> {
        std::fs::metadata(dir).map_err(|cause| GuardError::Unreadable { path: dir.to_owned(), cause })?;
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut files = BTreeMap::new();
        for file in GUARD_FILES {
            if let Some(content) = read_file(&dir.join(file))? {
                files.insert(file, content);
            }
        }
        Ok(Self { name, files, tools })
    }

    /// The same files, with the operator's tools that the guard may be granted.
    #[must_use]
    pub fn with_tools(self, tools: Arc<Vec<ToolFiles>>) -> Self {
        Self { tools, ..self }
    }
}

impl SetFiles {
    /// Reads a folder of guard folders. A folder with none of a guard's files is no guard and is left alone; one that
    /// cannot be looked into, or has only some of them, is an error: a guard must not vanish in silence.
    ///
    /// # Errors
    /// The folder or a file in it is unreadable or too large.
    pub fn read(dir: &Path) -> Result<Self, GuardError> {
        let unreadable = |cause| GuardError::Unreadable { path: dir.to_owned(), cause };
        let mut folders: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            match is_guard(&path)? {
                true if path.file_name().is_some_and(|name| name == TOOLS_FOLDER) => return Err(reserved()),
                true => folders.push(path),
                false => {}
            }
        }
        folders.sort();
        let tools = ToolFiles::read_all(dir)?;
        let guard = |folder: &PathBuf| GuardFiles::read_with(folder, Arc::clone(&tools));
        let guards = folders.iter().map(guard).collect::<Result<_, _>>()?;
        Ok(Self { origin: dir.display().to_string(), set_file: read_file(&dir.join(SET_FILE))?, guards, tools })
    }

    /// Digest over all names and contents.
    #[must_use]
    pub fn digest(&self) -> String {
        let set_file = self.set_file.as_deref().unwrap_or_default();
        let files = self.guards.iter().flat_map(|guard| {
            guard.files.iter().flat_map(|(file, content)| [guard.name.as_bytes(), file.as_bytes(), content.as_slice()])
        });
        let tools = self.tools.iter().flat_map(|tool| {
            let content = tool.files.iter().flat_map(|(file, content)| [file.as_bytes(), content.as_slice()]);
            [TOOLS_FOLDER.as_bytes(), tool.name.as_bytes()].into_iter().chain(content)
        });
        parapet_domain::digest::of_list("files", std::iter::once(set_file).chain(files).chain(tools))
    }

    /// The guards that come with Parapet.
    #[must_use]
    pub fn bundled() -> Self {
        let content = |path: PathBuf| BUNDLED.get_file(path).map(|file| file.contents().to_vec());
        let guards =
            BUNDLED.dirs().filter(|dir| BUNDLED.get_file(dir.path().join("guard.toml")).is_some()).map(|dir| {
                let files = GUARD_FILES.iter().filter_map(|file| Some((*file, content(dir.path().join(file))?)));
                GuardFiles { name: dir.path().display().to_string(), files: files.collect(), tools: Arc::default() }
            });
        Self {
            origin: "the bundled guards".to_owned(),
            set_file: content(SET_FILE.into()),
            guards: guards.collect(),
            tools: Arc::default(),
        }
    }
}

fn reserved() -> GuardError {
    let message = "this is the folder of the operator's tools; give the guard another id".to_owned();
    GuardError::Manifest { guard: TOOLS_FOLDER.to_owned(), message }
}

/// Whether a folder has any of a guard's files, readable or not.
fn is_guard(folder: &Path) -> Result<bool, GuardError> {
    has_any(folder, &GUARD_FILES)
}

/// Whether `folder` is one and has any of `files`, readable or not.
pub(crate) fn has_any(folder: &Path, files: &[&str]) -> Result<bool, GuardError> {
    if !folder.is_dir() {
        return Ok(false);
    }
    for file in files {
        match std::fs::symlink_metadata(folder.join(file)) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(GuardError::Unreadable { path: folder.join(file), cause }),
        }
    }
    Ok(false)
}

/// A guard's file; `None` when there is none. Anything else but a regular file is an error, not an absence.
pub(crate) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, GuardError> {
    let unreadable = |cause| GuardError::Unreadable { path: path.to_owned(), cause };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(unreadable)?,
    };
    // Asked of what a link leads to, before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(std::io::Error::new(ErrorKind::InvalidInput, "it is no regular file")));
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content).map_err(unreadable)?;
    let bytes = content.len() as u64;
    if bytes > MAX_FILE_BYTES {
        return Err(GuardError::TooLarge { path: path.to_owned(), bytes, limit: MAX_FILE_BYTES });
    }
    Ok(Some(content))
}
