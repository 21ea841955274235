//! Which guards a command is about: one guard's folder, a folder of guards, or the bundled ones.

use std::path::Path;

use parapet_judge::{GuardError, GuardFiles, SetFiles};

/// The files of the guards at `path`, or of the bundled ones without it.
pub(crate) fn files(path: Option<&Path>) -> Result<SetFiles, GuardError> {
    match path {
        None => Ok(SetFiles::bundled()),
        Some(dir) if dir.join("guard.toml").exists() || is_guard_in_the_making(dir) => {
            // `.` and `guards/x/..` have no name of their own.
            let dir =
                std::fs::canonicalize(dir).map_err(|cause| GuardError::Unreadable { path: dir.to_owned(), cause })?;
            let guard = GuardFiles::read(&dir)?;
            let tools = std::sync::Arc::clone(&guard.tools);
            Ok(SetFiles { origin: dir.display().to_string(), set_file: None, guards: vec![guard], tools })
        }
        Some(dir) => SetFiles::read(dir),
    }
}

/// Code without a manifest: reading it as one guard gives the better complaint.
fn is_guard_in_the_making(dir: &Path) -> bool {
    dir.join("guard.rhai").exists() || dir.join("guard.wasm").exists()
}
