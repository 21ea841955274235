//! The memory over a real store: what enters, what is recalled, what is forgotten. On SQLite, and on Postgres too where
//! `PARAPET_TEST_POSTGRES_URL` names a server (`tests/with-postgres.sh`); the store's own suite insists on both.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's own helpers fail by panicking")]

mod entering;
mod feedback;
mod fixture;
mod recalling;
#[path = "../../benches/retrieval/texts.rs"]
mod texts;
