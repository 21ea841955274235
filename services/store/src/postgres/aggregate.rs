//! Counts decisions over a span of time for the overview.

use sqlx::postgres::types::PgInterval;

use super::PostgresStore;
use super::errors::classify;
use crate::overview::{Counted, failure_kinds, failure_reasons};
use crate::row::At;
use crate::{FailureCount, GuardCount, Latency, Overview, OverviewRequest, StoreError, text};

const COUNTS: &str = "\
select date_bin($1, at, 'epoch'), enforced, count(*), count(*) filter (where failures > 0)
from decisions where tenant = $2 and at >= $3 and at < $4
group by 1, 2";

const DENIALS: &str = "\
select decided_by, count(*)
from decisions
where tenant = $1 and enforced = 'deny' and at >= $2 and at < $3 and decided_by is not null
  and reason_code <> all ($4)
group by 1 order by 2 desc, 1";

/// Jumps from guard to guard along the key, so that the marks of the time before and after are not read.
const FAILURES: &str = "\
with recursive guards (guard) as (
  select min(guard) from decision_marks where tenant = $1 and guard > ''
  union all
  select (select min(m.guard) from decision_marks m where m.tenant = $1 and m.guard > guards.guard)
  from guards where guards.guard is not null
)
select guards.guard, kinds.kind, counted.n
from guards cross join unnest($4::text[]) as kinds (kind) cross join lateral (
  select count(*) as n from decision_marks m
  where m.tenant = $1 and m.guard = guards.guard and m.outcome = kinds.kind and m.at >= $2 and m.at < $3
) as counted
where counted.n > 0
order by 3 desc, 1, 2";

const LATENCY: &str = "\
select percentiles[1], percentiles[2], percentiles[3]
from (
  select percentile_disc(array[0.5, 0.95, 0.99]) within group (order by duration_us) as percentiles
  from decisions where tenant = $1 and at >= $2 and at < $3
) as ranked";

impl PostgresStore {
    pub(crate) async fn overview(&self, request: &OverviewRequest) -> Result<Overview, StoreError> {
        let tenant = text::escape(&request.tenant);
        let (tenant, from, to) = (tenant.as_ref(), At(request.from), At(request.to));
        let width = PgInterval { months: 0, days: 0, microseconds: request.bucket_us };
        // One snapshot, so that the parts agree with each other.
        let mut snapshot =
            self.readers.begin_with("begin isolation level repeatable read read only").await.map_err(classify)?;
        let counted: Vec<(At, String, i64, i64)> = sqlx::query_as(COUNTS)
            .persistent(false)
            .bind(width)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .fetch_all(&mut *snapshot)
            .await
            .map_err(classify)?;
        let denials: Vec<(String, i64)> = sqlx::query_as(DENIALS)
            .persistent(false)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .bind(failure_reasons())
            .fetch_all(&mut *snapshot)
            .await
            .map_err(classify)?;
        let failures: Vec<(String, String, i64)> = sqlx::query_as(FAILURES)
            .persistent(false)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .bind(failure_kinds())
            .fetch_all(&mut *snapshot)
            .await
            .map_err(classify)?;
        let latency: (Option<i64>, Option<i64>, Option<i64>) = sqlx::query_as(LATENCY)
            .persistent(false)
            .bind(tenant)
            .bind(from)
            .bind(to)
            .fetch_one(&mut *snapshot)
            .await
            .map_err(classify)?;

        let counted = counted
            .into_iter()
            .map(|(start, enforced, n, failed)| Counted::new(start.0.as_micros(), &enforced, n, failed));
        let failures = failures.into_iter().map(|(guard, kind, n)| FailureCount::new(guard, &kind, n));
        Ok(request.assemble(
            counted.collect::<Result<_, _>>()?,
            denials.into_iter().map(|(guard, n)| GuardCount::new(guard, n)).collect(),
            failures.collect::<Result<_, _>>()?,
            Latency::of(latency),
        ))
    }
}
