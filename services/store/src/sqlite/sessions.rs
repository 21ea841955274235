//! What is remembered of sessions.

use parapet_domain::Timestamp;
use sqlx::Connection as _;
use uuid::Uuid;

use super::SqliteStore;
use super::errors::classify;
use crate::StoreError;
use crate::row::At;
use crate::sessions::SESSION_VERSION;

impl SqliteStore {
    pub(crate) async fn session_deltas(
        &self,
        tenant: &str,
        key: &str,
        since: Timestamp,
        most: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        sqlx::query_as(
            "select version, delta from session_deltas where tenant = ? and session = ? and at >= ? order by at desc, id desc limit ?",
        )
        .bind(tenant)
        .bind(key)
        .bind(At(since))
        .bind(most)
        .fetch_all(&self.readers)
        .await
        .map_err(classify)
    }

    /// Adds one delta and removes a few of those that are `expired`.
    pub(crate) async fn append_session_delta(
        &self,
        (tenant, key): (&str, &str),
        (at, id): (Timestamp, Uuid),
        delta: &str,
        expired: Timestamp,
    ) -> Result<(), StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        sqlx::query("insert into session_deltas (version, tenant, session, at, id, delta) values (?, ?, ?, ?, ?, ?)")
            .bind(SESSION_VERSION)
            .bind(tenant)
            .bind(key)
            .bind(At(at))
            .bind(id)
            .bind(delta)
            .execute(&mut *transaction)
            .await
            .map_err(classify)?;
        sqlx::query(
            "delete from session_deltas where rowid in (select rowid from session_deltas where tenant = ? and at < ? order by at limit 8)",
        )
        .bind(tenant)
        .bind(At(expired))
        .execute(&mut *transaction)
        .await
        .map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(())
    }
}
