//! The one connection for writing. A connection on which anything failed, or whose work was cancelled by a time-out, is
//! closed and not used again: its state is unknown. A pool would keep it, and test it before each batch.

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, MutexGuard};

use crate::StoreError;

/// After this long a connection is tested before it is used.
const IDLE: Duration = Duration::from_secs(1);

/// Keeps the connection between two uses.
pub(crate) struct Writer<C: Connection> {
    options: <C as Connection>::Options,
    connect_timeout: Duration,
    slot: Mutex<Option<(C, Instant)>>,
}

/// The connection in use. Dropped without [`Lease::keep`], it is closed.
pub(crate) struct Lease<'a, C: Connection> {
    pub(crate) connection: C,
    slot: MutexGuard<'a, Option<(C, Instant)>>,
}

impl<C: Connection> Writer<C>
where
    <C as Connection>::Options: ConnectOptions<Connection = C>,
{
    pub(crate) fn new(options: <C as Connection>::Options, connect_timeout: Duration) -> Self {
        Self { options, connect_timeout, slot: Mutex::new(None) }
    }

    /// Waits for its turn, and connects if there is no usable connection.
    pub(crate) async fn lease(&self, classify: fn(sqlx::Error) -> StoreError) -> Result<Lease<'_, C>, StoreError> {
        let mut slot = self.slot.lock().await;
        let kept = match slot.take() {
            Some((connection, used)) if used.elapsed() < IDLE => Some(connection),
            Some((connection, _)) => self.tested(connection).await,
            None => None,
        };
        let connection = match kept {
            Some(connection) => connection,
            None => self.connect().await?.map_err(classify)?,
        };
        Ok(Lease { connection, slot })
    }

    async fn tested(&self, mut connection: C) -> Option<C> {
        let alive = tokio::time::timeout(self.connect_timeout, connection.ping()).await;
        matches!(alive, Ok(Ok(()))).then_some(connection)
    }

    async fn connect(&self) -> Result<Result<C, sqlx::Error>, StoreError> {
        let connecting = C::connect_with(&self.options);
        tokio::time::timeout(self.connect_timeout, connecting).await.map_err(|_| {
            StoreError::Unavailable(format!("no connection within {} ms", self.connect_timeout.as_millis()))
        })
    }

    /// Closes the connection, if there is one.
    pub(crate) async fn close(&self) {
        if let Some((connection, _)) = self.slot.lock().await.take() {
            // Closing is a courtesy to the server; everything that matters is committed.
            let _ = connection.close().await;
        }
    }
}

impl<C: Connection> Lease<'_, C> {
    /// Everything went well: the connection can be used again.
    pub(crate) fn keep(mut self) {
        *self.slot = Some((self.connection, Instant::now()));
    }
}
