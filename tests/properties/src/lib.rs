//! What has to hold of any bytes at all. Each property takes bytes and panics where it does not hold: `tests/fuzz` runs them
//! on what a fuzzer invents, and the test of this crate on what it kept.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a property that does not hold panics, and so does a mistake in it"
)]

#[cfg(feature = "wall")]
mod abi;
mod coverage;
mod edits;
mod held;
mod input;
mod mcp;
mod painted;
mod requests;
mod spans;
mod sse;
mod streams;
#[cfg(feature = "wall")]
mod verdicts;
mod windows;

/// A property: panics where it does not hold.
pub type Property = fn(&[u8]);

/// All of them, by the name of their target and of their folder in the corpus.
pub const TARGETS: &[(&str, Property)] = &[
    ("sse", sse::check),
    ("streams", streams::check),
    ("edits", edits::check),
    ("mcp", mcp::check),
    #[cfg(feature = "wall")]
    ("abi", abi::check),
    ("requests", requests::check),
];

/// The property of that name.
///
/// # Panics
/// There is none.
#[must_use]
pub fn property(name: &str) -> Property {
    TARGETS.iter().find(|(known, _)| *known == name).expect("the name of a target").1
}
