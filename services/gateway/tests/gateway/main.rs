//! The data plane from outside: a scripted upstream and a plain client over real TCP, real guards in the real sandbox,
//! real rows in a real store.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that panics fails its test")]

mod anthropic;
mod approvals;
mod audit;
mod chat;
mod check;
mod claude_code;
mod ext_authz;
mod generic;
mod grpc;
mod history;
mod identity;
mod leaving;
mod limits;
mod litellm;
mod mcp;
mod protocol;
mod rates;
mod recognised;
mod redact_tokens;
mod responses;
mod sessions;
mod shutdown;
mod support;
mod tokens;
mod upstream;
mod windows;
mod windows_messages;
mod windows_responses;
mod write;
