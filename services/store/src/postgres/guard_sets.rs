//! The registry of guard sets.

use parapet_domain::Timestamp;
use sqlx::Connection as _;

use super::PostgresStore;
use super::errors::classify;
use crate::row::At;
use crate::{GuardSetRecord, StoreError};

impl PostgresStore {
    pub(crate) async fn record_guard_set(
        &self,
        tenant: &str,
        hash: &str,
        at: Timestamp,
        manifest: &str,
    ) -> Result<(), StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin().await.map_err(classify)?;
        sqlx::query("insert into guard_sets (tenant, hash, manifest) values ($1, $2, $3::json) on conflict (tenant, hash) do nothing")
            .bind(tenant)
            .bind(hash)
            .bind(manifest)
            .execute(&mut *transaction)
            .await
            .map_err(classify)?;
        sqlx::query("insert into guard_set_activations (tenant, at, hash) values ($1, $2, $3) on conflict (tenant, at, hash) do nothing")
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
            sqlx::query_scalar("select manifest::text from guard_sets where tenant = $1 and hash = $2")
                .bind(tenant)
                .bind(hash)
                .fetch_optional(&self.readers)
                .await
                .map_err(classify)?;
        let Some(manifest) = manifest else { return Ok(None) };
        let activations: Vec<At> = sqlx::query_scalar(
            "select at from guard_set_activations where tenant = $1 and hash = $2 order by at desc limit $3",
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
