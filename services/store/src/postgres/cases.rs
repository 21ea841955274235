//! Past cases and their index.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Connection as _, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::PostgresStore;
use super::errors::classify;
use crate::cases::{CASE_COLUMNS, CaseRow, Posting, Read, TextRow, grams_of, postings_of};
use crate::{CaseSearch, Entered, StoreError};

/// Each read is a piece of one index; the cases are looked up by key only once the best are known. `limit` inside the
/// joined queries also keeps the planner from turning them into scans.
const NEAR: &str = "\
with reads as (
  select * from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as r (gram, weight, most)
), hits as (
  select h.id, r.weight from reads r cross join lateral
    (select g.id from case_grams g where g.tenant = $1 and g.gram = r.gram order by g.id desc limit r.most) h
), best as (
  select id, sum(weight)::bigint as score from hits group by id order by score desc, id desc limit $5
)
select t.* from best b cross join lateral
  (select c.id, c.agent, left(c.request, $6) as request, left(c.input, $6) as input, left(c.output, $6) as output
   from cases c where c.tenant = $1 and c.id = b.id limit 1) t
order by b.score desc, b.id desc";

/// Rows are written in the order of the key, and so locked in the same order by every process.
const INSERT_POSTINGS: &str = "\
insert into case_grams (tenant, gram, id)
select * from unnest($1::text[], $2::bigint[], $3::uuid[])";
const COUNT_POSTINGS: &str = "\
insert into case_gram_counts (tenant, gram, cases)
select tenant, gram, count(*) from unnest($1::text[], $2::bigint[]) as p (tenant, gram) group by tenant, gram order by tenant, gram
on conflict (tenant, gram) do update set cases = case_gram_counts.cases + excluded.cases";

impl PostgresStore {
    pub(crate) async fn add_cases(&self, rows: &[CaseRow]) -> Result<Vec<Entered>, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin().await.map_err(classify)?;
        let (mut entered, mut added) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            if insert_case(&mut transaction, row).await.map_err(classify)? {
                added.push(row);
                entered.push(Entered::New(row.id));
            } else {
                entered.push(why_not(&mut transaction, row).await?);
            }
        }
        insert_postings(&mut transaction, &postings_of(&added)).await.map_err(classify)?;
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(entered)
    }

    pub(crate) async fn cases_of(&self, tenant: &str, ids: &[Uuid]) -> Result<Vec<CaseRow>, StoreError> {
        let mut query = select();
        query.push(" where tenant = ").push_bind(tenant).push(" and id = any(").push_bind(ids).push(")");
        query.build_query_as().fetch_all(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn list_cases(
        &self,
        tenant: &str,
        fetch: i64,
        after: Option<Uuid>,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let mut query = select();
        query.push(" where tenant = ").push_bind(tenant);
        if let Some(after) = after {
            query.push(" and id < ").push_bind(after);
        }
        query.push(" order by id desc limit ").push_bind(fetch);
        query.build_query_as().fetch_all(&self.readers).await.map_err(classify)
    }

    /// In how many cases each of `grams` stands; those of none are left out.
    pub(crate) async fn case_gram_counts(&self, tenant: &str, grams: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
        sqlx::query_as("select gram, cases from case_gram_counts where tenant = $1 and gram = any($2)")
            .bind(tenant)
            .bind(grams)
            .fetch_all(&self.readers)
            .await
            .map_err(classify)
    }

    pub(crate) async fn near_cases(
        &self,
        tenant: &str,
        reads: &[Read],
        search: &CaseSearch<'_>,
    ) -> Result<Vec<TextRow>, StoreError> {
        sqlx::query_as(NEAR)
            .bind(tenant)
            .bind(reads.iter().map(|read| read.gram).collect::<Vec<_>>())
            .bind(reads.iter().map(|read| read.weight).collect::<Vec<_>>())
            .bind(reads.iter().map(|read| read.most).collect::<Vec<_>>())
            .bind(i64::from(search.limit))
            .bind(i32::try_from(search.chars).unwrap_or(i32::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(classify)
    }

    pub(crate) async fn forget_case(&self, tenant: &str, id: Uuid) -> Result<bool, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin().await.map_err(classify)?;
        let grams: Option<Vec<u8>> =
            sqlx::query_scalar("delete from cases where tenant = $1 and id = $2 returning grams")
                .bind(tenant)
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(classify)?;
        if let Some(grams) = &grams {
            let grams: Vec<i64> = grams_of(grams).collect();
            delete_postings(&mut transaction, tenant, &grams, id).await.map_err(classify)?;
        }
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(grams.is_some())
    }

    /// The plan of [`PostgresStore::near_cases`], as it ran.
    #[cfg(test)]
    pub(crate) async fn explain_near(&self, tenant: &str, reads: &[Read], search: &CaseSearch<'_>) -> String {
        let sql = format!("explain (analyze, buffers, costs off, timing off, summary off) {NEAR}");
        let lines: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(tenant)
            .bind(reads.iter().map(|read| read.gram).collect::<Vec<_>>())
            .bind(reads.iter().map(|read| read.weight).collect::<Vec<_>>())
            .bind(reads.iter().map(|read| read.most).collect::<Vec<_>>())
            .bind(i64::from(search.limit))
            .bind(i32::try_from(search.chars).unwrap())
            .fetch_all(&self.readers)
            .await
            .unwrap();
        lines.join("\n")
    }
}

fn select() -> QueryBuilder<Postgres> {
    QueryBuilder::new(format!("select {} from cases", CASE_COLUMNS.replace("settings", "settings::text as settings")))
}

/// Whether the case is new.
async fn insert_case(connection: &mut PgConnection, row: &CaseRow) -> Result<bool, sqlx::Error> {
    let sql = format!(
        "insert into cases ({CASE_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
         $17, $18, $19, $20::json, $21, $22) on conflict do nothing"
    );
    let query = bind_case(sqlx::query(sqlx::AssertSqlSafe(sql)), row);
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

/// One value a column, in the order of [`CASE_COLUMNS`].
fn bind_case<'q>(query: Query<'q, Postgres, PgArguments>, row: &'q CaseRow) -> Query<'q, Postgres, PgArguments> {
    query
        .bind(&row.version)
        .bind(&row.tenant)
        .bind(row.id)
        .bind(row.created_at)
        .bind(&row.agent)
        .bind(&row.input)
        .bind(&row.output)
        .bind(&row.request)
        .bind(&row.verdict)
        .bind(&row.guard)
        .bind(&row.guard_hash)
        .bind(&row.evidence)
        .bind(&row.vouched_by)
        .bind(row.tests_passed)
        .bind(row.decision)
        .bind(row.was_right)
        .bind(&row.note)
        .bind(&row.plan)
        .bind(&row.code)
        .bind(&row.settings)
        .bind(&row.digest)
        .bind(&row.grams)
}

/// The case that kept `row` out.
async fn why_not(connection: &mut PgConnection, row: &CaseRow) -> Result<Entered, StoreError> {
    let same: Option<Uuid> = sqlx::query_scalar("select id from cases where tenant = $1 and digest = $2")
        .bind(&row.tenant)
        .bind(&row.digest)
        .fetch_optional(&mut *connection)
        .await
        .map_err(classify)?;
    if let Some(id) = same {
        return Ok(Entered::Known(id));
    }
    let disputed: Option<Uuid> = sqlx::query_scalar("select id from cases where tenant = $1 and decision = $2")
        .bind(&row.tenant)
        .bind(row.decision)
        .fetch_optional(connection)
        .await
        .map_err(classify)?;
    disputed
        .map(Entered::Disputed)
        .ok_or_else(|| StoreError::Rejected(format!("the id `{}` is taken by another case", row.id)))
}

async fn insert_postings(connection: &mut PgConnection, postings: &[Posting<'_>]) -> Result<(), sqlx::Error> {
    let tenants: Vec<&str> = postings.iter().map(|posting| posting.tenant).collect();
    let grams: Vec<i64> = postings.iter().map(|posting| posting.gram).collect();
    let ids: Vec<Uuid> = postings.iter().map(|posting| posting.id).collect();
    sqlx::query(INSERT_POSTINGS).bind(&tenants).bind(&grams).bind(ids).execute(&mut *connection).await?;
    sqlx::query(COUNT_POSTINGS).bind(tenants).bind(grams).execute(connection).await?;
    Ok(())
}

/// The counts are locked in their order first, as when cases are added: no two processes can wait for each other, and
/// none changes a count between the two statements that follow.
async fn delete_postings(
    connection: &mut PgConnection,
    tenant: &str,
    grams: &[i64],
    id: Uuid,
) -> Result<(), sqlx::Error> {
    for sql in [
        "select gram from case_gram_counts where tenant = $1 and gram = any($2) order by gram for update",
        "delete from case_gram_counts where tenant = $1 and gram = any($2) and cases = 1",
        "update case_gram_counts set cases = cases - 1 where tenant = $1 and gram = any($2)",
    ] {
        sqlx::query(sql).bind(tenant).bind(grams).execute(&mut *connection).await?;
    }
    sqlx::query("delete from case_grams where tenant = $1 and gram = any($2) and id = $3")
        .bind(tenant)
        .bind(grams)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}
