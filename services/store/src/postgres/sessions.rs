//! What is remembered of sessions.

use parapet_domain::Timestamp;
use sqlx::Connection as _;
use uuid::Uuid;

use super::PostgresStore;
use super::errors::classify;
use crate::StoreError;
use crate::row::At;
use crate::sessions::SESSION_VERSION;

impl PostgresStore {
    pub(crate) async fn session_deltas(
        &self,
        tenant: &str,
        key: &str,
        since: Timestamp,
        most: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        sqlx::query_as(
            "select version, delta::text from session_deltas where tenant = $1 and session = $2 and at >= $3 order by at desc, id desc limit $4",
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
        let mut transaction = lease.connection.begin().await.map_err(classify)?;
        sqlx::query("insert into session_deltas (version, tenant, session, at, id, delta) values ($1, $2, $3, $4, $5, $6::json)")
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
            "delete from session_deltas where ctid in (select ctid from session_deltas where tenant = $1 and at < $2 order by at limit 8 for update skip locked)",
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
