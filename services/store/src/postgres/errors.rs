//! Postgres' error codes, by what the caller can do about them.

use crate::{StoreError, limits};

pub(super) fn classify(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(database) => {
            of_code(database.code().as_deref(), database.constraint(), database.message())
        }
        sqlx::Error::Decode(e) | sqlx::Error::ColumnDecode { source: e, .. } => StoreError::Unreadable(e.to_string()),
        sqlx::Error::Encode(e) => StoreError::Rejected(e.to_string()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// Classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html> that lay the fault on the row: data
/// exception, integrity constraint violation, program limit exceeded. All else can pass: a disk that is full, a server
/// that shuts down or has become a standby, a role without rights.
fn of_code(code: Option<&str>, constraint: Option<&str>, message: &str) -> StoreError {
    match (code.and_then(|code| code.get(..2)), constraint) {
        (Some("23"), Some(constraint)) => limits::of_constraint(constraint),
        (Some("22" | "23" | "54"), _) => StoreError::Rejected(message.to_owned()),
        _ => StoreError::Unavailable(format!("{message} (postgres error {})", code.unwrap_or("without code"))),
    }
}
