//! Months of the partitioned tables, created ahead of time. A month that cannot be created is no reason to refuse a
//! row: it then goes to the default partition.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use parapet_domain::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::errors::classify;
use crate::StoreError;

const TABLES: [&str; 2] = ["decisions", "decision_marks"];
/// Months created ahead of the newest row.
const AHEAD: i32 = 2;
/// How long a month that could not be created is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Attaching a month waits for readers of the default partition; beyond this the writer has better things to do.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '1s'";
/// First key of the advisory lock: "Prpt". The second is the schema.
const ADVISORY_LOCK: &str = "select pg_advisory_xact_lock(1349677172, hashtext(current_schema()))";

/// A calendar month, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    /// Months since year 0.
    number: i32,
}

impl Month {
    pub(super) fn of(at: Timestamp) -> Self {
        let civil =
            jiff::Timestamp::from_microsecond(at.as_micros()).map(|t| jiff::tz::TimeZone::UTC.to_datetime(t).date());
        Self { number: civil.map_or(0, |date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1) }
    }

    /// This month and those that are created ahead of it.
    pub(super) fn and_ahead(self) -> impl Iterator<Item = Self> {
        (0..=AHEAD).map(move |n| Self { number: self.number + n })
    }

    /// Rows of other months are imports or have a wrong clock; they must not create tables without end.
    fn is_near(self, now: Self) -> bool {
        (-12..=AHEAD + 1).contains(&(self.number - now.number))
    }

    fn name(self, table: &str) -> String {
        format!("{table}_{:04}_{:02}", self.number.div_euclid(12), self.number.rem_euclid(12) + 1)
    }

    /// First instant, as a literal.
    fn start(self) -> String {
        format!("'{:04}-{:02}-01 00:00:00+00'", self.number.div_euclid(12), self.number.rem_euclid(12) + 1)
    }
}

/// What is known of the months.
#[derive(Default)]
pub(super) struct Partitions {
    months: Mutex<BTreeMap<Month, State>>,
}

#[derive(Clone, Copy)]
enum State {
    Exists,
    FailedAt(Instant),
}

impl Partitions {
    /// Makes sure of the months of a batch and of those ahead. Asks the database only for months not yet known.
    pub(super) async fn ensure_for(&self, connection: &mut PgConnection, times: impl Iterator<Item = Timestamp>) {
        let now = Month::of(Timestamp::now());
        let mut months: Vec<Month> =
            times.map(Month::of).filter(|month| month.is_near(now)).chain(now.and_ahead()).collect();
        months.sort_unstable();
        months.dedup();
        self.ensure(connection, months.into_iter()).await;
    }

    /// Makes sure of the given months.
    pub(super) async fn ensure(&self, connection: &mut PgConnection, months: impl Iterator<Item = Month>) {
        for month in months.filter(|month| self.is_due(*month)).collect::<Vec<_>>() {
            let state = match create(connection, month).await {
                Ok(()) => State::Exists,
                Err(error) => {
                    tracing::warn!(store.partition = month.name("decisions"), %error, "could not create the month; its rows go to the default partition");
                    State::FailedAt(Instant::now())
                }
            };
            self.months.lock().unwrap_or_else(PoisonError::into_inner).insert(month, state);
        }
    }

    fn is_due(&self, month: Month) -> bool {
        match self.months.lock().unwrap_or_else(PoisonError::into_inner).get(&month) {
            None => true,
            Some(State::Exists) => false,
            Some(State::FailedAt(at)) => at.elapsed() >= RETRY_AFTER,
        }
    }
}

/// Creates the month's tables aside and attaches them: unlike `create table ... partition of`, this does not lock the
/// parent against readers and writers.
async fn create(connection: &mut PgConnection, month: Month) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await.map_err(classify)?;
    for statement in [LOCK_TIMEOUT, ADVISORY_LOCK] {
        sqlx::query(statement).execute(&mut *transaction).await.map_err(classify)?;
    }
    for table in TABLES {
        let name = month.name(table);
        let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
            .bind(&name)
            .fetch_one(&mut *transaction)
            .await
            .map_err(classify)?;
        if exists {
            continue;
        }
        // Names and literals are made of numbers only.
        let sql = format!(
            "create table {name} (like {table} including all); \
             alter table {table} attach partition {name} for values from ({}) to ({})",
            month.start(),
            Month { number: month.number + 1 }.start(),
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.map_err(classify)?;
    }
    transaction.commit().await.map_err(classify)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_name_and_its_borders() {
        let month = Month::of(Timestamp::parse("2026-12-31T23:59:59.999999Z").unwrap());
        assert_eq!(
            (month.name("decisions").as_str(), month.start().as_str()),
            ("decisions_2026_12", "'2026-12-01 00:00:00+00'")
        );
        let next = Month::of(Timestamp::parse("2027-01-01T00:00:00Z").unwrap());
        assert_eq!(month.and_ahead().nth(1), Some(next));
    }

    #[test]
    fn far_months_are_not_near() {
        let now = Month::of(Timestamp::parse("2026-06-15T00:00:00Z").unwrap());
        let near = |text: &str| Month::of(Timestamp::parse(text).unwrap()).is_near(now);
        assert!(near("2025-06-01T00:00:00Z") && near("2026-09-30T00:00:00Z"));
        assert!(!near("2025-05-31T23:59:59Z") && !near("2026-10-01T00:00:00Z") && !near("1970-01-01T00:00:00Z"));
    }
}
