//! Protocols: bodies to events, decisions back to bodies and streams.
//! Pure: bytes in, bytes out. No server, no async, no clock, no HTTP types; a status is a number.

pub mod check;
pub mod claude_code;
pub mod ext_authz;
pub mod generic;
pub mod limits;
pub mod listing;
pub mod litellm;
pub mod mcp;
pub mod openai_chat;
mod openai_responses;
pub mod sse;

mod anthropic_messages;
#[cfg(test)]
mod arbitrary;
mod body;
mod collect;
mod document;
mod drafts;
mod error;
mod model_api;
mod pointer;
mod question;
mod refusal;
mod restore;
mod rewrite;
mod stream;
mod tool_definitions;
mod turns;
mod windows;
pub mod write;

pub use body::{Draft, Echo, Leaves, ParsedBody};
pub use error::{StreamError, SurfaceError};
pub use model_api::ModelApi;
pub use question::{Carried, Claims, Question};
pub use refusal::{
    RefusalContext, Reply, Style, decision_headers, failure, refusal,
    status::{Fault, STATUS_TABLE, StatusRow},
};
pub use restore::{Restoring, Room};
pub use rewrite::{RewriteError, rewrite};
pub use stream::{HeldAnswer, StreamAnswer};
pub use turns::{Earlier, Turns};
pub use windows::{Drawn, WindowLimits, WindowedAnswer};
