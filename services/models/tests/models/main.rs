//! The client against a scripted server on a real TCP port.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a helper that panics fails its test")]

mod anthropic;
mod budget;
mod failures;
mod ladder;
mod retries;
mod secrecy;
mod tape;
