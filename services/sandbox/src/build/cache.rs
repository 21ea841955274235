//! A private folder of built guards. What comes out was put in by this installation: every file bears a MAC under a
//! key that only this user can read, and it is checked before a byte of it is used.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use parapet_domain::digest;
use tempfile::NamedTempFile;
use wasmtime::{Engine, Module};

use super::engine_identity;
use crate::error::SandboxError;

const KEY_FILE: &str = "key";
const MAC_CHARS: usize = 4 + 64;

/// How long a file that nothing asks for is kept. Sandboxes of other versions and earlier guards leave theirs behind.
const KEPT_UNUSED: Duration = Duration::from_hours(30 * 24);
/// How stale the mark of the last use may be: a start does not write to every file.
const MARK_OF_USE: Duration = Duration::from_hours(24);

/// The folder and its key.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Opens the folder; makes it, and its key, when it is not there.
    pub(crate) fn open(dir: &Path) -> Result<Self, SandboxError> {
        let failed = |cause| SandboxError::Cache { path: dir.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        check_private(dir).map_err(failed)?;
        let key = key_in(dir).map_err(|cause| SandboxError::Cache { path: dir.join(KEY_FILE), cause })?;
        Ok(Self { dir: dir.to_owned(), key })
    }

    /// Removes what nothing has asked for in a long time. For the start of a sandbox: it looks at every file.
    pub(crate) fn prune(&self) {
        prune(&self.dir, SystemTime::now());
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was put under `key`, if it is there and whole. A file that is not counts as absent and is built anew.
    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(key)).ok()?;
        let (mac, content) = bytes.split_at_checked(MAC_CHARS)?;
        if mac != self.mac(key, content).as_bytes() {
            tracing::warn!(
                cache.key = key,
                "a file of the sandbox cache does not bear this installation's mark; building anew"
            );
            return None;
        }
        bytes.drain(..MAC_CHARS);
        mark_used(&self.path(key), SystemTime::now());
        Some(bytes)
    }

    /// Keeps `content`. The file appears whole or not at all.
    pub(crate) fn put(&self, key: &str, content: &[u8]) -> Result<(), SandboxError> {
        let path = self.path(key);
        let write = || {
            // Readable by this user alone, and under a name that no other process has.
            let mut file = NamedTempFile::new_in(&self.dir)?;
            file.write_all(self.mac(key, content).as_bytes())?;
            file.write_all(content)?;
            file.persist(&path).map_err(|error| error.error)
        };
        write().map(|_| ()).map_err(|cause| SandboxError::Cache { path, cause })
    }

    /// One of Parapet's own modules, compiled in this process: it is trusted, and needed before any guard.
    pub(crate) fn own_module(&self, engine: &Engine, wasm: &[u8]) -> Result<Module, SandboxError> {
        let key = digest::of_list("own", [wasm, &engine_identity(engine)]);
        if let Some(bytes) = self.get(&key) {
            return load_checked(engine, &bytes);
        }
        let compiled = engine.precompile_module(wasm).map_err(SandboxError::engine)?;
        self.put(&key, &compiled)?;
        load_checked(engine, &compiled)
    }

    fn path(&self, key: &str) -> PathBuf {
        self.dir.join(key.replace(':', "-"))
    }

    fn mac(&self, key: &str, content: &[u8]) -> String {
        let mut message = key.as_bytes().to_vec();
        message.push(0);
        message.extend_from_slice(content);
        digest::keyed("mac", &self.key, &message)
    }
}

/// A file that cannot be removed costs room and nothing else.
fn prune(dir: &Path, now: SystemTime) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.file_name().is_some_and(|name| name != KEY_FILE) && unused_for(&path, now) > KEPT_UNUSED {
            let _ = fs::remove_file(path);
        }
    }
}

/// Notes that a file is of use. One that is read only stays as old as it was, and is built anew some day.
fn mark_used(path: &Path, now: SystemTime) {
    if unused_for(path, now) > MARK_OF_USE
        && let Ok(file) = File::options().append(true).open(path)
    {
        let _ = file.set_modified(now);
    }
}

/// Nothing for a file whose time cannot be told or lies ahead.
fn unused_for(path: &Path, now: SystemTime) -> Duration {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.ok().and_then(|modified| now.duration_since(modified).ok()).unwrap_or_default()
}

/// Makes a module of machine code that came out of [`Cache::get`] or straight from this installation's builder.
#[expect(
    unsafe_code,
    reason = "the one place that loads machine code; wasmtime cannot check it, so its origin is checked"
)]
pub(crate) fn load_checked(engine: &Engine, bytes: &[u8]) -> Result<Module, SandboxError> {
    // SAFETY: the bytes were made by `precompile_module` of this very version and settings (both are part of the cache
    // key, and wasmtime compares them again), and they were kept under a MAC whose key only this user can read.
    unsafe { Module::deserialize(engine, bytes) }.map_err(SandboxError::engine)
}

/// Whoever else could write here, or owned it, could have machine code of his own loaded.
fn check_private(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    // The kernel shows a process's folder as owned by its effective user.
    if metadata.uid() != fs::metadata("/proc/self")?.uid() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "another user owns it"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "others can read or write it; set its mode to 0700"));
    }
    Ok(())
}

fn key_in(dir: &Path) -> io::Result<[u8; 32]> {
    let path = dir.join(KEY_FILE);
    if let Some(key) = read_key(&path)? {
        return Ok(key);
    }
    let mut key = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    let mut file = NamedTempFile::new_in(dir)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    // When another process was faster, its key is the one.
    match file.persist_noclobber(&path) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => return Err(error.error),
        _ => {}
    }
    read_key(&path)?.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the key cannot be read back"))
}

fn read_key(path: &Path) -> io::Result<Option<[u8; 32]>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    check_private(path)?;
    let key = <[u8; 32]>::try_from(bytes);
    key.map(Some).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it has not 32 bytes; remove the cache folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_used_for_a_month_is_removed_and_what_is_used_stays() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("cache");
        let cache = Cache::open(&dir).unwrap();
        cache.put("guard:old", b"old").unwrap();
        cache.put("guard:used", b"used").unwrap();
        let long_ago = SystemTime::now() - Duration::from_hours(31 * 24);
        for name in ["guard-old", "guard-used", KEY_FILE] {
            File::options().append(true).open(dir.join(name)).unwrap().set_modified(long_ago).unwrap();
        }
        assert_eq!(cache.get("guard:used").as_deref(), Some(&b"used"[..]));

        let again = Cache::open(&dir).unwrap();
        again.prune();
        assert_eq!(again.key, cache.key, "the key is never too old");
        assert_eq!(again.get("guard:used").as_deref(), Some(&b"used"[..]));
        assert_eq!(again.get("guard:old"), None);
    }
}
