//! The vocabulary of Parapet and its pure rules: events, verdicts, the fold, redaction, digests.
//! No I/O, no async: the same input gives the same decision; the one reader of the clock is [`Timestamp::now`]. Every other crate depends on this one.

pub mod approval;
pub mod budget;
pub mod decision;
pub mod digest;
pub mod event;
pub mod fold;
pub mod guard_set;
pub mod history;
pub mod json;
pub mod outcome;
pub mod principal;
pub mod reason;
pub mod redact;
pub mod session;
pub mod time;
pub mod tokens;
pub mod verdict;

pub use approval::{ApprovalMark, ApprovalState, Approved};
pub use budget::Budget;
pub use decision::DecisionRecord;
pub use event::{Event, Origin, Part, PartKind, Role, Stage, Surface};
pub use fold::{Folded, Permitted, Refusal, RefusalKind, fold};
pub use guard_set::{Match, Mode, OnError};
pub use history::{History, Reading};
pub use outcome::{Failure, FailureKind, GuardRun, Outcome};
pub use principal::Principal;
pub use time::Timestamp;
pub use tokens::{TokenCounts, Tokens};
pub use verdict::{Decision, Edit, Verdict};
