//! Writes documents. The way of one: opened in the state, planned, the plan judged, then section by section asked for, brought to
//! its length, checked, judged. Sections are written one after another, as each is shown what stands before it; what does not
//! depend on each other, the parts of a long plan, is asked at the same time.

mod ask;
mod carry;
mod compose;
mod control;
mod memory;
mod notes;
mod outline;
mod planning;
mod sections;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parapet_domain::Timestamp;
use parapet_models::{Meter, ModelClient};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::material::Material;
use crate::prose::Prose;
use crate::wording::{self, Wording};
use crate::{
    Brief, Document, DocumentId, DocumentRecord, Gate, Length, Progress, Settings, SettingsError, StateError,
    StateStore, WriteError,
};

/// Called with every step, so that people can watch.
pub type Watch<'w> = dyn Fn(Progress) + Send + Sync + 'w;

/// Writes documents with one model. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    client: ModelClient,
    settings: Settings,
    gate: Arc<dyn Gate>,
    state: Arc<dyn StateStore>,
    material: Arc<dyn Material>,
}

/// What goes with one run of a document, and is no part of it.
pub struct Run<'r> {
    /// Who watches.
    pub watch: &'r Watch<'r>,
    /// Stops the run when it is cancelled. Dropping the future stops it too; what was asked by then counts as used.
    pub stop: CancellationToken,
    /// A meter that the run shares with others, in place of one for [`Settings::budget`].
    pub meter: Option<Meter>,
    /// [`DocumentRecord::context`] of a document that is begun.
    pub context: Value,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self { watch: &|_| {}, stop: CancellationToken::new(), meter: None, context: Value::Null }
    }
}

impl Writer {
    /// A writer of prose.
    ///
    /// # Errors
    /// A setting cannot be kept.
    pub fn new(
        client: ModelClient,
        settings: Settings,
        gate: Arc<dyn Gate>,
        state: Arc<dyn StateStore>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self { client, settings, gate, state, material: Arc::new(Prose) })
    }

    /// The same, for sections of another kind.
    #[must_use]
    pub fn of(self, material: Arc<dyn Material>) -> Self {
        Self { material, ..self }
    }

    /// What was to be written under an id: with its brief, [`Self::write`] resumes it.
    ///
    /// # Errors
    /// The state cannot be read.
    pub async fn record(&self, id: &DocumentId) -> Result<Option<DocumentRecord>, StateError> {
        self.state.load(id).await
    }

    /// Writes a document, or the rest of one that was begun under this id. Whatever the model answered and the gate ruled in
    /// earlier runs is taken from the state, as long as all that went into it is the same.
    ///
    /// # Errors
    /// There is no document. [`WriteError::is_resumable`] tells whether to call this again with the same arguments.
    pub async fn write(&self, id: &DocumentId, brief: &Brief, run: &Run<'_>) -> Result<Document, WriteError> {
        brief.check()?;
        self.settings.check_for(brief.target.aim())?;
        let record = DocumentRecord {
            begun: Timestamp::now(),
            brief: brief.clone(),
            settings: self.settings.clone(),
            context: run.context.clone(),
        };
        if self.state.open(id, &record).await?.brief != *brief {
            return Err(WriteError::OtherBrief { id: id.to_string() });
        }
        let mut desk = Desk::new(self, id, brief, run);
        let plan = desk.plan().await?;
        let written = desk.sections(&plan).await?;
        let words = self.material.measure(&written.text);
        let (least, most) = brief.target.band();
        Ok(Document {
            id: id.clone(),
            text: written.text,
            words,
            length: match words {
                short if short < least => Length::Short,
                long if long > most => Length::Long,
                _ => Length::Held,
            },
            plan,
            sections: written.reports,
            calls: desk.tally.asked(),
            kept_calls: desk.tally.kept(),
            spent: desk.meter.spent(),
            seconds: desk.began.elapsed().as_secs_f64(),
        })
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("client", &self.client).field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// One document at work.
struct Desk<'w> {
    writer: &'w Writer,
    id: &'w DocumentId,
    brief: &'w Brief,
    run: &'w Run<'w>,
    wording: &'static Wording,
    meter: Meter,
    began: Instant,
    tally: Tally,
    /// Digest of the settings that texts depend on.
    settings_digest: String,
    /// Digest of the plan; empty while there is none.
    plan_digest: String,
    /// By how much less is shown to a model whose context is small; found out by its refusals.
    shrink: AtomicU32,
}

/// Calls of this run, and answers of earlier ones.
#[derive(Default)]
struct Tally {
    asked: AtomicU64,
    kept: AtomicU64,
}

impl Tally {
    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }
}

impl<'w> Desk<'w> {
    fn new(writer: &'w Writer, id: &'w DocumentId, brief: &'w Brief, run: &'w Run<'w>) -> Self {
        Self {
            writer,
            id,
            brief,
            run,
            wording: wording::of(brief.language),
            meter: run.meter.clone().unwrap_or_else(|| Meter::new(writer.settings.budget)),
            began: Instant::now(),
            tally: Tally::default(),
            settings_digest: ask::settings_digest(&writer.settings),
            plan_digest: String::new(),
            shrink: AtomicU32::new(1),
        }
    }

    fn settings(&self) -> &Settings {
        &self.writer.settings
    }

    fn material(&self) -> &dyn Material {
        &*self.writer.material
    }

    fn tell(&self, step: Progress) {
        (self.run.watch)(step);
    }
}
