//! Streamed messages: events put together, and an edited message told as events again.

mod assemble;
mod replay;

#[cfg(test)]
mod tests;

pub(crate) use assemble::Assembly;
pub(crate) use replay::{Told, replay, tell};
