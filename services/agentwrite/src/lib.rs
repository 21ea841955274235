//! Documents far beyond one answer of a model, after AgentWrite (LongWriter, arXiv 2408.07055): the text is planned as
//! sections with word budgets and written one by one, to a length, each section through the guards. No HTTP type and no SQL
//! type is in here: models are reached through `parapet-models`, the database through
//! `parapet-store`.
//!
//! ## The way of a document
//! [`Writer::write`] plans it, writes it section by section ([`Material`] says what a section is, [`Prose`] unless told
//! otherwise), and returns a [`Document`] or a typed [`WriteError`]; nothing of an error gets into a text. A [`Brief`] says what is wanted. [`Settings`] say how far the writer may go. Everything that a model answers, and every
//! ruling of the guards, is kept in a [`StateStore`] under the hash of all that went into it ([`CallKey`]); a document that
//! is written again under the same [`DocumentId`] takes what is kept and asks only for the rest. So resuming is writing:
//! there is no second way through the code, and no call is repeated.
//!
//! A section counts only when the [`Gate`] lets it pass. [`NoGate`] is for benchmarks and training data alone.
//!
//! ## Counting
//! [`words::count`] and [`words::length_score`] are those of LongBench-Write.

mod brief;
mod document;
mod error;
mod gate;
mod material;
mod plan;
mod progress;
mod prose;
mod settings;
mod state;
mod text;
mod wording;
pub mod words;
mod writer;

pub use brief::{Brief, BriefError, Language, Target};
pub use document::{Document, Fate, Length, SectionReport, Weakness};
pub use error::WriteError;
pub use gate::{Gate, GateError, NoGate, Passage, PassageKind, Ruling};
pub use material::{DraftOf, Material, Piece};
pub use plan::{Plan, Section};
pub use progress::Progress;
pub use prose::Prose;
pub use settings::{Settings, SettingsError};
pub use state::{
    Answer, CallKey, DatabaseState, DocumentId, DocumentRecord, Kept, MemoryState, StateError, StateStore,
};
pub use writer::{Run, Watch, Writer};
