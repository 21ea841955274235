//! Files of one JSON record a line, each on disk before the next is begun. A line that a crash left half written is
//! dropped; a damaged one anywhere else is an error, as nobody knows what else is damaged.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;

use crate::FolderError;

/// Longest line, in bytes: the largest answer of a model, each byte of it written as an escape.
const MOST_LINE_BYTES: u64 = 64 << 20;

/// A file of records that is added to.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: tokio::fs::File,
}

impl Journal {
    /// Opens the file, makes it if need be, and gives each of its records to `each`.
    pub(crate) fn open<T: for<'de> Deserialize<'de>>(path: &Path, each: impl FnMut(T)) -> Result<Self, FolderError> {
        let failed = |cause| FolderError::io(path, cause);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let whole = read_from(&file, path, each)?;
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::Start(whole)).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file: tokio::fs::File::from_std(file) })
    }

    /// Adds a record; when this returns, it is on disk.
    pub(crate) async fn append<T: Serialize + Sync>(&mut self, record: &T) -> Result<(), FolderError> {
        let failed = |cause| FolderError::io(&self.path, cause);
        let mut line = serde_json::to_vec(record).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).await.map_err(failed)?;
        self.file.flush().await.map_err(failed)?;
        self.file.sync_data().await.map_err(failed)
    }
}

/// Gives each whole record of the file to `each`, without a change to the file; one that is not there has none.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &Path, each: impl FnMut(T)) -> Result<(), FolderError> {
    match File::open(path) {
        Ok(file) => read_from(&file, path, each).map(drop),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FolderError::io(path, error)),
    }
}

/// Reads whole lines; returns where the last one ends, in bytes.
fn read_from<T: for<'de> Deserialize<'de>>(
    file: &File,
    path: &Path,
    mut each: impl FnMut(T),
) -> Result<u64, FolderError> {
    let mut reader = BufReader::new(file);
    let (mut whole, mut number, mut line) = (0_u64, 0_usize, Vec::new());
    loop {
        line.clear();
        let read = reader.by_ref().take(MOST_LINE_BYTES + 1).read_until(b'\n', &mut line);
        let read = u64::try_from(read.map_err(|cause| FolderError::io(path, cause))?).unwrap_or(u64::MAX);
        number += 1;
        let damaged = |reason: String| FolderError::Damaged { path: path.to_owned(), line: number, reason };
        if read > MOST_LINE_BYTES {
            return Err(damaged(format!("it has more than {MOST_LINE_BYTES} bytes")));
        }
        if line.last() != Some(&b'\n') {
            // The end of the file, or what a crash left of a line.
            return Ok(whole);
        }
        each(serde_json::from_slice(&line).map_err(|error| damaged(error.to_string()))?);
        whole += read;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(path: &Path) -> Result<Vec<u32>, FolderError> {
        let mut all = Vec::new();
        read(path, |record| all.push(record)).map(|()| all)
    }

    #[tokio::test]
    async fn a_half_written_line_is_dropped_and_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j.jsonl");
        std::fs::write(&path, "1\n22222\n33").unwrap();
        assert_eq!(records(&path).unwrap(), [1, 22_222], "reading leaves the file alone");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n22222\n33");
        let mut found = Vec::new();
        let mut journal = Journal::open(&path, |record: u32| found.push(record)).unwrap();
        journal.append(&4).await.unwrap();
        assert_eq!((found, std::fs::read_to_string(&path).unwrap()), (vec![1, 22_222], "1\n22222\n4\n".to_owned()));
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j.jsonl");
        std::fs::write(&path, "1\n{\"a\n3\n").unwrap();
        let error = records(&path).unwrap_err().to_string();
        assert!(error.contains("line 2 of") && error.contains("damaged"), "{error}");
        assert!(Journal::open(&path, |_: u32| {}).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_has_no_records() {
        assert_eq!(records(Path::new("/nonexistent/j.jsonl")).unwrap(), Vec::<u32>::new());
    }
}
