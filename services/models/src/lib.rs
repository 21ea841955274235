//! Clients for model servers. Shared by guard generation and long-form writing, so that there is no second client.
//! No type of HTTP or of the client crate beneath leaves this crate.

mod client;
mod completion;
mod config;
mod error;
mod grammar;
mod json_answer;
mod ladder;
mod meter;
mod prompt;
mod retry;
mod schema;
mod secret;
mod tape;
mod transport;
mod wire;

pub use client::ModelClient;
pub use completion::{Completion, Finish, Rung, Usage};
pub use config::{Environment, ModelConfig, ModelConfigError, ModelKind, Structured};
pub use error::ModelError;
pub use meter::{Budget, Limit, Meter, Spent};
pub use prompt::{Format, Message, Prompt, Role};
pub use secret::Secret;
