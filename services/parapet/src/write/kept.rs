//! The state of a document as it is kept, for reading it back: what the model was never asked ends the reading. Rulings can be
//! new, so that what is read has passed the guards that are in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parapet_agentwrite::{CallKey, DocumentId, DocumentRecord, Kept, StateError, StateStore};

/// What questions to the model are kept under.
const CALL: &str = "call:";

/// State in which every question to the model has been answered, or the document is not finished.
pub(crate) struct KeptOnly {
    state: Arc<dyn StateStore>,
    unfinished: AtomicBool,
}

impl KeptOnly {
    pub(crate) fn new(state: Arc<dyn StateStore>) -> Self {
        Self { state, unfinished: AtomicBool::new(false) }
    }

    /// Whether an answer was missing.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.unfinished.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl StateStore for KeptOnly {
    async fn open(&self, id: &DocumentId, _: &DocumentRecord) -> Result<DocumentRecord, StateError> {
        let begun = self.state.load(id).await?;
        begun.ok_or_else(|| StateError::Unusable("the document was never begun".to_owned()))
    }

    async fn load(&self, id: &DocumentId) -> Result<Option<DocumentRecord>, StateError> {
        self.state.load(id).await
    }

    async fn find(&self, id: &DocumentId, key: &CallKey) -> Result<Option<Kept>, StateError> {
        let found = self.state.find(id, key).await?;
        if found.is_none() && key.as_str().starts_with(CALL) {
            self.unfinished.store(true, Ordering::Relaxed);
            return Err(StateError::Unavailable("the document is not finished".to_owned()));
        }
        Ok(found)
    }

    async fn keep(&self, id: &DocumentId, key: &CallKey, kept: Kept) -> Result<Kept, StateError> {
        self.state.keep(id, key, kept).await
    }
}
