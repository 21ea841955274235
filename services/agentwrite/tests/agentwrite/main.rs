//! The writer against a scripted model on a real TCP port.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a helper that panics fails its test")]

mod budgets;
mod desk;
mod gate;
mod length;
mod material;
mod memory;
mod outcomes;
mod plans;
mod published_faults;
mod resume;
mod weak;
