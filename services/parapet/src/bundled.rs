//! Writes the guards that come with Parapet to a folder, where an operator can read and change them.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use parapet_judge::SetFiles;

/// Writes them to `dir`, which must not exist yet: what an operator changed is never overwritten.
pub(crate) fn write_out(dir: &Path) -> Result<()> {
    ensure!(!dir.exists(), "`{}` exists already; give another folder, or remove it first", dir.display());
    // Written beside its place and renamed, so that a watching sidecar never sees a set half written.
    let mut partial = dir.as_os_str().to_owned();
    partial.push(format!(".partial-{}", std::process::id()));
    let partial = Path::new(&partial);
    write_files(partial).with_context(|| format!("the bundled guards cannot be written to `{}`", dir.display()))?;
    fs::rename(partial, dir).with_context(|| format!("`{}` cannot be made", dir.display()))
}

fn write_files(dir: &Path) -> Result<()> {
    let bundled = SetFiles::bundled();
    fs::create_dir_all(dir)?;
    if let Some(set_file) = &bundled.set_file {
        fs::write(dir.join("set.toml"), set_file)?;
    }
    for guard in &bundled.guards {
        let folder = dir.join(&guard.name);
        fs::create_dir_all(&folder)?;
        for (name, content) in &guard.files {
            fs::write(folder.join(name), content)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guards_are_written_as_they_are_and_never_over_others() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("guards");
        write_out(&dir).unwrap();
        let (written, bundled) = (SetFiles::read(&dir).unwrap(), SetFiles::bundled());
        assert_eq!(written.guards, bundled.guards);
        assert_eq!(written.set_file, bundled.set_file);
        let error = write_out(&dir).unwrap_err().to_string();
        assert!(error.ends_with("exists already; give another folder, or remove it first"), "{error}");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }
}
