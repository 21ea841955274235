//! The data plane: takes an agent's traffic, has every piece of it judged and recorded, and only then passes it on.
//! [`Config::load`] checks the configuration, [`App::build`] makes what it describes, [`App::serve`] runs it.

mod answer;
pub mod app;
mod approval;
mod arrived;
mod asked;
mod body;
pub mod config;
pub mod digest_key;
mod error;
mod exchange;
mod fold;
mod follow;
mod forward;
mod grpc;
mod headers;
mod held;
mod history;
mod identity;
mod intercept;
mod judge;
mod mcp;
mod metrics;
mod outgoing;
mod parse;
mod rate;
mod record;
mod relay;
mod release;
mod remember;
mod router;
mod routes;
mod secret;
mod server;
mod trace;
mod unreadable;
mod unseen;
mod upstream;

pub use app::{App, BuildError, Parts};
pub use config::{Config, ConfigErrors};
pub use identity::KeySet;
pub use mcp::{Carried, McpBridge};
pub use secret::Secret;
pub use server::{Drained, serve_connections};
pub use unseen::REASONS as NOT_INSPECTED_REASONS;
pub use upstream::ClientError;
