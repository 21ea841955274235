//! The Model Context Protocol: JSON-RPC 2.0 messages between a client and a tool server, over HTTP or lines of text.
//! What a server sends is never trusted, its tool definitions and prompts included.

mod content;
mod cut;
mod error;
mod framing;
mod message;
mod method;
mod offer;
mod reader;
mod reply;
mod request;
mod result;
mod tool_filter;

#[cfg(test)]
mod tests;

pub use cut::cut;
pub use error::McpError;
pub use framing::{Line, LineReader, line};
pub use message::{Kind, Message, RequestId, Split, split};
pub use method::{is_known, is_known_version, may_batch};
pub use reader::{Asked, ParsedMessage, Sender};
pub use reply::{error_reply, fault_reply, refused_reply};
pub use tool_filter::{ToolFilter, ToolFilterErrors};

pub(crate) use reply::rpc_error;
