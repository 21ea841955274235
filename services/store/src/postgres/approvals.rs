//! Approvals and their steps. Every change is one statement that looks at the state it changes, so that of two processes one wins.

use parapet_domain::{ApprovalState, Timestamp};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Connection as _, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::PostgresStore;
use super::errors::classify;
use super::write::BEGIN_DURABLE;
use crate::StoreError;
use crate::approvals::{APPROVAL_COLUMNS, Answer, ApprovalRow, PARAPET, StepRow};
use crate::row::{At, Row};

/// Rows that another process is just changing are left to it, so that no two wait for each other.
const EXPIRE: &str = "\
with overdue as (
  select id from approvals where tenant = $1 and state in ('pending', 'approved') and expires_at <= $2 for update skip locked
), expired as (
  update approvals a set state = 'expired' from overdue o where a.tenant = $1 and a.id = o.id returning a.id
), steps as (
  insert into approval_events (tenant, approval, state, at, by, note) select $1, id, 'expired', $2, $3, '' from expired
)
select count(*) from expired";

impl PostgresStore {
    /// The answer, or the open question, `row` itself if there was none; nothing where too many wait.
    pub(crate) async fn ask(&self, row: &ApprovalRow, max_pending: i64) -> Result<Option<ApprovalRow>, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with(BEGIN_DURABLE).await.map_err(classify)?;
        let found = find_or_ask(&mut transaction, row, max_pending).await?;
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
        let mut transaction = lease.connection.begin_with(BEGIN_DURABLE).await.map_err(classify)?;
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
            "select state, at, by, note from approval_events where tenant = $1 and approval = $2 order by at, state <> 'pending', state",
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
        let expired = expire(&mut lease.connection, tenant, now).await.map_err(classify)?;
        lease.keep();
        Ok(expired)
    }
}

/// Uses up the approvals of `rows`, in the transaction that writes them. Returns one that cannot be used, if there is one. A
/// row that is written again after a lost acknowledgement finds its approval used by itself, which is right.
pub(super) async fn use_approvals(connection: &mut PgConnection, rows: &[&Row]) -> Result<Option<Uuid>, sqlx::Error> {
    let mut uses: Vec<(Uuid, &Row)> = rows.iter().filter_map(|row| Some((row.uses_approval()?, *row))).collect();
    // In the same order by every process, so that no two wait for each other.
    uses.sort_by_key(|(id, _)| *id);
    for (id, row) in uses {
        let used = sqlx::query(
            "update approvals set state = 'used', used_by = $3 where tenant = $1 and id = $2 \
             and ((state = 'approved' and expires_at > $4) or (state = 'used' and used_by = $3))",
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

fn select() -> QueryBuilder<Postgres> {
    let columns = APPROVAL_COLUMNS
        .replace("questions", "questions::text as questions")
        .replace("content", "content::text as content");
    QueryBuilder::new(format!("select {columns} from approvals"))
}

fn one(tenant: &str, id: Uuid) -> QueryBuilder<Postgres> {
    let mut query = select();
    query.push(" where tenant = ").push_bind(tenant.to_owned()).push(" and id = ").push_bind(id);
    query
}

async fn find_or_ask(
    connection: &mut PgConnection,
    row: &ApprovalRow,
    max_pending: i64,
) -> Result<Option<ApprovalRow>, StoreError> {
    let now = row.created_at;
    // One question of a user at a time: two processes neither ask the same twice nor exceed the limit together.
    let user = format!("{}\n{}\n{}", row.tenant, row.route, row.principal.as_deref().unwrap_or_default());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('approvals ' || $1, 0))")
        .bind(user)
        .execute(&mut *connection)
        .await
        .map_err(classify)?;
    expire(connection, &row.tenant, now.0).await.map_err(classify)?;
    let mut query = select();
    query.push(" where tenant = ").push_bind(&row.tenant).push(" and binding = ").push_bind(&row.binding);
    query.push(" and state in ('pending', 'approved', 'denied') and expires_at > ").push_bind(now);
    query.push(" order by state = 'denied' desc, id desc limit 1");
    if let Some(found) = query.build_query_as().fetch_optional(&mut *connection).await.map_err(classify)? {
        return Ok(Some(found));
    }
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from approvals where tenant = $1 and route = $2 and principal is not distinct from $3 and state = 'pending'",
    )
    .bind(&row.tenant)
    .bind(&row.route)
    .bind(&row.principal)
    .fetch_one(&mut *connection)
    .await
    .map_err(classify)?;
    if waiting >= max_pending {
        return Ok(None);
    }
    if !insert(connection, row).await.map_err(classify)? {
        // An overdue question with the same binding is just being answered.
        return Err(StoreError::Unavailable("another process is changing the same approval".to_owned()));
    }
    step(connection, &row.tenant, row.id, ApprovalState::Pending, now.0, PARAPET, "").await.map_err(classify)?;
    Ok(Some(row.clone()))
}

/// Whether there was no open one.
async fn insert(connection: &mut PgConnection, row: &ApprovalRow) -> Result<bool, sqlx::Error> {
    let sql = format!(
        "insert into approvals ({APPROVAL_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
         $16::json, $17, $18::json, $19, $20, $21, $22, $23) on conflict do nothing"
    );
    let query = bind(sqlx::query(sqlx::AssertSqlSafe(sql)), row);
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

/// One value a column, in the order of [`APPROVAL_COLUMNS`].
fn bind<'q>(query: Query<'q, Postgres, PgArguments>, row: &'q ApprovalRow) -> Query<'q, Postgres, PgArguments> {
    query
        .bind(&row.version)
        .bind(&row.tenant)
        .bind(row.id)
        .bind(&row.binding)
        .bind(row.created_at)
        .bind(row.expires_at)
        .bind(row.exchange_id)
        .bind(&row.route)
        .bind(&row.agent)
        .bind(&row.principal)
        .bind(&row.principal_by)
        .bind(&row.session)
        .bind(&row.stage)
        .bind(&row.tool)
        .bind(&row.call_digest)
        .bind(&row.questions)
        .bind(&row.guard_set)
        .bind(&row.content)
        .bind(&row.state)
        .bind(&row.decided_by)
        .bind(row.decided_at)
        .bind(&row.note)
        .bind(row.used_by)
}

async fn take_answer(
    connection: &mut PgConnection,
    tenant: &str,
    id: Uuid,
    answer: &Answer,
) -> Result<bool, sqlx::Error> {
    let state = if answer.approve { ApprovalState::Approved } else { ApprovalState::Denied };
    let taken = sqlx::query(
        "update approvals set state = $3, decided_by = $4, decided_at = $5, note = $6 \
         where tenant = $1 and id = $2 and state = 'pending' and expires_at > $5",
    )
    .bind(tenant)
    .bind(id)
    .bind(state.as_str())
    .bind(&answer.by)
    .bind(At(answer.at))
    .bind(&answer.note)
    .execute(&mut *connection)
    .await?
    .rows_affected()
        == 1;
    if taken {
        step(connection, tenant, id, state, answer.at, &answer.by, &answer.note).await?;
    }
    Ok(taken)
}

async fn expire(connection: &mut PgConnection, tenant: &str, now: Timestamp) -> Result<u64, sqlx::Error> {
    let expired: i64 =
        sqlx::query_scalar(EXPIRE).bind(tenant).bind(At(now)).bind(PARAPET).fetch_one(connection).await?;
    Ok(expired.unsigned_abs())
}

/// The step that was just taken. It is there already only when the row that used an approval is written again.
async fn step(
    connection: &mut PgConnection,
    tenant: &str,
    id: Uuid,
    state: ApprovalState,
    at: Timestamp,
    by: &str,
    note: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into approval_events (tenant, approval, state, at, by, note) values ($1, $2, $3, $4, $5, $6) \
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
