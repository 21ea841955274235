//! What can go wrong with a store. Typed by what the caller can do about it.

use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no store.
    #[error("store url: {0}")]
    Url(String),
    /// The file is not a SQLite database, or a damaged one.
    #[error(
        "`{path}` is not a SQLite database, or it is damaged ({message}); move it away to start a new log, or restore it from a backup"
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        message: String,
    },
    /// A SQLite database of another program.
    #[error("`{path}` is a SQLite database of another program; give the audit log a file of its own")]
    ForeignDatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or created.
    #[error("`{path}` cannot be opened: {message}; check that the folder exists and is writable")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        message: String,
    },
    /// The database was migrated by a newer Parapet.
    #[error(
        "the database has migration {found}, but this version of parapet knows migrations up to {known}; use a newer parapet, or restore a backup from before the upgrade"
    )]
    NewerDatabase {
        /// Migration in the database.
        found: i64,
        /// Newest migration known.
        known: i64,
    },
    /// A migration in the database differs from the one known, or was left half done.
    #[error(
        "migration {version} in the database is {problem}; it was made by another build of parapet and cannot be used by this one"
    )]
    ForeignMigration {
        /// Migration in the database.
        version: i64,
        /// `not the one of this build`, `unknown to this build` or `only half done`.
        problem: &'static str,
    },
    /// A migration failed.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The Postgres server would lose rows that it has confirmed.
    #[error(
        "the postgres server runs with `{setting} = off` and can lose confirmed decisions in a crash; set `{setting} = on` in postgresql.conf and reload"
    )]
    NotDurable {
        /// The server setting.
        setting: &'static str,
    },
    /// The Postgres server is too old.
    #[error("the postgres server is version {found}, but 15 or newer is needed")]
    ServerTooOld {
        /// Major version.
        found: u32,
    },
    /// Away, busy, full or too slow: trying again can help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A field is longer than the store keeps.
    #[error("field `{field}` is {bytes} bytes long, but at most {max} are stored")]
    FieldTooLong {
        /// Name of the field.
        field: &'static str,
        /// Its length in the store's encoding.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The record cannot be stored, now or later.
    #[error("the record cannot be stored: {0}")]
    Rejected(String),
    /// The approval that a decision was to use is not there to be used: it was used meanwhile, or its time has run out.
    #[error("approval `{id}` can no longer be used; ask again")]
    ApprovalSpent {
        /// The approval.
        id: uuid::Uuid,
    },
    /// A stored row cannot be read by this version.
    #[error("a stored row cannot be read: {0}")]
    Unreadable(String),
    /// The question makes no sense.
    #[error("{0}")]
    Query(String),
}

impl StoreError {
    /// Whether the same call can succeed later without a change by the caller.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether it is the record that is at fault, so that others can still be written.
    #[must_use]
    pub const fn is_about_the_record(&self) -> bool {
        matches!(self, Self::FieldTooLong { .. } | Self::Rejected(_) | Self::ApprovalSpent { .. })
    }
}

/// Names a migration problem; sqlx's own texts do not say what to do.
pub(crate) fn of_migration(error: &sqlx::migrate::MigrateError, known: i64) -> StoreError {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::VersionMissing(found) if *found > known => StoreError::NewerDatabase { found: *found, known },
        MigrateError::VersionMissing(version) => {
            StoreError::ForeignMigration { version: *version, problem: "unknown to this build" }
        }
        MigrateError::VersionMismatch(version) => {
            StoreError::ForeignMigration { version: *version, problem: "not the one of this build" }
        }
        MigrateError::Dirty(version) => StoreError::ForeignMigration { version: *version, problem: "only half done" },
        other => StoreError::Migration(other.to_string()),
    }
}
