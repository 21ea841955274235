//! The Rhai interpreter as a guest of the sandbox.
//!
//! Its life has three steps: [`engine::init`] when the artifact is made, [`script::build`] when a guard is built (the
//! host then keeps the changed pages of memory as the guard's image), [`script::check`] in a fresh instance for each event.

pub mod complaint;
pub mod engine;
pub mod instrument;
pub mod lexer;
pub mod names;
pub mod script;
pub mod trace;
pub mod verdict;

#[cfg(target_arch = "wasm32")]
mod ffi;
mod host;
