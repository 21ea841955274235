//! State in the memory of this process: for tests, and for documents that need not outlive it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{CallKey, DocumentId, DocumentRecord, Kept, StateError, StateStore};

/// State that ends with the process.
#[derive(Debug, Default)]
pub struct MemoryState(Mutex<HashMap<DocumentId, Entry>>);

#[derive(Debug)]
struct Entry {
    record: DocumentRecord,
    kept: HashMap<CallKey, Kept>,
}

impl MemoryState {
    fn entries(&self) -> MutexGuard<'_, HashMap<DocumentId, Entry>> {
        // Each statement leaves the map whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn open(&self, id: &DocumentId, record: &DocumentRecord) -> Result<DocumentRecord, StateError> {
        let mut entries = self.entries();
        let entry = entries.entry(id.clone()).or_insert_with(|| Entry { record: record.clone(), kept: HashMap::new() });
        Ok(entry.record.clone())
    }

    async fn load(&self, id: &DocumentId) -> Result<Option<DocumentRecord>, StateError> {
        Ok(self.entries().get(id).map(|entry| entry.record.clone()))
    }

    async fn find(&self, id: &DocumentId, key: &CallKey) -> Result<Option<Kept>, StateError> {
        Ok(self.entries().get(id).and_then(|entry| entry.kept.get(key)).cloned())
    }

    async fn keep(&self, id: &DocumentId, key: &CallKey, kept: Kept) -> Result<Kept, StateError> {
        let mut entries = self.entries();
        let entry = entries.get_mut(id).ok_or_else(|| StateError::Unusable(format!("`{id}` was never begun")))?;
        Ok(entry.kept.entry(key.clone()).or_insert(kept).clone())
    }
}
