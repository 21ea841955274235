//! Approvals and their steps. Every change takes the write lock first, so what was read cannot change before it is acted on.

use parapet_domain::{ApprovalState, Timestamp};
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::SqliteStore;
use super::errors::classify;
use crate::StoreError;
use crate::approvals::{APPROVAL_COLUMNS, Answer, ApprovalRow, PARAPET, StepRow};
use crate::row::{At, Row};

impl SqliteStore {
    /// The answer, or the open question, `row` itself if there was none; nothing where too many wait.
    pub(crate) async fn ask(&self, row: &ApprovalRow, max_pending: i64) -> Result<Option<ApprovalRow>, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        let found = find_or_ask(&mut transaction, row, max_pending).await.map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(found)
    }

    /// Whether the answer was taken, and the row after it.
    pub(crate) async fn answer_approval(
        &self,
        tenant: &str,
        id: Uuid,
        answer: &Answer,
    ) -> Result<Option<(bool, ApprovalRow)>, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        let taken = take_answer(&mut transaction, tenant, id, answer).await.map_err(classify)?;
        let row = one(tenant, id).build_query_as().fetch_optional(&mut *transaction).await.map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(row.map(|row| (taken, row)))
    }

    pub(crate) async fn approval(&self, tenant: &str, id: Uuid) -> Result<Option<ApprovalRow>, StoreError> {
        one(tenant, id).build_query_as().fetch_optional(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn approval_steps(&self, tenant: &str, id: Uuid) -> Result<Vec<StepRow>, StoreError> {
        sqlx::query_as(
            "select state, at, by, note from approval_events where tenant = ? and approval = ? order by at, state <> 'pending', state",
        )
        .bind(tenant)
        .bind(id)
        .fetch_all(&self.readers)
        .await
        .map_err(classify)
    }

    pub(crate) async fn approvals(
        &self,
        tenant: &str,
        state: Option<ApprovalState>,
        now: Timestamp,
        fetch: i64,
        after: Option<Uuid>,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        let mut query = select();
        query.push(" where tenant = ").push_bind(tenant);
        match state {
            None => {}
            Some(open @ (ApprovalState::Pending | ApprovalState::Approved)) => {
                query.push(" and state = ").push_bind(open.as_str()).push(" and expires_at > ").push_bind(At(now));
            }
            Some(ApprovalState::Expired) => {
                query.push(" and (state = 'expired' or (state in ('pending', 'approved') and expires_at <= ");
                query.push_bind(At(now)).push("))");
            }
            Some(closed) => {
                query.push(" and state = ").push_bind(closed.as_str());
            }
        }
        if let Some(after) = after {
            query.push(" and id < ").push_bind(after);
        }
        query.push(" order by id desc limit ").push_bind(fetch);
        query.build_query_as().fetch_all(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn expire_approvals(&self, tenant: &str, now: Timestamp) -> Result<u64, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        let expired = expire(&mut transaction, tenant, now).await.map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(expired)
    }
}

/// Uses up the approvals of `rows`, in the transaction that writes them. Returns one that cannot be used, if there is one. A
/// row that is written again after a lost acknowledgement finds its approval used by itself, which is right.
pub(super) async fn use_approvals(
    connection: &mut SqliteConnection,
    rows: &[&Row],
) -> Result<Option<Uuid>, sqlx::Error> {
    for row in rows {
        let Some(id) = row.uses_approval() else { continue };
        let used = sqlx::query(
            "update approvals set state = 'used', used_by = ?3 where tenant = ?1 and id = ?2 \
             and ((state = 'approved' and expires_at > ?4) or (state = 'used' and used_by = ?3))",
        )
        .bind(&row.tenant)
        .bind(id)
        .bind(row.id)
        .bind(row.at)
        .execute(&mut *connection)
        .await?
        .rows_affected();
        if used == 0 {
            return Ok(Some(id));
        }
        step(connection, &row.tenant, id, ApprovalState::Used, row.at.0, PARAPET, "").await?;
    }
    Ok(None)
}

fn select() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(format!("select {APPROVAL_COLUMNS} from approvals"))
}

fn one(tenant: &str, id: Uuid) -> QueryBuilder<Sqlite> {
    let mut query = select();
    query.push(" where tenant = ").push_bind(tenant.to_owned()).push(" and id = ").push_bind(id);
    query
}

async fn find_or_ask(
    connection: &mut SqliteConnection,
    row: &ApprovalRow,
    max_pending: i64,
) -> Result<Option<ApprovalRow>, sqlx::Error> {
    let now = row.created_at;
    expire(connection, &row.tenant, now.0).await?;
    let mut query = select();
    query.push(" where tenant = ").push_bind(&row.tenant).push(" and binding = ").push_bind(&row.binding);
    query.push(" and state in ('pending', 'approved', 'denied') and expires_at > ").push_bind(now);
    query.push(" order by state = 'denied' desc, id desc limit 1");
    if let Some(found) = query.build_query_as().fetch_optional(&mut *connection).await? {
        return Ok(Some(found));
    }
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from approvals where tenant = ? and route = ? and principal is ? and state = 'pending'",
    )
    .bind(&row.tenant)
    .bind(&row.route)
    .bind(&row.principal)
    .fetch_one(&mut *connection)
    .await?;
    if waiting >= max_pending {
        return Ok(None);
    }
    insert(connection, row).await?;
    step(connection, &row.tenant, row.id, ApprovalState::Pending, now.0, PARAPET, "").await?;
    Ok(Some(row.clone()))
}

async fn insert(connection: &mut SqliteConnection, row: &ApprovalRow) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("insert into approvals (");
    query.push(APPROVAL_COLUMNS).push(") ").push_values([row], |mut values, row| {
        values.push_bind(&row.version).push_bind(&row.tenant).push_bind(row.id).push_bind(&row.binding);
        values.push_bind(row.created_at).push_bind(row.expires_at).push_bind(row.exchange_id).push_bind(&row.route);
        values.push_bind(&row.agent).push_bind(&row.principal).push_bind(&row.principal_by).push_bind(&row.session);
        values.push_bind(&row.stage).push_bind(&row.tool).push_bind(&row.call_digest).push_bind(&row.questions);
        values.push_bind(&row.guard_set).push_bind(&row.content).push_bind(&row.state).push_bind(&row.decided_by);
        values.push_bind(row.decided_at).push_bind(&row.note).push_bind(row.used_by);
    });
    query.build().execute(connection).await?;
    Ok(())
}

async fn take_answer(
    connection: &mut SqliteConnection,
    tenant: &str,
    id: Uuid,
    answer: &Answer,
) -> Result<bool, sqlx::Error> {
    let state = if answer.approve { ApprovalState::Approved } else { ApprovalState::Denied };
    let taken = sqlx::query(
        "update approvals set state = ?, decided_by = ?, decided_at = ?, note = ? \
         where tenant = ? and id = ? and state = 'pending' and expires_at > ?",
    )
    .bind(state.as_str())
    .bind(&answer.by)
    .bind(At(answer.at))
    .bind(&answer.note)
    .bind(tenant)
    .bind(id)
    .bind(At(answer.at))
    .execute(&mut *connection)
    .await?
    .rows_affected()
        == 1;
    if taken {
        step(connection, tenant, id, state, answer.at, &answer.by, &answer.note).await?;
    }
    Ok(taken)
}

/// Both statements see the same rows: the write lock is held.
async fn expire(connection: &mut SqliteConnection, tenant: &str, now: Timestamp) -> Result<u64, sqlx::Error> {
    sqlx::query(
        "insert into approval_events (tenant, approval, state, at, by, note) \
         select tenant, id, 'expired', ?, ?, '' from approvals \
         where tenant = ? and state in ('pending', 'approved') and expires_at <= ?",
    )
    .bind(At(now))
    .bind(PARAPET)
    .bind(tenant)
    .bind(At(now))
    .execute(&mut *connection)
    .await?;
    let expired = sqlx::query(
        "update approvals set state = 'expired' where tenant = ? and state in ('pending', 'approved') and expires_at <= ?",
    )
    .bind(tenant)
    .bind(At(now))
    .execute(connection)
    .await?;
    Ok(expired.rows_affected())
}

/// The step that was just taken. It is there already only when the row that used an approval is written again.
async fn step(
    connection: &mut SqliteConnection,
    tenant: &str,
    id: Uuid,
    state: ApprovalState,
    at: Timestamp,
    by: &str,
    note: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into approval_events (tenant, approval, state, at, by, note) values (?, ?, ?, ?, ?, ?) \
         on conflict (tenant, approval, state) do nothing",
    )
    .bind(tenant)
    .bind(id)
    .bind(state.as_str())
    .bind(At(at))
    .bind(by)
    .bind(note)
    .execute(connection)
    .await?;
    Ok(())
}
