//! A generated guard on disk. A folder appears whole or not at all, and never where a watching sidecar would take half of
//! it up. An attempt that does not count is put where no guard set looks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::generate::Generated;
use crate::{Draft, DraftError, Provenance};

/// Folder, within the guard's, of an attempt that does not count: a guard set reads only the files beside it.
const ATTEMPT: &str = "attempt";

/// A guard's folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something is there already.
    #[error("`{path}` is there already; choose another name, or replace it with --replace")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The folder's name has to be the guard's id.
    #[error("folder `{path}` is not named `{id}` as the guard is")]
    Name {
        /// The folder.
        path: PathBuf,
        /// The guard's id.
        id: String,
    },
    /// The file system refuses.
    #[error("`{path}` cannot be written: {cause}")]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The files cannot be made.
    #[error(transparent)]
    Draft(#[from] DraftError),
}

/// Writes a guard that counts into `dir`, with `plan.json` and `provenance.json` beside its files.
///
/// # Errors
/// The folder is there and not to be replaced, has another name than the guard, or cannot be written.
pub fn write_guard(dir: &Path, generated: &Generated, replace: bool) -> Result<(), FolderError> {
    let id = &generated.draft.manifest.id;
    if dir.file_name().is_none_or(|name| name != id.as_str()) {
        return Err(FolderError::Name { path: dir.to_owned(), id: id.clone() });
    }
    if dir.exists() && !replace {
        return Err(FolderError::Exists { path: dir.to_owned() });
    }
    let unwritable = |cause| FolderError::Unwritable { path: dir.to_owned(), cause };
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable)?;
    // Nested, so that a set that is read meanwhile sees a folder without a guard's files.
    let temporary = tempfile::Builder::new().prefix(".parapet-").tempdir_in(parent).map_err(unwritable)?;
    let (new, old) = (temporary.path().join(id), temporary.path().join("replaced"));
    write_files(&new, &generated.draft, &generated.provenance).map_err(|error| error.at(dir))?;
    if dir.exists() {
        fs::rename(dir, &old).map_err(unwritable)?;
    }
    if let Err(cause) = fs::rename(&new, dir) {
        // Better the old guard than none.
        if old.exists() {
            let _ = fs::rename(&old, dir);
        }
        return Err(unwritable(cause));
    }
    Ok(())
}

/// Writes an attempt that does not count into `dir/attempt`, and says where.
///
/// # Errors
/// The folder cannot be written.
pub fn write_attempt(dir: &Path, generated: &Generated) -> Result<PathBuf, FolderError> {
    let path = dir.join(ATTEMPT);
    let unwritable = |cause| FolderError::Unwritable { path: path.clone(), cause };
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(error)),
        _ => {}
    }
    write_files(&path, &generated.draft, &generated.provenance).map_err(|error| error.at(&path))?;
    Ok(path)
}

enum WriteError {
    Io(io::Error),
    Draft(DraftError),
}

impl WriteError {
    fn at(self, path: &Path) -> FolderError {
        match self {
            Self::Io(cause) => FolderError::Unwritable { path: path.to_owned(), cause },
            Self::Draft(error) => FolderError::Draft(error),
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<serde_json::Error> for WriteError {
    fn from(error: serde_json::Error) -> Self {
        Self::Draft(error.into())
    }
}

fn write_files(dir: &Path, draft: &Draft, provenance: &Provenance) -> Result<(), WriteError> {
    fs::create_dir_all(dir)?;
    for (name, content) in draft.files().map_err(WriteError::Draft)?.files {
        fs::write(dir.join(name), content)?;
    }
    fs::write(dir.join("plan.json"), serde_json::to_vec_pretty(&draft.plan)?)?;
    fs::write(dir.join("provenance.json"), serde_json::to_vec_pretty(provenance)?)?;
    Ok(())
}
