//! Reads decisions: one by its id, or a page newest first. Each filter has an index that also gives the order.
//! Statements are not kept prepared: a generic plan would not know which partitions and values are meant.

use parapet_domain::Timestamp;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::PostgresStore;
use super::errors::classify;
use crate::row::{At, COLUMNS, Row};
use crate::{Cursor, DecisionFilter, StoreError, text};

/// A UUIDv7 is made within this of the event's time, in microseconds; more than a day would be a broken clock.
const NEAR_US: i64 = 24 * 3_600 * 1_000_000;

impl PostgresStore {
    /// Looks first where the time in a UUIDv7 says, so that one or two months are searched and not all of them.
    pub(crate) async fn decision(&self, tenant: &str, id: Uuid) -> Result<Option<Row>, StoreError> {
        if let Some(time) = time_of(id)
            && let Some(row) = self.decision_within(tenant, id, Some(time)).await?
        {
            return Ok(Some(row));
        }
        self.decision_within(tenant, id, None).await
    }

    async fn decision_within(&self, tenant: &str, id: Uuid, near: Option<i64>) -> Result<Option<Row>, StoreError> {
        let mut query = select();
        query.push(" from decisions d where d.tenant = ").push_bind(tenant).push(" and d.id = ").push_bind(id);
        if let Some(near) = near {
            query.push(" and d.at between ").push_bind(At(Timestamp::from_micros(near - NEAR_US)));
            query.push(" and ").push_bind(At(Timestamp::from_micros(near + NEAR_US)));
        }
        query.build_query_as().persistent(false).fetch_optional(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn decisions(
        &self,
        filter: &DecisionFilter,
        after: Option<Cursor>,
        fetch: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let mut query = select();
        push_page(&mut query, filter, after, fetch);
        query.build_query_as().persistent(false).fetch_all(&self.readers).await.map_err(classify)
    }

    #[cfg(test)]
    pub(crate) async fn explain(
        &self,
        filter: &DecisionFilter,
        after: Option<Cursor>,
        fetch: i64,
    ) -> Result<String, StoreError> {
        let mut query = QueryBuilder::new("explain (analyze, buffers, costs off, timing off, summary off) ");
        query.push(select().into_string());
        push_page(&mut query, filter, after, fetch);
        let lines: Vec<String> =
            query.build_query_scalar().persistent(false).fetch_all(&self.readers).await.map_err(classify)?;
        Ok(lines.join("\n"))
    }
}

fn time_of(id: Uuid) -> Option<i64> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    i64::try_from(seconds)
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(i64::from(nanos / 1_000))
        .filter(|_| id.get_version_num() == 7)
}

fn select() -> QueryBuilder<Postgres> {
    let columns = COLUMNS.split(", ").map(|column| match column {
        "roles" | "coverage" | "runs" | "engine" | "content" | "tokens" => format!("d.{column}::text as {column}"),
        other => format!("d.{other}"),
    });
    QueryBuilder::new(format!("select {}", columns.collect::<Vec<_>>().join(", ")))
}

/// Everything after the columns. `k` is the alias of the table whose key gives the order.
fn push_page(query: &mut QueryBuilder<Postgres>, filter: &DecisionFilter, after: Option<Cursor>, fetch: i64) {
    let tenant = text::escape(&filter.tenant).into_owned();
    let k = if let Some((guard, outcome)) = filter.mark() {
        query.push(" from decision_marks m join decisions d on d.tenant = m.tenant and d.at = m.at and d.id = m.id");
        query.push(" where m.tenant = ").push_bind(tenant);
        query.push(" and m.guard = ").push_bind(guard.into_owned()).push(" and m.outcome = ").push_bind(outcome);
        "m"
    } else {
        query.push(" from decisions d where d.tenant = ").push_bind(tenant);
        "d"
    };
    if let Some(from) = filter.from {
        query.push(format_args!(" and {k}.at >= ")).push_bind(At(from));
    }
    if let Some(to) = filter.to {
        query.push(format_args!(" and {k}.at < ")).push_bind(At(to));
    }
    if let Some(cursor) = after {
        query
            .push(format_args!(" and ({k}.at, {k}.id) < ("))
            .push_bind(At(cursor.at))
            .push(", ")
            .push_bind(cursor.id)
            .push(")");
        // Partitions are chosen by plain comparisons only.
        query.push(format_args!(" and {k}.at <= ")).push_bind(At(cursor.at));
    }
    push_equalities(query, filter);
    query.push(format_args!(" order by {k}.at desc, {k}.id desc limit ")).push_bind(fetch);
}

fn push_equalities(query: &mut QueryBuilder<Postgres>, filter: &DecisionFilter) {
    let texts = [
        ("agent", filter.agent.as_deref()),
        ("principal", filter.principal.as_deref()),
        ("session", filter.session.as_deref()),
        ("enforced", filter.decision.map(parapet_domain::Decision::as_str)),
        ("stage", filter.stage.map(parapet_domain::Stage::as_str)),
        ("reason_code", filter.reason_code.as_deref()),
    ];
    for (column, wanted) in texts {
        if let Some(wanted) = wanted {
            query.push(format_args!(" and d.{column} = ")).push_bind(text::escape(wanted).into_owned());
        }
    }
    if filter.reason_code.as_deref().is_some_and(|code| !code.is_empty()) {
        // Says to the planner that the partial index holds all of these rows.
        query.push(" and d.reason_code <> ''");
    }
    if let Some(exchange) = filter.exchange_id {
        query.push(" and d.exchange_id = ").push_bind(exchange);
    }
}
