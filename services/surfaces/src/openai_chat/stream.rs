//! Streamed completions: chunks put together, and an edited completion told as chunks again.

mod assemble;
mod replay;

#[cfg(test)]
mod tests;

pub(crate) use assemble::Assembly;
pub(crate) use replay::replay;
