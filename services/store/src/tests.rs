//! One suite for both stores. What only one of them can show stands in a file with its name.
//!
//! The Postgres half needs an admin URL in `PARAPET_TEST_POSTGRES_URL`; `tests/with-postgres.sh` starts a server and sets
//! it. Without the variable these tests fail, unless `PARAPET_SKIP_POSTGRES=1` says that leaving them out is intended.

mod fixture;
mod proxy;
mod samples;

mod approvals;
mod cases;
mod documents;
mod guard_sets;
mod opening;
mod overview;
mod plans;
mod postgres_only;
mod reading;
mod recording;
mod sessions;
mod sqlite_only;
mod writing;

/// Makes two tests of each named function: `NAME::sqlite` and `NAME::postgres`.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let fixture = crate::tests::fixture::Fixture::sqlite().await;
                super::$name(&fixture).await;
                fixture.remove().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let Some(fixture) = crate::tests::fixture::Fixture::postgres().await else { return };
                super::$name(&fixture).await;
                fixture.remove().await;
            }
        }
    )*};
}
use on_both_stores;
