//! A writer with a scripted model.

use std::sync::Arc;

use anyhow::Result;
use parapet_agentwrite::{
    Brief, Document, DocumentId, Gate, MemoryState, NoGate, Run, Settings, Target, WriteError, Writer,
};
use parapet_models::{ModelClient, ModelConfig};
use parapet_test_model_server::{Asked, Server, Step};

/// A scripted model, and what is kept of the documents that it writes.
pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) config: ModelConfig,
    pub(crate) settings: Settings,
    pub(crate) gate: Arc<dyn Gate>,
    state: Arc<MemoryState>,
}

impl Desk {
    pub(crate) async fn with(decide: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> Self {
        let server = Server::answering(decide).await;
        Self {
            config: ModelConfig { retries: 0, concurrency: 16, ..server.config() },
            server,
            settings: Settings::default(),
            gate: Arc::new(NoGate),
            state: Arc::new(MemoryState::default()),
        }
    }

    pub(crate) fn writer(&self) -> Result<Writer> {
        let client = ModelClient::new(self.config.clone())?;
        let state = Arc::clone(&self.state);
        Ok(Writer::new(client, self.settings.clone(), Arc::clone(&self.gate), state)?)
    }

    /// Writes under an id; the same id again resumes.
    pub(crate) async fn write(&self, id: &str, brief: &Brief) -> Result<Result<Document, WriteError>> {
        Ok(self.writer()?.write(&DocumentId::parse(id)?, brief, &Run::default()).await)
    }
}

/// A brief on tea, of so many words.
pub(crate) fn tea(words: u32) -> Result<Brief> {
    Ok(Brief::new("Write about the history of tea", Target::Equal(words))?)
}
