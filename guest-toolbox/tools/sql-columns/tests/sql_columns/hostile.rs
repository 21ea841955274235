//! SQL that does not parse, hides something, or tries to exhaust the tool.

use serde_json::json;

use crate::report;

fn error_of(sql: &str) -> serde_json::Value {
    let found = parapet_sql_columns::sql_columns(sql, None, None).unwrap();
    assert_eq!(found["read"], json!({}), "{sql}");
    found["error"].clone()
}

#[test]
fn an_error_has_message_line_and_column() {
    let error = error_of("select a from t\nwhere )");
    assert_eq!((&error["line"], &error["column"]), (&json!(2), &json!(7)));
    assert!(error["message"].as_str().unwrap().starts_with("Expected"), "{error}");
    assert!(error_of("select 'open").is_object());
    assert!(
        error_of("show me the patients").is_object() || report("show me the patients")["statements"][0] != "select"
    );
}

#[test]
fn nothing_is_an_empty_report() {
    assert_eq!(report("")["statements"], json!([]));
    assert_eq!(report(" ;; -- comment")["statements"], json!([]));
}

#[test]
fn comments_do_not_hide_and_are_not_taken_for_sql() {
    let found = report("select a /* from x */ from t -- , secret\n where b = 1");
    assert_eq!(found["read"], json!({"t": ["a", "b"]}));
}

#[test]
fn deep_nesting_is_an_error() {
    for sql in [format!("select {}", "(".repeat(60_000)), format!("select * from {}", "(select * from ".repeat(3_000))]
    {
        assert_eq!(error_of(&sql)["message"], "nested deeper than 50 levels");
    }
}

#[test]
fn nested_subqueries_below_the_limit_take_no_exponential_time() {
    let depth = 12;
    let sql = format!("{}select a from t{}", "select * from (".repeat(depth), ") x".repeat(depth));
    assert_eq!(report(&sql)["read"], json!({"t": ["a"]}));
}

#[test]
fn wide_queries_are_read() {
    let columns: Vec<String> = (0..2_000).map(|i| format!("c{i}")).collect();
    let found = report(&format!("select {} from t", columns.join(", ")));
    assert_eq!(found["read"]["t"].as_array().unwrap().len(), 2_000);
    let conditions = "a = 1 or ".repeat(500);
    assert_eq!(report(&format!("select 1 from t where {conditions} b = 2"))["read"], json!({"t": ["a", "b"]}));
}

#[test]
fn too_much_sql_is_refused() {
    let error = parapet_sql_columns::sql_columns(&" ".repeat(64 * 1024 + 1), None, None).unwrap_err();
    assert_eq!(error, "the SQL text has 65537 bytes; at most 65536 are read");
}

#[test]
fn wrong_arguments_of_the_tool_are_an_error() {
    for arguments in ["", "{}", "[]", "[1]", "[\"a\", 1]", "[\"a\", \"ansi\", {}, 1]"] {
        let answer = String::from_utf8(parapet_sql_columns::call(arguments.as_bytes())).unwrap();
        assert!(answer.starts_with(r#"{"error":"expected the SQL text"#), "{arguments}: {answer}");
    }
    let answer = String::from_utf8(parapet_sql_columns::call(br#"["select 1", "ansi", {"t": 1}]"#)).unwrap();
    assert_eq!(answer, r#"{"error":"the schema must be a map of table names to arrays of column names"}"#);
}

#[test]
fn the_same_sql_gives_the_same_report() {
    let sql = "select b, a from u, t where z = (select y from x)";
    assert_eq!(report(sql).to_string(), report(sql).to_string());
}
