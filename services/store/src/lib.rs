//! Decisions, guard sets, approvals and past cases on disk. The only crate with SQL: no SQL type leaves it.
//! [`Store`] reads and writes, on SQLite or Postgres; [`Recorder`] turns single decisions into shared durable commits
//! and hands out the receipt without which nothing is released.

mod approvals;
mod cases;
mod config;
mod documents;
mod error;
mod guard_set;
mod lease;
mod limits;
mod overview;
mod postgres;
mod query;
mod recorder;
mod row;
mod sessions;
mod sqlite;
mod store;
mod text;

pub use approvals::{Answer, Answered, ApprovalFilter, ApprovalPage, ApprovalRecord, ApprovalStep, Ask, Asked};
pub use cases::{CASE_VERSION, CasePage, CaseRecord, CaseSearch, CaseTexts, Entered, Evidence, NewCase};
pub use config::StoreConfig;
pub use error::StoreError;
pub use guard_set::GuardSetRecord;
pub use overview::{Bucket, Counts, FailureCount, GuardCount, Latency, Overview, OverviewRequest};
pub use query::{Cursor, DecisionFilter, DecisionPage, PageRequest};
pub use recorder::{AuditMode, DrainReport, Receipt, RecordError, Recorded, Recorder, RecorderConfig, RecorderStats};
pub use sessions::{SessionLimits, SessionStore};
pub use store::{Durability, Store};

#[cfg(test)]
mod tests;
