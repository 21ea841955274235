//! The set in force. A changed folder becomes a new set, swapped in as a whole; one that is refused changes nothing
//! but the status, and the last good set keeps enforcing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use parapet_domain::Timestamp;
use parapet_sandbox::Sandbox;
use serde::Serialize;

use crate::{GuardError, GuardSet, SetError, SetFiles};

/// Holds the set in force and swaps it.
pub struct GuardSets {
    sandbox: Arc<Sandbox>,
    dir: Option<PathBuf>,
    current: ArcSwap<GuardSet>,
    status: Mutex<SetStatus>,
    /// Held over a whole reload, so that an older state of the folder cannot overtake a newer one. What it holds names
    /// the state that was tried last.
    tried: Mutex<String>,
}

/// What is in force, and whether the newest folder state is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetStatus {
    /// Hash of the set in force.
    pub in_force: String,
    /// Since when.
    pub since: Timestamp,
    /// How many sets have been swapped in, the first included.
    pub swaps: u64,
    /// How many have been refused.
    pub refusals: u64,
    /// Why the newest state of the folder is not in force; absent when it is.
    pub last_error: Option<String>,
    /// When that was found.
    pub last_error_at: Option<Timestamp>,
}

impl GuardSets {
    /// Loads the first set: from `dir`, or the bundled one. Without a good first set there is nothing to enforce.
    ///
    /// # Errors
    /// The set is refused.
    pub fn load(sandbox: Arc<Sandbox>, dir: Option<&Path>) -> Result<Self, SetError> {
        let files = files(dir)?;
        let first = GuardSet::build(&sandbox, &files, None)?;
        let status = SetStatus {
            in_force: first.hash.clone(),
            since: Timestamp::now(),
            swaps: 1,
            refusals: 0,
            last_error: None,
            last_error_at: None,
        };
        Ok(Self {
            sandbox,
            dir: dir.map(Path::to_owned),
            current: ArcSwap::from_pointee(first),
            status: Mutex::new(status),
            tried: Mutex::new(files.digest()),
        })
    }

    /// The set in force. Taken once an exchange, so that an exchange sees one set.
    #[must_use]
    pub fn current(&self) -> Arc<GuardSet> {
        self.current.load_full()
    }

    /// The folder that is watched, unless the set is the bundled one.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// What is in force.
    #[must_use]
    pub fn status(&self) -> SetStatus {
        self.lock().clone()
    }

    /// Reads the folder again and swaps the set if it is good and another. Blocks while guards are built.
    /// Returns whether another set is in force now.
    ///
    /// # Errors
    /// The new state is refused; the last good set stays in force, and the status says why.
    pub fn reload(&self) -> Result<bool, SetError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        self.try_files(files(self.dir.as_deref()), &mut tried)
    }

    /// [`GuardSets::reload`], unless the folder is as it was the last time. For polling: says nothing twice.
    ///
    /// # Errors
    /// As for [`GuardSets::reload`].
    pub fn reload_if_changed(&self) -> Result<bool, SetError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let files = files(self.dir.as_deref());
        if state_of(&files) == *tried { Ok(false) } else { self.try_files(files, &mut tried) }
    }

    fn try_files(&self, files: Result<SetFiles, SetError>, tried: &mut String) -> Result<bool, SetError> {
        let current = self.current();
        *tried = state_of(&files);
        let next = files.and_then(|files| GuardSet::build(&self.sandbox, &files, Some(&current)));
        let mut status = self.lock();
        match next {
            Err(error) => {
                status.refusals += 1;
                status.last_error = Some(error.to_string());
                status.last_error_at = Some(Timestamp::now());
                tracing::error!(guard_set.in_force = %current.hash, error = %error, "new guard set refused; the last good one stays in force");
                Err(error)
            }
            Ok(next) => {
                (status.last_error, status.last_error_at) = (None, None);
                if next.hash == current.hash {
                    return Ok(false);
                }
                (status.in_force, status.since) = (next.hash.clone(), Timestamp::now());
                status.swaps += 1;
                let gone = current.entries.iter().map(|entry| entry.guard.source.manifest.id.as_str());
                let gone: Vec<&str> = gone.filter(|id| next.entry(id).is_none()).collect();
                tracing::info!(
                    guard_set.from = %current.hash, guard_set.to = %next.hash, guards = next.entries.len(), ?gone, "guard set swapped"
                );
                self.current.store(Arc::new(next));
                Ok(true)
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, SetStatus> {
        // Each field is written whole, so a panic elsewhere leaves nothing half done.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names a state of the folder, unreadable ones included.
fn state_of(files: &Result<SetFiles, SetError>) -> String {
    files.as_ref().map_or_else(ToString::to_string, SetFiles::digest)
}

fn files(dir: Option<&Path>) -> Result<SetFiles, SetError> {
    let read = |dir: &Path| SetFiles::read(dir).map_err(|error: GuardError| SetError::Guards(vec![error]));
    dir.map_or_else(|| Ok(SetFiles::bundled()), read)
}
