//! The store in Postgres 15 or newer. Sibling of `sqlite`, with the same files in the same order, and `partitions`.

mod aggregate;
mod approvals;
mod cases;
mod documents;
mod errors;
mod guard_sets;
mod open;
mod partitions;
mod read;
mod sessions;
mod types;
mod write;

use std::sync::Arc;

use sqlx::{PgConnection, PgPool};

use crate::lease::Writer;
use partitions::Partitions;

/// An open Postgres database.
#[derive(Clone)]
pub(crate) struct PostgresStore {
    /// One connection is enough: batches share a commit, and a second one would only split them.
    writer: Arc<Writer<PgConnection>>,
    readers: PgPool,
    partitions: Arc<Partitions>,
}

impl PostgresStore {
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}
