//! Generation with a model: every way that a model or its server can fail, and what becomes of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that panics fails its test")]

mod fixture;
mod folders;
mod injections;
mod model_path;
mod own_tools;
mod per_event;
