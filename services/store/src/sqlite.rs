//! The store in one SQLite file: no server to run. Sibling of `postgres`, with the same files in the same order.

mod aggregate;
mod approvals;
mod cases;
mod documents;
mod errors;
mod guard_sets;
mod open;
mod read;
mod sessions;
mod types;
mod write;

use std::sync::Arc;

use sqlx::{SqliteConnection, SqlitePool};

use crate::lease::Writer;

/// An open SQLite file.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    /// SQLite has one writer at a time, so there is no use for more connections.
    writer: Arc<Writer<SqliteConnection>>,
    /// In WAL mode readers neither wait for the writer nor keep it waiting. They cannot write.
    readers: SqlitePool,
}

impl SqliteStore {
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// The journal mode, and `synchronous` as a number.
    #[cfg(test)]
    pub(crate) async fn pragmas(&self) -> Result<(String, i64), crate::StoreError> {
        let mut lease = self.writer.lease(errors::classify).await?;
        let journal = sqlx::query_scalar("pragma journal_mode")
            .fetch_one(&mut lease.connection)
            .await
            .map_err(errors::classify)?;
        let synchronous = sqlx::query_scalar("pragma synchronous")
            .fetch_one(&mut lease.connection)
            .await
            .map_err(errors::classify)?;
        lease.keep();
        Ok((journal, synchronous))
    }
}
