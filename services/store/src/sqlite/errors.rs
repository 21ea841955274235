//! SQLite's result codes, by what the caller can do about them.

use std::path::PathBuf;

use crate::{StoreError, limits};

/// Primary result codes, from <https://www.sqlite.org/rescode.html>.
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_TOOBIG: i32 = 18;
const SQLITE_CONSTRAINT: i32 = 19;
const SQLITE_MISMATCH: i32 = 20;
const SQLITE_NOTADB: i32 = 26;

pub(super) fn classify(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(database) => of_code(database.code().as_deref(), database.message()),
        sqlx::Error::Decode(e) | sqlx::Error::ColumnDecode { source: e, .. } => StoreError::Unreadable(e.to_string()),
        sqlx::Error::Encode(e) => StoreError::Rejected(e.to_string()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn of_code(code: Option<&str>, message: &str) -> StoreError {
    // The primary code is the low byte of the extended one.
    let code = code.and_then(|code| code.parse::<i32>().ok()).map_or(0, |code| code & 0xff);
    match code {
        SQLITE_CONSTRAINT => limits::of_constraint(message.rsplit(": ").next().unwrap_or(message)),
        SQLITE_TOOBIG | SQLITE_MISMATCH => StoreError::Rejected(message.to_owned()),
        SQLITE_NOTADB | SQLITE_CORRUPT => {
            StoreError::NotADatabase { path: PathBuf::new(), message: message.to_owned() }
        }
        SQLITE_FULL => StoreError::Unavailable(
            "the disk is full, or `sqlite_max_bytes` is reached; free space or raise the limit".to_owned(),
        ),
        SQLITE_BUSY | SQLITE_LOCKED => {
            StoreError::Unavailable("another process holds the write lock of the database file".to_owned())
        }
        _ => StoreError::Unavailable(message.to_owned()),
    }
}
