//! One run of a document: its instruction through the guards, then all the rest. The same for the command and the data plane.

use std::sync::Arc;

use parapet_agentwrite::{
    Brief, Document, DocumentId, DocumentRecord, Gate, Run, Settings, StateError, StateStore, Watch, WriteError, Writer,
};
use parapet_domain::Stage;
use parapet_gateway::{Passages, Passed, Withheld};
use parapet_models::ModelClient;
use parapet_surfaces::write::Piece;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::gate::GuardGate;

/// What a document is written with.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) client: ModelClient,
    pub(crate) state: Arc<dyn StateStore>,
}

/// Why there is no document.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The guards withhold the instruction, or no ruling was to be had on a passage.
    Withheld(Withheld),
    /// The document was begun with other settings.
    OtherSettings,
    /// Something else.
    Write(WriteError),
}

impl From<StateError> for Failed {
    fn from(error: StateError) -> Self {
        Self::Write(error.into())
    }
}

impl Desk {
    /// What was begun, if it was.
    pub(crate) async fn begun(&self, passages: &Passages) -> Result<Option<DocumentRecord>, StateError> {
        self.state.load(&DocumentId::parse(&passages.key())?).await
    }

    /// The settings to go on with. What was answered under others is not found again, so that those of the beginning hold;
    /// only what may be used is told anew.
    pub(crate) async fn settings(&self, passages: &Passages, wanted: Settings) -> Result<Settings, Failed> {
        let Some(begun) = self.begun(passages).await?.map(|record| record.settings) else { return Ok(wanted) };
        let chosen = |settings: &Settings| (settings.temperature, settings.seed, settings.headings);
        if chosen(&begun) != chosen(&wanted) {
            return Err(Failed::OtherSettings);
        }
        Ok(Settings { budget: wanted.budget, ..begun })
    }

    /// Writes a document, or the rest of it.
    pub(crate) async fn write(
        &self,
        passages: Arc<Passages>,
        brief: Brief,
        settings: Settings,
        watch: &Watch<'_>,
        stop: CancellationToken,
    ) -> Result<Document, Failed> {
        brief.check().map_err(WriteError::from).map_err(Failed::Write)?;
        let brief = judged(&passages, brief).await?;
        self.judged(passages, &brief, settings, watch, stop).await
    }

    /// The same, once the instruction has passed.
    pub(crate) async fn judged(
        &self,
        passages: Arc<Passages>,
        brief: &Brief,
        settings: Settings,
        watch: &Watch<'_>,
        stop: CancellationToken,
    ) -> Result<Document, Failed> {
        let id = DocumentId::parse(&passages.key())?;
        let context = json!({ "document": passages.document(), "route": passages.route(), "principal": passages.principal().map(|user| &user.id) });
        let gate = Arc::new(GuardGate::new(passages));
        let shared: Arc<dyn Gate> = Arc::<GuardGate>::clone(&gate);
        let writer = Writer::new(self.client.clone(), settings, shared, Arc::clone(&self.state));
        let writer = writer.map_err(WriteError::from).map_err(Failed::Write)?;
        let written = writer.write(&id, brief, &Run { watch, stop, meter: None, context }).await;
        written.map_err(|error| match (error, gate.stopped_at()) {
            (WriteError::Gate { .. }, Some(withheld)) => Failed::Withheld(withheld),
            (error, _) => Failed::Write(error),
        })
    }
}

/// The brief as the guards let it go to the model.
async fn judged(passages: &Passages, brief: Brief) -> Result<Brief, Failed> {
    let piece = Piece { name: "instruction", place: None, text: &brief.instruction };
    match passages.judge(Stage::Input, piece).await.map_err(Failed::Withheld)? {
        Passed { edited: Some(instruction), .. } => Ok(Brief { instruction, ..brief }),
        Passed { edited: None, .. } => Ok(brief),
    }
}
