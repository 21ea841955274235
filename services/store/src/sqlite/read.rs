//! Reads decisions: one by its id, or a page newest first. Each filter has an index that also gives the order.

use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::SqliteStore;
use super::errors::classify;
use crate::row::{At, COLUMNS, Row};
use crate::{Cursor, DecisionFilter, StoreError, text};

impl SqliteStore {
    pub(crate) async fn decision(&self, tenant: &str, id: Uuid) -> Result<Option<Row>, StoreError> {
        let mut query = select();
        query.push(" from decisions d where d.tenant = ").push_bind(tenant).push(" and d.id = ").push_bind(id);
        query.build_query_as().fetch_optional(&self.readers).await.map_err(classify)
    }

    pub(crate) async fn decisions(
        &self,
        filter: &DecisionFilter,
        after: Option<Cursor>,
        fetch: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let mut query = select();
        push_page(&mut query, filter, after, fetch);
        query.build_query_as().fetch_all(&self.readers).await.map_err(classify)
    }

    #[cfg(test)]
    pub(crate) async fn explain(
        &self,
        filter: &DecisionFilter,
        after: Option<Cursor>,
        fetch: i64,
    ) -> Result<String, StoreError> {
        let mut query = QueryBuilder::new("explain query plan ");
        query.push(select().into_string());
        push_page(&mut query, filter, after, fetch);
        let rows: Vec<(i64, i64, i64, String)> =
            query.build_query_as().fetch_all(&self.readers).await.map_err(classify)?;
        Ok(rows.into_iter().map(|row| row.3 + "\n").collect())
    }
}

fn select() -> QueryBuilder<Sqlite> {
    let columns: Vec<String> = COLUMNS.split(", ").map(|column| format!("d.{column}")).collect();
    QueryBuilder::new(format!("select {}", columns.join(", ")))
}

/// Everything after the columns. `k` is the alias of the table whose key gives the order.
fn push_page(query: &mut QueryBuilder<Sqlite>, filter: &DecisionFilter, after: Option<Cursor>, fetch: i64) {
    let tenant = text::escape(&filter.tenant).into_owned();
    let k = if let Some((guard, outcome)) = filter.mark() {
        // CROSS JOIN: SQLite keeps the order of the tables, so the rows come in the order of the marks' key.
        query.push(
            " from decision_marks m cross join decisions d on d.tenant = m.tenant and d.at = m.at and d.id = m.id",
        );
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
    }
    push_equalities(query, filter);
    query.push(format_args!(" order by {k}.at desc, {k}.id desc limit ")).push_bind(fetch);
}

fn push_equalities(query: &mut QueryBuilder<Sqlite>, filter: &DecisionFilter) {
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
