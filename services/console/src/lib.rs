//! The admin listener: the API that auditors' programs read, health and metrics, and the operators' web pages.
//! Reads the store and the guard sets, and changes neither, except that it takes answers to approvals; a guard that it generates is handed out, not put in force. Never serves on the data plane's port.

mod api;
mod approvals;
mod assets;
mod auth;
mod display;
mod error;
mod generate;
mod guard_view;
mod headers;
mod health;
mod highlight;
mod login;
mod markdown;
mod pages;
mod pretty;
mod query;
mod router;
mod spreadsheet;
mod state;

pub use auth::{AdminToken, AdminTokenError};
pub use generate::Generation;
pub use guard_view::{GuardSummary, GuardView, InForce, InForceSource};
pub use router::router;
pub use spreadsheet::{COLUMNS, write_csv};
pub use state::{AdminState, MetricsText, QueueGauge, QueueState};
