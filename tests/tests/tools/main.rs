//! Tools of the operator: called from guards of both kinds, held in, loaded from folders, and handled on the command line.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that panics fails its test")]

mod calls;
mod cli;
mod fixture;
mod folders;
mod limits;
mod names;
mod promote;
