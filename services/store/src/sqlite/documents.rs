//! Long documents while they are written.

use parapet_domain::Timestamp;
use sqlx::Connection as _;

use super::SqliteStore;
use super::errors::classify;
use crate::StoreError;
use crate::documents::DOCUMENT_VERSION;
use crate::row::At;

impl SqliteStore {
    pub(crate) async fn begin_document(
        &self,
        tenant: &str,
        id: &str,
        begun: Timestamp,
        record: &str,
    ) -> Result<(String, String), StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        sqlx::query("insert into documents (version, tenant, id, begun, record) values (?, ?, ?, ?, ?) on conflict (tenant, id) do nothing")
            .bind(DOCUMENT_VERSION)
            .bind(tenant)
            .bind(id)
            .bind(At(begun))
            .bind(record)
            .execute(&mut *transaction)
            .await
            .map_err(classify)?;
        let row = sqlx::query_as("select version, record from documents where tenant = ? and id = ?")
            .bind(tenant)
            .bind(id)
            .fetch_one(&mut *transaction)
            .await
            .map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(row)
    }

    pub(crate) async fn document(&self, tenant: &str, id: &str) -> Result<Option<(String, String)>, StoreError> {
        sqlx::query_as("select version, record from documents where tenant = ? and id = ?")
            .bind(tenant)
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(classify)
    }

    /// The entry that stands afterwards, `None` when there is no such document.
    pub(crate) async fn keep_document_entry(
        &self,
        (tenant, document, key): (&str, &str, &str),
        at: Timestamp,
        entry: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        sqlx::query(
            "insert into document_entries (tenant, document, key, at, entry) select tenant, id, ?, ?, ? from documents where tenant = ? and id = ? on conflict (tenant, document, key) do nothing",
        )
        .bind(key)
        .bind(At(at))
        .bind(entry)
        .bind(tenant)
        .bind(document)
        .execute(&mut *transaction)
        .await
        .map_err(classify)?;
        let standing =
            sqlx::query_scalar("select entry from document_entries where tenant = ? and document = ? and key = ?")
                .bind(tenant)
                .bind(document)
                .bind(key)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(standing)
    }

    pub(crate) async fn document_entry(
        &self,
        (tenant, document, key): (&str, &str, &str),
    ) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("select entry from document_entries where tenant = ? and document = ? and key = ?")
            .bind(tenant)
            .bind(document)
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(classify)
    }

    pub(crate) async fn forget_documents(&self, tenant: &str, before: Timestamp, most: i64) -> Result<u64, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let done = sqlx::query(
            "delete from documents where rowid in (select rowid from documents where tenant = ? and begun < ? order by begun limit ?)",
        )
        .bind(tenant)
        .bind(At(before))
        .bind(most)
        .execute(&mut lease.connection)
        .await
        .map_err(classify)?;
        lease.keep();
        Ok(done.rows_affected())
    }
}
