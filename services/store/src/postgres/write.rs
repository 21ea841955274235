//! Writes batches of decisions: one statement with one array per column, one commit, however many rows.

use parapet_domain::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Connection as _, Postgres};
use uuid::Uuid;

use super::PostgresStore;
use super::approvals::use_approvals;
use super::errors::classify;
use crate::row::{At, Mark, Row};
use crate::{Durability, StoreError};

/// Both inserts leave rows alone that are there already: after a lost acknowledgement the batch is simply sent again.
/// Each `::json` is checked by the server but kept as it was sent.
const INSERT: &str = "\
with new_decisions as (
  insert into decisions (version, id, event_id, exchange_id, sequence, at, tenant, route, agent, principal, roles,
    session, trace_id, stage, surface, content_digest, coverage, runs, failures, folded, enforced, reason_code, message,
    decided_by, guard_set, engine, duration_us, content, chain_sequence, chain_digest, chain_key_id,
    approval_id, approval_state, approval_by, tokens)
  select version, id, event_id, exchange_id, sequence, at, tenant, route, agent, principal, roles::json,
    session, trace_id, stage, surface, content_digest, coverage::json, runs::json, failures, folded, enforced, reason_code, message,
    decided_by, guard_set, engine::json, duration_us, content::json, chain_sequence, chain_digest, chain_key_id,
    approval_id, approval_state, approval_by, tokens::json
  from unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
    $18::text[], $19::int[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[],
    $27::bigint[], $28::text[], $29::bigint[], $30::text[], $31::text[],
    $32::uuid[], $33::text[], $34::text[], $35::text[])
    as rows (version, id, event_id, exchange_id, sequence, at, tenant, route, agent, principal, roles,
    session, trace_id, stage, surface, content_digest, coverage, runs, failures, folded, enforced, reason_code, message,
    decided_by, guard_set, engine, duration_us, content, chain_sequence, chain_digest, chain_key_id,
    approval_id, approval_state, approval_by, tokens)
  on conflict (tenant, at, id) do nothing
  returning 1
), new_marks as (
  insert into decision_marks (tenant, guard, outcome, at, id)
  select * from unnest($36::text[], $37::text[], $38::text[], $39::timestamptz[], $40::uuid[])
  on conflict (tenant, guard, outcome, at, id) do nothing
)
select count(*) from new_decisions";

/// In one message with BEGIN. A standby that has to apply each commit first (`remote_apply`) is stronger than `on`.
pub(super) const BEGIN_DURABLE: &str = "\
begin; select set_config('synchronous_commit', case current_setting('synchronous_commit') \
when 'remote_apply' then 'remote_apply' else 'on' end, true)";

impl PostgresStore {
    pub(crate) async fn insert(&self, rows: &[&Row], durability: Durability) -> Result<u64, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        self.partitions.ensure_for(&mut lease.connection, rows.iter().map(|row| row.at.0)).await;
        let begin = match durability {
            Durability::Durable => BEGIN_DURABLE,
            Durability::AsConfigured => "begin",
        };
        let mut transaction = lease.connection.begin_with(begin).await.map_err(classify)?;
        if let Some(id) = use_approvals(&mut transaction, rows).await.map_err(classify)? {
            transaction.rollback().await.map_err(classify)?;
            lease.keep();
            return Err(StoreError::ApprovalSpent { id });
        }
        let query = bind_marks(bind_decisions(sqlx::query(INSERT), rows), rows);
        let counted = query.fetch_one(&mut *transaction).await.map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        let written: i64 = sqlx::Row::try_get(&counted, 0).map_err(classify)?;
        Ok(written.unsigned_abs())
    }

    pub(crate) async fn heartbeat(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        sqlx::query("update heartbeat set at = $1")
            .bind(At(now))
            .execute(&mut lease.connection)
            .await
            .map_err(classify)?;
        lease.keep();
        Ok(())
    }
}

type Insert<'q> = Query<'q, Postgres, PgArguments>;

/// One array per column, in the order of the statement.
fn bind_decisions<'q>(query: Insert<'q>, rows: &[&'q Row]) -> Insert<'q> {
    fn column<'q, T>(rows: &[&'q Row], field: impl Fn(&'q Row) -> T) -> Vec<T> {
        rows.iter().map(|row| field(row)).collect()
    }
    query
        .bind(column(rows, |r| r.version.as_str()))
        .bind(column(rows, |r| r.id))
        .bind(column(rows, |r| r.event_id))
        .bind(column(rows, |r| r.exchange_id))
        .bind(column(rows, |r| r.sequence))
        .bind(column(rows, |r| r.at))
        .bind(column(rows, |r| r.tenant.as_str()))
        .bind(column(rows, |r| r.route.as_str()))
        .bind(column(rows, |r| r.agent.as_str()))
        .bind(column(rows, |r| r.principal.as_deref()))
        .bind(column(rows, |r| r.roles.as_str()))
        .bind(column(rows, |r| r.session.as_deref()))
        .bind(column(rows, |r| r.trace_id.as_deref()))
        .bind(column(rows, |r| r.stage.as_str()))
        .bind(column(rows, |r| r.surface.as_str()))
        .bind(column(rows, |r| r.content_digest.as_str()))
        .bind(column(rows, |r| r.coverage.as_str()))
        .bind(column(rows, |r| r.runs.as_str()))
        .bind(column(rows, |r| r.failures))
        .bind(column(rows, |r| r.folded.as_str()))
        .bind(column(rows, |r| r.enforced.as_str()))
        .bind(column(rows, |r| r.reason_code.as_str()))
        .bind(column(rows, |r| r.message.as_str()))
        .bind(column(rows, |r| r.decided_by.as_deref()))
        .bind(column(rows, |r| r.guard_set.as_str()))
        .bind(column(rows, |r| r.engine.as_str()))
        .bind(column(rows, |r| r.duration_us))
        .bind(column(rows, |r| r.content.as_deref()))
        .bind(column(rows, |r| r.chain_sequence))
        .bind(column(rows, |r| r.chain_digest.as_deref()))
        .bind(column(rows, |r| r.chain_key_id.as_deref()))
        .bind(column(rows, |r| r.approval_id))
        .bind(column(rows, |r| r.approval_state.as_deref()))
        .bind(column(rows, |r| r.approval_by.as_deref()))
        .bind(column(rows, |r| r.tokens.as_deref()))
}

fn bind_marks<'q>(query: Insert<'q>, rows: &[&'q Row]) -> Insert<'q> {
    let marks: Vec<(&'q Row, &'q Mark)> =
        rows.iter().flat_map(|row| row.marks.iter().map(|mark| (*row, mark))).collect();
    query
        .bind(marks.iter().map(|(row, _)| row.tenant.as_str()).collect::<Vec<_>>())
        .bind(marks.iter().map(|(_, mark)| mark.guard.as_str()).collect::<Vec<_>>())
        .bind(marks.iter().map(|(_, mark)| mark.outcome).collect::<Vec<_>>())
        .bind(marks.iter().map(|(row, _)| row.at).collect::<Vec<_>>())
        .bind(marks.iter().map(|(row, _)| row.id).collect::<Vec<Uuid>>())
}
