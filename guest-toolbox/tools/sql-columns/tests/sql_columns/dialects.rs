//! Dialects and their identifiers.

use serde_json::json;

use crate::report_in;

#[test]
fn an_unknown_dialect_is_an_error_of_the_tool() {
    let answer = parapet_sql_columns::call(br#"["select 1", "klingon"]"#);
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let message = answer["error"].as_str().unwrap();
    assert!(message.starts_with("`klingon` is not a known SQL dialect; use one of ansi, bigquery"), "{message}");
}

#[test]
fn every_listed_dialect_is_known() {
    for dialect in
        "ansi bigquery clickhouse databricks duckdb generic hive mssql mysql oracle postgresql postgres redshift \
                    snowflake spark sqlite PostgreSQL"
            .split_whitespace()
    {
        assert_eq!(report_in(dialect, "select a from t where b = 1")["read"], json!({"t": ["a", "b"]}), "{dialect}");
    }
}

#[test]
fn unquoted_names_are_compared_in_lower_case() {
    assert_eq!(report_in("postgresql", "SELECT P.Age FROM Patient p")["read"], json!({"patient": ["age"]}));
}

#[test]
fn quoted_names_follow_the_dialect() {
    let sql = "select \"Age\" from \"Patient\"";
    assert_eq!(report_in("postgresql", sql)["read"], json!({"Patient": ["Age"]}));
    assert_eq!(report_in("sqlite", sql)["read"], json!({"patient": ["age"]}));
    assert_eq!(report_in("snowflake", "select \"AGE\" from \"Patient\"")["read"], json!({"Patient": ["age"]}));
    assert_eq!(report_in("mysql", "select `Age` from `Patient`")["read"], json!({"patient": ["age"]}));
    assert_eq!(report_in("mssql", "select [Age] from [Patient]")["read"], json!({"patient": ["age"]}));
}

#[test]
fn double_quotes_are_text_in_mysql_and_names_elsewhere() {
    let sql = "select a from t where b = \"c\"";
    assert_eq!(report_in("mysql", sql)["read"], json!({"t": ["a", "b"]}));
    assert_eq!(report_in("sqlite", sql)["read"], json!({"t": ["a", "b", "c"]}));
}

#[test]
fn a_whole_row_reads_all_columns_where_it_exists() {
    assert_eq!(report_in("postgresql", "select p from patient p")["read"], json!({"patient": ["*", "p"]}));
    assert_eq!(report_in("postgresql", "select row_to_json(p) from patient p")["read"]["patient"], json!(["*", "p"]));
    assert_eq!(report_in("sqlite", "select cost from cost")["read"], json!({"cost": ["cost"]}));
}

#[test]
fn a_schema_qualifier_stays_with_the_table() {
    assert_eq!(
        report_in("postgresql", "select patient.age, public.patient.sex from public.patient")["read"],
        json!({"public.patient": ["age", "sex"]})
    );
}

#[test]
fn from_first_queries_read_everything() {
    assert_eq!(report_in("duckdb", "from patient")["read"], json!({"patient": ["*"]}));
    assert_eq!(report_in("duckdb", "from patient select age")["read"], json!({"patient": ["age"]}));
    assert_eq!(report_in("duckdb", "select * from 'secret.csv'")["read"], json!({"secret.csv": ["*"]}));
}
