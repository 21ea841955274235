//! MCP: in front of a tool server over HTTP, or between a client and one that speaks in lines of text. Both carry each
//! message by the same steps (`carry`).

mod asking;
mod batch;
mod bridge;
mod carry;
mod conversation;
mod headers;
mod http;
mod listen;
mod overrule;
mod post;
mod receive;
mod send;
mod stream;

pub use bridge::{Carried, McpBridge};
pub(crate) use conversation::{Conversations, Thread};
pub(crate) use http::serve;
