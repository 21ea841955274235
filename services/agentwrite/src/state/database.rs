//! State in the database. What it holds is the text of the documents: it is removed with [`Store::forget_documents`].

use async_trait::async_trait;
use parapet_domain::Timestamp;
use parapet_store::{Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CallKey, DocumentId, DocumentRecord, Kept, StateError, StateStore};

/// Longest [`DocumentRecord::context`], in bytes of its JSON.
const CONTEXT_BYTES: usize = 16 << 10;

/// State of the documents of one tenant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DatabaseState {
    store: Store,
    tenant: String,
}

impl DatabaseState {
    /// State of the documents of `tenant`.
    #[must_use]
    pub fn new(store: Store, tenant: impl Into<String>) -> Self {
        Self { store, tenant: tenant.into() }
    }
}

#[async_trait]
impl StateStore for DatabaseState {
    async fn open(&self, id: &DocumentId, record: &DocumentRecord) -> Result<DocumentRecord, StateError> {
        if record.context.to_string().len() > CONTEXT_BYTES {
            return Err(StateError::Unusable(format!("its context has more than {CONTEXT_BYTES} bytes")));
        }
        let standing = self.store.begin_document(&self.tenant, id.as_str(), record.begun, &written(record)?).await;
        read(standing.map_err(failed)?)
    }

    async fn load(&self, id: &DocumentId) -> Result<Option<DocumentRecord>, StateError> {
        self.store.document(&self.tenant, id.as_str()).await.map_err(failed)?.map(read).transpose()
    }

    async fn find(&self, id: &DocumentId, key: &CallKey) -> Result<Option<Kept>, StateError> {
        let entry = self.store.document_entry((&self.tenant, id.as_str()), key.as_str()).await;
        entry.map_err(failed)?.map(read).transpose()
    }

    async fn keep(&self, id: &DocumentId, key: &CallKey, kept: Kept) -> Result<Kept, StateError> {
        let place = (self.tenant.as_str(), id.as_str());
        let standing = self.store.keep_document_entry(place, key.as_str(), Timestamp::now(), &written(&kept)?).await;
        read(standing.map_err(failed)?)
    }
}

fn written<T: Serialize>(value: &T) -> Result<Value, StateError> {
    serde_json::to_value(value).map_err(|error| StateError::Unusable(error.to_string()))
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, StateError> {
    serde_json::from_value(value).map_err(|error| StateError::Unusable(error.to_string()))
}

fn failed(error: StoreError) -> StateError {
    if error.is_transient() {
        StateError::Unavailable(error.to_string())
    } else {
        StateError::Unusable(error.to_string())
    }
}
