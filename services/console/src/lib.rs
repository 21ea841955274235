//! The admin listener: the API that auditors' programs read, health and metrics, and the operators' web pages.
//! Reads the store and the guard sets, and changes neither. Never serves on the data plane's port.

mod api;
mod assets;
mod auth;
mod display;
mod error;
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
pub use guard_view::{GuardSummary, GuardView, InForce, InForceSource};
pub use router::router;
pub use spreadsheet::{COLUMNS, write_csv};
pub use state::{AdminState, MetricsText, QueueGauge, QueueState};
