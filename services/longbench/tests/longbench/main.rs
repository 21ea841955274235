//! Runs, scores and data sets against a scripted model server.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

mod documents;
mod judging;
mod runs;
mod support;
