//! The registry of guard sets.

use parapet_domain::Timestamp;
use sqlx::Connection as _;

use super::SqliteStore;
use super::errors::classify;
use crate::row::At;
use crate::{GuardSetRecord, StoreError};

impl SqliteStore {
    pub(crate) async fn record_guard_set(
        &self,
        tenant: &str,
        hash: &str,
        at: Timestamp,
        manifest: &str,
    ) -> Result<(), StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        sqlx::query(
            "insert into guard_sets (tenant, hash, manifest) values (?, ?, ?) on conflict (tenant, hash) do nothing",
        )
        .bind(tenant)
        .bind(hash)
        .bind(manifest)
        .execute(&mut *transaction)
        .await
        .map_err(classify)?;
        sqlx::query("insert into guard_set_activations (tenant, at, hash) values (?, ?, ?) on conflict (tenant, at, hash) do nothing")
            .bind(tenant)
            .bind(At(at))
            .bind(hash)
            .execute(&mut *transaction)
            .await
            .map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(())
    }

    pub(crate) async fn guard_set(
        &self,
        tenant: &str,
        hash: &str,
    ) -> Result<Option<(String, Vec<Timestamp>)>, StoreError> {
        let manifest: Option<String> =
            sqlx::query_scalar("select manifest from guard_sets where tenant = ? and hash = ?")
                .bind(tenant)
                .bind(hash)
                .fetch_optional(&self.readers)
                .await
                .map_err(classify)?;
        let Some(manifest) = manifest else { return Ok(None) };
        let activations: Vec<At> = sqlx::query_scalar(
            "select at from guard_set_activations where tenant = ? and hash = ? order by at desc limit ?",
        )
        .bind(tenant)
        .bind(hash)
        .bind(GuardSetRecord::MAX_ACTIVATIONS)
        .fetch_all(&self.readers)
        .await
        .map_err(classify)?;
        Ok(Some((manifest, activations.into_iter().rev().map(|at| at.0).collect())))
    }
}
