//! Past cases and their index.

use std::collections::BTreeMap;

use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::SqliteStore;
use super::errors::classify;
use super::write::chunks;
use crate::cases::{CASE_COLUMNS, CaseRow, Posting, Read, TextRow, grams_of, postings_of};
use crate::{CaseSearch, Entered, StoreError};

impl SqliteStore {
    pub(crate) async fn add_cases(&self, rows: &[CaseRow]) -> Result<Vec<Entered>, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
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
        query.push(" where tenant = ").push_bind(tenant).push(" and id in (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
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
        let mut query = QueryBuilder::<Sqlite>::new("select gram, cases from case_gram_counts where tenant = ");
        query.push_bind(tenant).push(" and gram in (");
        let mut list = query.separated(", ");
        for gram in grams {
            list.push_bind(*gram);
        }
        query.push(")");
        query.build_query_as().fetch_all(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn near_cases(
        &self,
        tenant: &str,
        reads: &[Read],
        search: &CaseSearch<'_>,
    ) -> Result<Vec<TextRow>, StoreError> {
        let mut query = near("", tenant, reads, search);
        query.build_query_as().fetch_all(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn forget_case(&self, tenant: &str, id: Uuid) -> Result<bool, StoreError> {
        let mut lease = self.writer.lease(classify).await?;
        let mut transaction = lease.connection.begin_with("begin immediate").await.map_err(classify)?;
        let grams: Option<Vec<u8>> =
            sqlx::query_scalar("delete from cases where tenant = ? and id = ? returning grams")
                .bind(tenant)
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(classify)?;
        for gram in grams_of(grams.as_deref().unwrap_or_default()) {
            delete_posting(&mut transaction, tenant, gram, id).await.map_err(classify)?;
        }
        transaction.commit().await.map_err(classify)?;
        lease.keep();
        Ok(grams.is_some())
    }

    /// The query plan of [`SqliteStore::near_cases`].
    #[cfg(test)]
    pub(crate) async fn explain_near(&self, tenant: &str, reads: &[Read], search: &CaseSearch<'_>) -> String {
        let mut query = near("explain query plan ", tenant, reads, search);
        let rows: Vec<(i64, i64, i64, String)> = query.build_query_as().fetch_all(&self.readers).await.unwrap();
        rows.into_iter().map(|row| row.3 + "\n").collect()
    }
}

fn select() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(format!("select {CASE_COLUMNS} from cases"))
}

/// Each read is a piece of one index; the cases are looked up by key only once the best are known.
fn near(before: &str, tenant: &str, reads: &[Read], search: &CaseSearch<'_>) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(format!("{before}with hits (id, weight) as ("));
    for (n, read) in reads.iter().enumerate() {
        query.push(if n == 0 { "select * from (select id, " } else { " union all select * from (select id, " });
        query.push_bind(read.weight).push(" from case_grams where tenant = ").push_bind(tenant.to_owned());
        query.push(" and gram = ").push_bind(read.gram).push(" order by id desc limit ").push_bind(read.most).push(")");
    }
    query.push("), best (id, score) as (select id, sum(weight) as score from hits group by id");
    query.push(" order by score desc, id desc limit ").push_bind(search.limit).push(") select c.id, c.agent");
    for column in ["request", "input", "output"] {
        query.push(format_args!(", substr(c.{column}, 1, ")).push_bind(search.chars);
        query.push(format_args!(") as {column}"));
    }
    // CROSS JOIN: SQLite keeps the order of the tables.
    query.push(" from best b cross join cases c on c.tenant = ").push_bind(tenant.to_owned());
    query.push(" and c.id = b.id order by b.score desc, b.id desc");
    query
}

/// Whether the case is new.
async fn insert_case(connection: &mut SqliteConnection, row: &CaseRow) -> Result<bool, sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("insert into cases (");
    query.push(CASE_COLUMNS).push(") ").push_values([row], |mut values, row| {
        values.push_bind(&row.version).push_bind(&row.tenant).push_bind(row.id).push_bind(row.created_at);
        values.push_bind(&row.agent).push_bind(&row.input).push_bind(&row.output).push_bind(&row.request);
        values.push_bind(&row.verdict).push_bind(&row.guard).push_bind(&row.guard_hash).push_bind(&row.evidence);
        values.push_bind(&row.vouched_by).push_bind(row.tests_passed).push_bind(row.decision);
        values.push_bind(row.was_right).push_bind(&row.note).push_bind(&row.plan).push_bind(&row.code);
        values.push_bind(&row.settings).push_bind(&row.digest).push_bind(&row.grams);
    });
    query.push(" on conflict do nothing");
    Ok(query.build().execute(connection).await?.rows_affected() == 1)
}

/// The case that kept `row` out.
async fn why_not(connection: &mut SqliteConnection, row: &CaseRow) -> Result<Entered, StoreError> {
    let same: Option<Uuid> = sqlx::query_scalar("select id from cases where tenant = ? and digest = ?")
        .bind(&row.tenant)
        .bind(&row.digest)
        .fetch_optional(&mut *connection)
        .await
        .map_err(classify)?;
    if let Some(id) = same {
        return Ok(Entered::Known(id));
    }
    let disputed: Option<Uuid> = sqlx::query_scalar("select id from cases where tenant = ? and decision = ?")
        .bind(&row.tenant)
        .bind(row.decision)
        .fetch_optional(connection)
        .await
        .map_err(classify)?;
    disputed
        .map(Entered::Disputed)
        .ok_or_else(|| StoreError::Rejected(format!("the id `{}` is taken by another case", row.id)))
}

async fn insert_postings(connection: &mut SqliteConnection, postings: &[Posting<'_>]) -> Result<(), sqlx::Error> {
    for chunk in chunks(postings) {
        let mut query = QueryBuilder::<Sqlite>::new("insert into case_grams (tenant, gram, id) ");
        query.push_values(chunk, |mut values, posting| {
            values.push_bind(posting.tenant).push_bind(posting.gram).push_bind(posting.id);
        });
        query.build().execute(&mut *connection).await?;
    }
    let mut counts: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    postings.iter().for_each(|posting| *counts.entry((posting.tenant, posting.gram)).or_default() += 1);
    let counts: Vec<_> = counts.into_iter().collect();
    for chunk in chunks(&counts) {
        let mut query = QueryBuilder::<Sqlite>::new("insert into case_gram_counts (tenant, gram, cases) ");
        query.push_values(chunk, |mut values, ((tenant, gram), cases)| {
            values.push_bind(*tenant).push_bind(*gram).push_bind(*cases);
        });
        query.push(" on conflict (tenant, gram) do update set cases = case_gram_counts.cases + excluded.cases");
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn delete_posting(
    connection: &mut SqliteConnection,
    tenant: &str,
    gram: i64,
    id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from case_grams where tenant = ? and gram = ? and id = ?")
        .bind(tenant)
        .bind(gram)
        .bind(id)
        .execute(&mut *connection)
        .await?;
    let last = sqlx::query("delete from case_gram_counts where tenant = ? and gram = ? and cases = 1")
        .bind(tenant)
        .bind(gram)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    if last == 0 {
        sqlx::query("update case_gram_counts set cases = cases - 1 where tenant = ? and gram = ?")
            .bind(tenant)
            .bind(gram)
            .execute(connection)
            .await?;
    }
    Ok(())
}
