//! What a guard sees of SQL, honest, odd and hostile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests; the helpers are outside of test functions"
)]

mod dialects;
mod hostile;
mod queries;
mod writes;

use serde_json::Value as Json;

/// The report on an SQL text in a dialect.
fn report_in(dialect: &str, sql: &str) -> Json {
    let report = parapet_sql_columns::sql_columns(sql, Some(dialect), None).expect("a report");
    assert_eq!(report["error"], Json::Null, "{sql}");
    report
}

/// The report on an SQL text.
fn report(sql: &str) -> Json {
    report_in("generic", sql)
}

/// Checks what is read, and that every column is attributed.
fn assert_reads(sql: &str, expected: &Json) {
    let found = report(sql);
    assert_eq!(&found["read"], expected, "{sql}");
    assert_eq!(found["unresolved_columns"], serde_json::json!([]), "{sql}");
}
