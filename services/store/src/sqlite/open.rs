//! Opens the file, refuses what is not ours, migrates. WAL with `synchronous=FULL`: a commit is on disk when it returns.

use std::path::Path;
use std::sync::Arc;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::SqliteStore;
use super::errors::classify;
use crate::lease::Writer;
use crate::{StoreConfig, StoreError, error};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// "Prpt", as in the first migration.
const APPLICATION_ID: i64 = 0x5072_7074;

impl SqliteStore {
    pub(crate) async fn open(path: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        create_private(path)?;
        refuse_foreign(path).await?;
        let options = options(path, config);
        let mut connection = options.connect().await.map_err(|e| named(path, e))?;
        migrate(&mut connection).await?;
        let max_pages = max_pages(&mut connection, config.sqlite_max_bytes).await?;
        // Closing has nothing left to do that could be lost.
        let _ = connection.close().await;

        let writing = match max_pages {
            Some(pages) => options.clone().pragma("max_page_count", pages.to_string()),
            None => options.clone(),
        };
        let readers = PoolOptions::new()
            .max_connections(config.readers.max(1))
            .acquire_timeout(config.connect_timeout())
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self { writer: Arc::new(Writer::new(writing, config.connect_timeout())), readers })
    }
}

fn options(path: &Path, config: &StoreConfig) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(config.busy_timeout())
}

/// A new file is readable by its owner alone; SQLite gives its companions (`-wal`, `-shm`) the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    match open.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            warn_if_shared(path);
            Ok(())
        }
        Err(e) => Err(StoreError::File { path: path.to_owned(), message: e.to_string() }),
    }
}

/// The operator may have shared the file on purpose, so its mode is left as it is.
fn warn_if_shared(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(store.path = %path.display(), store.mode = format!("{mode:o}"), "the audit log can be read or written by other users; run chmod 600 on it");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Looks before anything is written: switching another program's database to WAL would be a change to it.
async fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    let looking = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    let mut connection = looking.connect().await.map_err(|e| named(path, e))?;
    let id: i64 =
        sqlx::query_scalar("pragma application_id").fetch_one(&mut connection).await.map_err(|e| named(path, e))?;
    let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_schema")
        .fetch_one(&mut connection)
        .await
        .map_err(|e| named(path, e))?;
    let _ = connection.close().await;
    if id == APPLICATION_ID || (id == 0 && tables == 0) {
        Ok(())
    } else {
        Err(StoreError::ForeignDatabase { path: path.to_owned() })
    }
}

/// In one transaction that excludes other writers, so that two processes can start on the same new file.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or_default();
    let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
    // With `run` the compiler cannot see that this future is Send ("Acquire is not general enough"), so it could not be spawned.
    MIGRATIONS.run_direct(None, &mut *transaction, false).await.map_err(|e| error::of_migration(&e, known))?;
    transaction.commit().await.map_err(classify)
}

async fn max_pages(connection: &mut SqliteConnection, max_bytes: Option<u64>) -> Result<Option<u64>, StoreError> {
    let Some(bytes) = max_bytes else { return Ok(None) };
    let page: i64 = sqlx::query_scalar("pragma page_size").fetch_one(connection).await.map_err(classify)?;
    Ok(Some((bytes / page.unsigned_abs().max(1)).max(1)))
}

/// Adds the path, which SQLite's messages leave out.
fn named(path: &Path, error: sqlx::Error) -> StoreError {
    match classify(error) {
        StoreError::NotADatabase { message, .. } => StoreError::NotADatabase { path: path.to_owned(), message },
        StoreError::Unavailable(message) => StoreError::File { path: path.to_owned(), message },
        other => other,
    }
}
