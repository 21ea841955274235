//! The folder of a run: what was asked of whom (`run.json`), the rows (`data.jsonl`) and one line for each finished sample
//! (`samples.jsonl`). It holds one run: another model, setting or file of rows is refused.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use parapet_domain::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::{self, Journal};
use crate::sample::{Key, Sample};
use crate::settings::Identity;

/// Version of the folder.
pub(crate) const FORMAT: &str = "longbench-run/1";

const RUN: &str = "run.json";
const DATA: &str = "data.jsonl";
const SAMPLES: &str = "samples.jsonl";
const LOCK: &str = "run.lock";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system refuses.
    #[error("`{}`: {cause}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A line of a file that is none of ours.
    #[error("line {line} of `{}` is damaged: {reason}; remove the line, and its sample is written again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It is no folder of a run.
    #[error("`{}` is no folder of a run: {reason}", .path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It holds another run.
    #[error("`{}` holds another run ({differences}); results of two are not mixed, take another folder", .path.display())]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// In what they differ.
        differences: String,
    },
    /// Another process is at it.
    #[error("another process is writing into `{}`; wait for it, or end it", .path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
}

impl FolderError {
    pub(crate) fn io(path: &Path, cause: io::Error) -> Self {
        Self::Io { path: path.to_owned(), cause }
    }
}

/// What stands in `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// Version of the folder.
    pub format: String,
    /// Digest of what the results depend on.
    pub digest: String,
    /// What the results depend on.
    pub run: Identity,
    /// Samples of each row. They can become more: each has a seed of its own.
    pub samples: u32,
}

/// A folder that this process writes into.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    file: RunFile,
    samples: Journal,
    /// Whether the last line for a sample stands for good, by sample.
    states: BTreeMap<Key, bool>,
    /// Held until the folder is dropped, or the process ends in whatever way.
    _lock: File,
}

impl RunFolder {
    /// Makes the folder, or opens it when it holds the same run.
    ///
    /// # Errors
    /// It holds another run, another process writes into it, or it cannot be read or written.
    pub fn open(path: &Path, run: Identity, samples: u32, data: &[u8]) -> Result<Self, FolderError> {
        fs::create_dir_all(path).map_err(|cause| FolderError::io(path, cause))?;
        let lock = lock(path, LOCK)?;
        let file = match existing(path)? {
            Some(there) => there.same(path, run, samples)?,
            None => {
                refuse_strangers(path)?;
                RunFile { format: FORMAT.to_owned(), digest: digest_of(&run), run, samples }
            }
        };
        write_whole(&path.join(DATA), data)?;
        let text = serde_json::to_vec_pretty(&file).map_err(|error| FolderError::io(path, error.into()))?;
        write_whole(&path.join(RUN), &text)?;
        let mut states = BTreeMap::new();
        let samples = Journal::open(&path.join(SAMPLES), |sample: Sample| {
            states.insert(sample.key, sample.outcome.is_final());
        })?;
        Ok(Self { path: path.to_owned(), file, samples, states, _lock: lock })
    }

    /// What the run is of.
    #[must_use]
    pub const fn file(&self) -> &RunFile {
        &self.file
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a sample stands for good.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.states.get(&key) == Some(&true)
    }

    /// Adds a sample; when this returns, it is on disk.
    pub(crate) async fn add(&mut self, sample: &Sample) -> Result<(), FolderError> {
        self.samples.append(sample).await?;
        self.states.insert(sample.key, sample.outcome.is_final());
        Ok(())
    }
}

/// A run as it stands, to be read. It may still be written by another process.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// What the run is of.
    pub file: RunFile,
    /// The rows, as they were given.
    pub data: Vec<u8>,
    /// The last line for each sample.
    pub samples: BTreeMap<Key, Sample>,
}

impl RunRecord {
    /// Reads a folder.
    ///
    /// # Errors
    /// It holds no run, or cannot be read.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let no_run = |reason: &str| FolderError::NoRun { path: path.to_owned(), reason: reason.to_owned() };
        let file = existing(path)?.ok_or_else(|| no_run("it has no `run.json`"))?;
        let data_path = path.join(DATA);
        let data = fs::read(&data_path).map_err(|cause| FolderError::io(&data_path, cause))?;
        if digest::of_bytes("data", &data) != file.run.data.digest {
            return Err(no_run("its `data.jsonl` is not the one that the run was made of"));
        }
        let mut samples = BTreeMap::new();
        journal::read(&path.join(SAMPLES), |sample: Sample| {
            samples.insert(sample.key, sample);
        })?;
        Ok(Self { file, data, samples })
    }
}

impl RunFile {
    /// This run, when `run` is the same, for the larger number of samples.
    fn same(self, path: &Path, run: Identity, samples: u32) -> Result<Self, FolderError> {
        if self.digest == digest_of(&run) {
            return Ok(Self { samples: self.samples.max(samples), ..self });
        }
        Err(FolderError::OtherRun { path: path.to_owned(), differences: differences(&self.run, &run) })
    }
}

fn digest_of(run: &Identity) -> String {
    // Nothing in it fails to be written as JSON; the fallback is as unambiguous.
    let bytes = digest::canonical_json(run).unwrap_or_else(|_| format!("{run:?}").into_bytes());
    digest::of_bytes("longbench", &bytes)
}

fn differences(there: &Identity, here: &Identity) -> String {
    let mut all = Vec::new();
    let tree = |run: &Identity| serde_json::to_value(run).unwrap_or_default();
    compare("", &tree(there), &tree(here), &mut all);
    all.join(", ")
}

fn compare(name: &str, there: &Value, here: &Value, all: &mut Vec<String>) {
    match (there, here) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in names {
                let below = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                compare(&below, a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), all);
            }
        }
        _ if there == here => {}
        _ => all.push(format!("`{name}` is {there} there and {here} here")),
    }
}

fn existing(path: &Path) -> Result<Option<RunFile>, FolderError> {
    let file = path.join(RUN);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FolderError::io(&file, error)),
    };
    let no_run = |reason: String| FolderError::NoRun { path: path.to_owned(), reason };
    let run: RunFile = serde_json::from_slice(&bytes).map_err(|error| no_run(format!("`{RUN}`: {error}")))?;
    if run.format != FORMAT {
        return Err(no_run(format!("its format is `{}`, and `{FORMAT}` is read here", run.format)));
    }
    Ok(Some(run))
}

/// A folder that is there already, but of something else, is left alone.
fn refuse_strangers(path: &Path) -> Result<(), FolderError> {
    let entries = fs::read_dir(path).map_err(|cause| FolderError::io(path, cause))?;
    let ours = [LOCK, DATA];
    let stranger = entries.flatten().map(|entry| entry.file_name()).find(|name| {
        let name = name.to_string_lossy();
        !ours.iter().any(|known| name == *known || name == format!("{known}.part")) && name != "run.json.part"
    });
    match stranger {
        Some(name) => Err(FolderError::NoRun {
            path: path.to_owned(),
            reason: format!("`{}` is in it; take an empty folder, or a new one", name.to_string_lossy()),
        }),
        None => Ok(()),
    }
}

/// Holds the folder for this process, until the file is dropped or the process ends in whatever way.
pub(crate) fn lock(path: &Path, name: &str) -> Result<File, FolderError> {
    let file = path.join(name);
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&file);
    let lock = lock.map_err(|cause| FolderError::io(&file, cause))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(FolderError::Busy { path: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(FolderError::io(&file, cause)),
    }
}

/// Writes a file that is there whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let failed = |cause| FolderError::io(path, cause);
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let mut file = File::create(&part).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&part, path).map_err(failed)
}

#[cfg(test)]
mod tests;
