//! A writer with a scripted model, its state, and what it told.

use std::sync::{Arc, Mutex};

use parapet_agentwrite::{
    Brief, Document, DocumentId, Gate, MemoryState, NoGate, Progress, Run, Settings, StateStore, Target, WriteError,
    Writer,
};
use parapet_models::{ModelClient, ModelConfig};
use parapet_test_model_server::{Asked, Author, Server, Step, Task, task};

/// A writer and what belongs to it.
pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) settings: Settings,
    pub(crate) config: ModelConfig,
    pub(crate) told: Mutex<Vec<Progress>>,
}

impl Desk {
    /// One whose model is `decide`.
    pub(crate) async fn with(decide: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> Self {
        let server = Server::answering(decide).await;
        let config = ModelConfig { retries: 0, ..server.config() };
        Self {
            config,
            server,
            state: Arc::new(MemoryState::default()),
            gate: Arc::new(NoGate),
            settings: Settings::default(),
            told: Mutex::default(),
        }
    }

    /// One whose model is an author who writes what it is asked for.
    pub(crate) async fn exact() -> Self {
        Self::with(|asked| Author::exact().step(asked)).await
    }

    pub(crate) fn writer(&self) -> Writer {
        let client = ModelClient::new(self.config.clone()).unwrap();
        Writer::new(client, self.settings.clone(), Arc::clone(&self.gate), Arc::clone(&self.state)).unwrap()
    }

    pub(crate) async fn write(&self, brief: &Brief) -> Result<Document, WriteError> {
        let watch = |step: Progress| self.told.lock().unwrap().push(step);
        let run = Run { watch: &watch, ..Run::default() };
        self.writer().write(&DocumentId::parse("doc").unwrap(), brief, &run).await
    }

    /// Questions of one kind that the model got.
    pub(crate) fn asked(&self, kind: Task) -> Vec<Asked> {
        self.server.asked().into_iter().filter(|asked| task(asked) == kind).collect()
    }

    pub(crate) fn told(&self) -> Vec<Progress> {
        self.told.lock().unwrap().clone()
    }
}

pub(crate) fn brief(words: u32) -> Brief {
    Brief::new("Write about the history of tea", Target::Equal(words)).unwrap()
}

/// All that is sent to the model, as one text.
pub(crate) fn prompt_of(asked: &Asked) -> String {
    let messages = asked.body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}
