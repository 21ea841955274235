//! Unfinished documents of AgentWrite as files beside the samples: each answer of the model is on disk before it is used, so a
//! run that is killed within a document repeats no call of it. A finished document needs none of that and leaves no file.

use std::collections::HashMap;
use std::path::PathBuf;

use async_trait::async_trait;
use parapet_agentwrite::{CallKey, DocumentId, DocumentRecord, Kept, StateError, StateStore};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::FolderError;
use crate::author::Effort;
use crate::journal::{self, Journal};

/// A folder with a file for each unfinished document.
#[derive(Debug)]
pub(crate) struct Drafts {
    folder: PathBuf,
    open: Mutex<HashMap<DocumentId, Draft>>,
}

/// One document.
#[derive(Debug)]
struct Draft {
    journal: Journal,
    record: DocumentRecord,
    kept: HashMap<String, Kept>,
}

/// A line of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Begun(Box<DocumentRecord>),
    Kept { key: String, what: Kept },
}

impl Drafts {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, open: Mutex::default() }
    }

    /// What the answers that are kept of a document took; earlier runs included.
    pub(crate) async fn effort(&self, id: &DocumentId) -> Effort {
        let open = self.open.lock().await;
        let kept = open.get(id).into_iter().flat_map(|draft| draft.kept.values());
        kept.fold(Effort::default(), |effort, kept| match kept {
            Kept::Answer(answer) => effort.and(1, answer.usage),
            Kept::Ruling(_) => effort,
        })
    }

    /// Forgets a document that is finished.
    pub(crate) async fn discard(&self, id: &DocumentId) -> Result<(), FolderError> {
        self.open.lock().await.remove(id);
        let path = self.path(id);
        match tokio::fs::remove_file(&path).await {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(FolderError::io(&path, cause)),
            _ => Ok(()),
        }
    }

    fn path(&self, id: &DocumentId) -> PathBuf {
        self.folder.join(format!("{id}.jsonl"))
    }

    /// Opens the file of a document, and enters `record` when there is none yet.
    async fn begin(&self, id: &DocumentId, record: &DocumentRecord) -> Result<Draft, FolderError> {
        std::fs::create_dir_all(&self.folder).map_err(|cause| FolderError::io(&self.folder, cause))?;
        let (mut begun, mut kept) = (None, HashMap::new());
        let mut journal = Journal::open(&self.path(id), |entry| match entry {
            Entry::Begun(there) => begun = begun.take().or(Some(*there)),
            Entry::Kept { key, what } => {
                kept.entry(key).or_insert(what);
            }
        })?;
        let record = match begun {
            Some(record) => record,
            None => {
                journal.append(&Entry::Begun(Box::new(record.clone()))).await?;
                record.clone()
            }
        };
        Ok(Draft { journal, record, kept })
    }
}

#[async_trait]
impl StateStore for Drafts {
    async fn open(&self, id: &DocumentId, record: &DocumentRecord) -> Result<DocumentRecord, StateError> {
        let mut open = self.open.lock().await;
        if let Some(draft) = open.get(id) {
            return Ok(draft.record.clone());
        }
        let draft = self.begin(id, record).await.map_err(unusable)?;
        let record = draft.record.clone();
        open.insert(id.clone(), draft);
        Ok(record)
    }

    async fn load(&self, id: &DocumentId) -> Result<Option<DocumentRecord>, StateError> {
        if let Some(draft) = self.open.lock().await.get(id) {
            return Ok(Some(draft.record.clone()));
        }
        let mut begun = None;
        let found = journal::read(&self.path(id), |entry| {
            if let Entry::Begun(record) = entry {
                begun.get_or_insert(*record);
            }
        });
        found.map(|()| begun).map_err(unusable)
    }

    async fn find(&self, id: &DocumentId, key: &CallKey) -> Result<Option<Kept>, StateError> {
        let open = self.open.lock().await;
        Ok(open.get(id).and_then(|draft| draft.kept.get(key.as_str())).cloned())
    }

    async fn keep(&self, id: &DocumentId, key: &CallKey, kept: Kept) -> Result<Kept, StateError> {
        let mut open = self.open.lock().await;
        let draft = open.get_mut(id).ok_or_else(|| StateError::Unusable(format!("`{id}` was never begun")))?;
        if let Some(there) = draft.kept.get(key.as_str()) {
            return Ok(there.clone());
        }
        let key = key.as_str().to_owned();
        draft.journal.append(&Entry::Kept { key: key.clone(), what: kept.clone() }).await.map_err(unusable)?;
        draft.kept.insert(key, kept.clone());
        Ok(kept)
    }
}

fn unusable(error: FolderError) -> StateError {
    match error {
        FolderError::Damaged { .. } => StateError::Unusable(error.to_string()),
        _ => StateError::Unavailable(error.to_string()),
    }
}
