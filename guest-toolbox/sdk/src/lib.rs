//! The SDK for guests in Rust: [`parapet_guard!`] and [`parapet_tool!`] define the exports of `guard/1` and `tool/1`.
//! Needs no standard library. `guest-toolbox/README.md` is the specification that it follows.
#![no_std]
extern crate alloc;

pub use parapet_abi as abi;
pub use serde_json::{Value as Json, json};

pub mod event;
pub mod exports;
pub mod guard;
#[cfg(all(feature = "runtime", target_arch = "wasm32"))]
mod runtime;
pub mod tools;
pub mod verdict;

pub use event::Event;
pub use verdict::Verdict;
