//! Which tools a command is about: one tool's folder, a folder of tools, or those of a folder of guards.

use std::path::Path;
use std::sync::Arc;

use parapet_judge::{GuardError, TOOLS_FOLDER, ToolFiles, ToolSource};

/// The folder of guards, when none is given.
const DEFAULT_DIR: &str = "guards";

/// The files of the tools at `path`. A folder that was given must be there; the default one need not.
pub(super) fn files(path: Option<&Path>) -> Result<Arc<Vec<ToolFiles>>, GuardError> {
    let Some(path) = path else { return ToolFiles::read_all(Path::new(DEFAULT_DIR)) };
    // `.` and `tools/x/..` have no name of their own.
    let path = std::fs::canonicalize(path).map_err(|cause| GuardError::Unreadable { path: path.to_owned(), cause })?;
    if ["tool.toml", "tool.rhai", "tool.wasm"].iter().any(|file| path.join(file).exists()) {
        return Ok(Arc::new(vec![ToolFiles::read(&path)?]));
    }
    match path.parent() {
        Some(guards) if path.file_name().is_some_and(|name| name == TOOLS_FOLDER) => ToolFiles::read_all(guards),
        _ => ToolFiles::read_all(&path),
    }
}

/// The tools at `path`, understood.
pub(super) fn sources(path: Option<&Path>) -> Result<Vec<ToolSource>, GuardError> {
    files(path)?.iter().map(ToolSource::parse).collect()
}
