//! From a guard request to a tested guard: recall, plan, code, tests, checks, repair. With a model, or by rules alone.
//! No HTTP type and no SQL type is in here: models are reached through `parapet-models`, memory through `parapet-store`.

pub mod checks;
mod draft;
mod folder;
pub mod generate;
pub mod library;
mod memory;
mod per_event;
mod plan;
mod request;
mod rules;

pub use checks::{CheckOptions, CheckReport, check_guard};
pub use draft::{Draft, DraftError};
pub use folder::{FolderError, write_attempt, write_guard};
pub use generate::{GenerateError, GenerateOptions, Generated, Generator, Method, Progress, Provenance};
pub use memory::{
    Added, Approval, Case, CaseId, EventDistance, Feedback, Memory, MemoryError, Page, Query, Recalled, TestsFailed,
    TestsPassed, event_texts,
};
pub use per_event::{EventCoder, PerEventOptions};
pub use plan::{Action, Plan, Step};
pub use request::GuardRequest;
pub use rules::{NotUnderstood, compile};
