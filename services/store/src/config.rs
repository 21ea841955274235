//! Where the store is and how patient it is. A value, read by whoever owns the configuration file.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::StoreError;

/// How to open a [`crate::Store`].
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE` with sqlx's parameters, such as `sslmode`.
    pub url: String,
    /// Connections for reading; writing has one of its own, so that no report can keep a decision waiting.
    #[serde(default = "readers")]
    pub readers: u32,
    /// Longest wait for a new connection, in milliseconds.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// SQLite: longest wait for another process that is writing, in milliseconds.
    #[serde(default = "busy_timeout_ms")]
    pub busy_timeout_ms: u64,
    /// SQLite: size that the file must not exceed, in bytes, so that the log cannot fill the disk. Once it is reached,
    /// decisions in the mode `required` are refused until rows are removed or the limit is raised.
    #[serde(default)]
    pub sqlite_max_bytes: Option<u64>,
}

const fn readers() -> u32 {
    4
}

const fn connect_timeout_ms() -> u64 {
    5_000
}

const fn busy_timeout_ms() -> u64 {
    2_000
}

impl StoreConfig {
    /// The store at `url`, with the default patience.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            readers: readers(),
            connect_timeout_ms: connect_timeout_ms(),
            busy_timeout_ms: busy_timeout_ms(),
            sqlite_max_bytes: None,
        }
    }

    pub(crate) const fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(crate) const fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms)
    }

    pub(crate) fn location(&self) -> Result<Location, StoreError> {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") {
                return Err(StoreError::Url(
                    "sqlite needs the path of a file, such as `sqlite:parapet.db`: memory is not durable".to_owned(),
                ));
            }
            return Ok(Location::Sqlite(PathBuf::from(path)));
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return Ok(Location::Postgres(self.url.clone()));
        }
        // The URL may hold a password: only what stands before the colon is repeated.
        let scheme = self.url.split(':').next().unwrap_or_default();
        Err(StoreError::Url(format!(
            "`{scheme}:` is not supported; use `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`"
        )))
    }
}

/// The URL may hold a password, so it is never printed.
impl std::fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("StoreConfig").field("scheme", &scheme).field("readers", &self.readers).finish_non_exhaustive()
    }
}

/// Which of the two stores, and where.
pub(crate) enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}
