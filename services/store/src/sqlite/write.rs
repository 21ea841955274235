//! Writes batches of decisions: one transaction, so one flush to disk, however many rows.

use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};

use super::SqliteStore;
use super::approvals::use_approvals;
use super::errors::classify;
use crate::row::{At, COLUMNS, Mark, Row};
use crate::{Durability, StoreError};

/// Rows in one statement. Few sizes, so that every statement is prepared once and then found in the cache.
const SIZES: [usize; 4] = [64, 16, 4, 1];

impl SqliteStore {
    /// Every commit is durable here: `synchronous=FULL` is set for the connection.
    pub(crate) async fn insert(&self, rows: &[&Row], _: Durability) -> Result<u64, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        if let Some(id) = use_approvals(&mut transaction, rows).await.map_err(classify)? {
            transaction.rollback().await.map_err(classify)?;
            lease.keep();
            return Err(StoreError::ApprovalSpent { id });
        }
        let mut written = 0;
        for chunk in chunks(rows) {
            written += insert_decisions(&mut transaction, chunk).await.map_err(classify)?;
        }
        let marks: Vec<(&Row, &Mark)> = rows.iter().flat_map(|row| row.marks.iter().map(|mark| (*row, mark))).collect();
        for chunk in chunks(&marks) {
            insert_marks(&mut transaction, chunk).await.map_err(classify)?;
        }
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(written)
    }

    pub(crate) async fn heartbeat(&self, now: parapet_domain::Timestamp) -> Result<(), StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        sqlx::query("update heartbeat set at = ?")
            .bind(At(now))
            .execute(&mut lease.connection)
            .await
            .map_err(classify)?;
        lease.keep();
        Ok(())
    }
}

async fn insert_decisions(connection: &mut SqliteConnection, rows: &[&Row]) -> Result<u64, sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("insert into decisions (");
    query.push(COLUMNS).push(") ").push_values(rows, |mut values, row| {
        values.push_bind(&row.version).push_bind(row.id).push_bind(row.event_id).push_bind(row.exchange_id);
        values.push_bind(row.sequence).push_bind(row.at).push_bind(&row.tenant).push_bind(&row.route);
        values.push_bind(&row.agent).push_bind(&row.principal).push_bind(&row.roles).push_bind(&row.session);
        values.push_bind(&row.trace_id).push_bind(&row.stage).push_bind(&row.surface).push_bind(&row.content_digest);
        values.push_bind(&row.coverage).push_bind(&row.runs).push_bind(row.failures).push_bind(&row.folded);
        values.push_bind(&row.enforced).push_bind(&row.reason_code).push_bind(&row.message).push_bind(&row.decided_by);
        values.push_bind(&row.guard_set).push_bind(&row.engine).push_bind(row.duration_us).push_bind(&row.content);
        values.push_bind(row.chain_sequence).push_bind(&row.chain_digest).push_bind(&row.chain_key_id);
        values.push_bind(row.approval_id).push_bind(&row.approval_state).push_bind(&row.approval_by);
        values.push_bind(&row.tokens);
    });
    // Not OR IGNORE, which would also pass over rows that break a constraint.
    query.push(" on conflict (tenant, at, id) do nothing");
    Ok(query.build().execute(connection).await?.rows_affected())
}

async fn insert_marks(connection: &mut SqliteConnection, marks: &[(&Row, &Mark)]) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("insert into decision_marks (tenant, guard, outcome, at, id) ");
    query.push_values(marks, |mut values, (row, mark)| {
        values
            .push_bind(&row.tenant)
            .push_bind(&mark.guard)
            .push_bind(mark.outcome)
            .push_bind(row.at)
            .push_bind(row.id);
    });
    query.push(" on conflict (tenant, guard, outcome, at, id) do nothing");
    query.build().execute(connection).await?;
    Ok(())
}

/// Cuts `items` into pieces whose lengths are all in [`SIZES`].
pub(super) fn chunks<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rest.len())?;
        let (chunk, after) = rest.split_at_checked(size)?;
        rest = after;
        Some(chunk)
    })
}
