//! Connects, refuses a server that is too old or could lose confirmed rows, migrates, creates the months ahead.

use std::str::FromStr as _;
use std::sync::Arc;

use parapet_domain::Timestamp;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use super::PostgresStore;
use super::errors::classify;
use super::partitions::{Month, Partitions};
use crate::lease::Writer;
use crate::{StoreConfig, StoreError, error};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

const OLDEST_SERVER: u32 = 15;
/// Every question has an index that gives the rows in order. The planner would sometimes rather sort all that match,
/// above all in a new month of which it has no statistics yet. Compiling a plan takes longer than reading a page. An
/// overview of too long a span ends, instead of keeping the server busy after its reader has gone.
const FOR_READING: &str = "set enable_sort = off; set jit = off; set statement_timeout = '30s'";

impl PostgresStore {
    pub(crate) async fn open(url: &str, config: &StoreConfig) -> Result<Self, StoreError> {
        let options = options(url)?;
        let writer = Writer::new(options.clone(), config.connect_timeout());
        let partitions = Partitions::default();

        let mut lease = writer.lease(classify).await?;
        check_server(&ServerSettings::read(&mut lease.connection).await?)?;
        // On a connection of its own: a migration that fails keeps its lock until the connection ends.
        let mut migrating = PgConnection::connect_with(&options).await.map_err(classify)?;
        let migrated = migrate(&mut migrating).await;
        let _ = migrating.close().await;
        migrated?;
        partitions.ensure(&mut lease.connection, Month::of(Timestamp::now()).and_ahead()).await;
        lease.keep();

        let readers = PoolOptions::new()
            .max_connections(config.readers.max(1))
            .acquire_timeout(config.connect_timeout())
            .after_connect(|connection, _| {
                Box::pin(async { sqlx::raw_sql(FOR_READING).execute(connection).await.map(|_| ()) })
            })
            .connect_lazy_with(options);
        Ok(Self { writer: Arc::new(writer), readers, partitions: Arc::new(partitions) })
    }
}

fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|e| StoreError::Url(e.to_string()))?;
    Ok(if options.get_application_name().is_none() { options.application_name("parapet") } else { options })
}

async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or_default();
    // With `run` the compiler cannot see that this future is Send ("Acquire is not general enough"), so it could not be spawned.
    MIGRATIONS.run_direct(None, connection, false).await.map_err(|e| error::of_migration(&e, known))
}

/// What of the server's configuration decides whether a commit survives a crash.
struct ServerSettings {
    version: u32,
    fsync: String,
    full_page_writes: String,
}

impl ServerSettings {
    async fn read(connection: &mut PgConnection) -> Result<Self, StoreError> {
        let (number, fsync, full_page_writes): (i32, String, String) = sqlx::query_as(
            "select current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes')",
        )
        .fetch_one(connection)
        .await
        .map_err(classify)?;
        Ok(Self { version: number.unsigned_abs() / 10_000, fsync, full_page_writes })
    }
}

/// `synchronous_commit` is not among them: it is set for each commit that has to be durable.
fn check_server(server: &ServerSettings) -> Result<(), StoreError> {
    if server.version < OLDEST_SERVER {
        return Err(StoreError::ServerTooOld { found: server.version });
    }
    for (setting, value) in [("fsync", &server.fsync), ("full_page_writes", &server.full_page_writes)] {
        if value != "on" {
            return Err(StoreError::NotDurable { setting });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(version: u32, fsync: &str, full_page_writes: &str) -> ServerSettings {
        ServerSettings { version, fsync: fsync.to_owned(), full_page_writes: full_page_writes.to_owned() }
    }

    #[test]
    fn a_server_that_could_lose_rows_is_refused() {
        assert!(check_server(&server(15, "on", "on")).is_ok());
        assert_eq!(
            check_server(&server(18, "off", "on")).unwrap_err().to_string(),
            "the postgres server runs with `fsync = off` and can lose confirmed decisions in a crash; set `fsync = on` in postgresql.conf and reload"
        );
        assert!(matches!(
            check_server(&server(15, "on", "off")),
            Err(StoreError::NotDurable { setting: "full_page_writes" })
        ));
    }

    #[test]
    fn an_old_server_is_refused() {
        assert_eq!(
            check_server(&server(14, "on", "on")).unwrap_err().to_string(),
            "the postgres server is version 14, but 15 or newer is needed"
        );
    }
}
