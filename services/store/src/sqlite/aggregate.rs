//! Counts decisions over a span of time for the overview.

use super::SqliteStore;
use super::errors::classify;
use crate::overview::{Counted, failure_kinds, failure_reasons};
use crate::row::At;
use crate::{FailureCount, GuardCount, Latency, Overview, OverviewRequest, StoreError, text};

/// The remainder is made positive, so that times before 1970 fall into the bucket that holds them.
const COUNTS: &str = "\
select at - ((at % ?1) + ?1) % ?1, enforced, count(*), sum(failures > 0)
from decisions where tenant = ?2 and at >= ?3 and at < ?4
group by 1, 2";

const DENIALS: &str = "\
select decided_by, count(*)
from decisions
where tenant = ?1 and enforced = 'deny' and at >= ?2 and at < ?3 and decided_by is not null
  and reason_code not in (select value from json_each(?4))
group by 1 order by 2 desc, 1";

/// Jumps from guard to guard along the key, so that the marks of the time before and after are not read.
const FAILURES: &str = "\
with recursive guards (guard) as (
  select min(guard) from decision_marks where tenant = ?1 and guard > ''
  union all
  select (select min(m.guard) from decision_marks m where m.tenant = ?1 and m.guard > guards.guard)
  from guards where guards.guard is not null
)
select m.guard, m.outcome, count(*)
from guards cross join json_each(?4) kinds cross join decision_marks m
where m.tenant = ?1 and m.guard = guards.guard and m.outcome = kinds.value and m.at >= ?2 and m.at < ?3
group by 1, 2 order by 3 desc, 1, 2";

const LATENCY: &str = "\
with ranked as (
  select duration_us, row_number() over (order by duration_us) as rank, count(*) over () as total
  from decisions where tenant = ?1 and at >= ?2 and at < ?3
)
select min(duration_us) filter (where rank * 100 >= total * 50),
       min(duration_us) filter (where rank * 100 >= total * 95),
       min(duration_us) filter (where rank * 100 >= total * 99)
from ranked";

impl SqliteStore {
    pub(crate) async fn overview(&self, request: &OverviewRequest) -> Result<Overview, StoreError> {
        let tenant = text::escape(&request.tenant);
        let (tenant, from, to) = (tenant.as_ref(), At(request.from), At(request.to));
        // One snapshot, so that the parts agree with each other.
        let mut snapshot = self.readers.begin().await.map_err(classify)?;
        let counted: Vec<(i64, String, i64, i64)> = sqlx::query_as(COUNTS)
            .bind(request.bucket_us)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .fetch_all(&mut *snapshot)
            .await
            .map_err(classify)?;
        let denials: Vec<(String, i64)> = sqlx::query_as(DENIALS)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .bind(list(&failure_reasons()))
            .fetch_all(&mut *snapshot)
            .await
            .map_err(classify)?;
        let failures: Vec<(String, String, i64)> = sqlx::query_as(FAILURES)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .bind(list(&failure_kinds()))
            .fetch_all(&mut *snapshot)
            .await
            .map_err(classify)?;
        let latency: (Option<i64>, Option<i64>, Option<i64>) = sqlx::query_as(LATENCY)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .fetch_one(&mut *snapshot)
            .await
            .map_err(classify)?;

        let counted = counted.into_iter().map(|(start, enforced, n, failed)| Counted::new(start, &enforced, n, failed));
        let failures = failures.into_iter().map(|(guard, kind, n)| FailureCount::new(guard, &kind, n));
        Ok(request.assemble(
            counted.collect::<Result<_, _>>()?,
            denials.into_iter().map(|(guard, n)| GuardCount::new(guard, n)).collect(),
            failures.collect::<Result<_, _>>()?,
            Latency::of(latency),
        ))
    }
}

/// SQLite has no arrays; a list is bound as JSON.
fn list(words: &[&str]) -> String {
    serde_json::Value::from(words.to_vec()).to_string()
}
