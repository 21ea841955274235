//! The files of a data set. Each is there whole or not at all.

use std::path::Path;

use serde::Serialize;

use super::Dataset;
use crate::folder::{FolderError, write_whole};

/// Form of the sides of a preference pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pairs {
    /// Lists of messages, to which trainers apply the chat template of the model.
    #[default]
    Chat,
    /// Plain text.
    Text,
}

/// Writes `sft.jsonl`, `dropped.jsonl`, `statistics.json`, and with `pairs` also `dpo.jsonl`, into `folder`.
///
/// # Errors
/// A file cannot be written.
pub fn write_dataset(folder: &Path, dataset: &Dataset, pairs: Option<Pairs>) -> Result<(), FolderError> {
    write_lines(&folder.join("sft.jsonl"), dataset.sft())?;
    if let Some(form) = pairs {
        write_lines(&folder.join("dpo.jsonl"), dataset.pairs(form))?;
    }
    write_lines(&folder.join("dropped.jsonl"), &dataset.dropped)?;
    let path = folder.join("statistics.json");
    let mut text =
        serde_json::to_vec_pretty(dataset.statistics()).map_err(|error| FolderError::io(&path, error.into()))?;
    text.push(b'\n');
    write_whole(&path, &text)
}

fn write_lines(path: &Path, lines: impl IntoIterator<Item = impl Serialize>) -> Result<(), FolderError> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, &line).map_err(|error| FolderError::io(path, error.into()))?;
        text.push(b'\n');
    }
    write_whole(path, &text)
}
