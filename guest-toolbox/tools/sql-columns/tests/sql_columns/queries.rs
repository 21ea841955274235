//! Queries.

use serde_json::json;

use crate::{assert_reads, report, report_in};

#[test]
fn aliases_and_joins_lead_to_tables() {
    assert_reads(
        "select p.gender, d.diagnosisname as x from patient p join diagnosis d on p.id = d.pid where p.age > 3 order by x",
        &json!({"diagnosis": ["diagnosisname", "pid"], "patient": ["age", "gender", "id"]}),
    );
}

#[test]
fn every_clause_counts_as_reading() {
    assert_reads(
        "select distinct a, case when b = 1 then c end, cast(d as int), sum(e) over (partition by f order by g) \
         from t where h in (1, i) and j between k and l and m like n and o is null \
         group by p having max(q) > 1 order by r limit 10",
        &json!({"t": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"]}),
    );
}

#[test]
fn stars_stand_for_all_columns_and_counting_rows_for_none() {
    assert_reads("select * from a, b", &json!({"a": ["*"], "b": ["*"]}));
    assert_reads("select x.*, y.c from a x, b y", &json!({"a": ["*"], "b": ["c"]}));
    assert_reads("select count(*) from a", &json!({"a": []}));
    assert_reads("select count(x.*) from a x", &json!({"a": ["*"]}));
}

#[test]
fn subqueries_are_resolved_where_they_stand() {
    assert_reads(
        "select a, (select max(z) from q where q.i = t.i) from t where b in (select c from u where d = 1) \
         and exists (select 1 from v where v.k = t.k)",
        &json!({"q": ["i", "z"], "t": ["a", "b", "i", "k"], "u": ["c", "d"], "v": ["k"]}),
    );
    assert_reads("select x.b from (select a, b from t where c = 1) x", &json!({"t": ["a", "b", "c"]}));
    assert_reads("select b from (select a, b from t) x, u where u.c = 1", &json!({"t": ["a", "b"], "u": ["c"]}));
}

#[test]
fn a_common_table_expression_is_no_table() {
    assert_reads(
        "with x as (select a from t), y as (select a from x) select a from y where a = 1",
        &json!({"t": ["a"]}),
    );
    assert_reads(
        "with recursive r(id) as (select id from emp where mgr is null union all \
         select e.id from emp e join r on e.mgr = r.id) select id from r",
        &json!({"emp": ["id", "mgr"]}),
    );
}

#[test]
fn a_common_table_expression_cannot_hide_the_table_of_its_name() {
    assert_reads(
        "with patient as (select gender from patient) select gender from patient",
        &json!({"patient": ["gender"]}),
    );
    assert_reads("with t as (select 1) select a from s.t", &json!({"s.t": ["a"]}));
    assert_reads(
        "with unused as (select secret from vault) select a from t",
        &json!({"t": ["a"], "vault": ["secret"]}),
    );
}

#[test]
fn set_operations_read_both_sides() {
    assert_reads("select a from t union all select b from u order by a", &json!({"t": ["a"], "u": ["b"]}));
    assert_reads(
        "(select a from t) except (select b from u intersect select c from v)",
        &json!({"t": ["a"], "u": ["b"], "v": ["c"]}),
    );
}

#[test]
fn a_column_of_several_tables_is_unresolved_not_guessed() {
    let found = report("select gender from patient, lab where lab.a = 1");
    assert_eq!(found["unresolved_columns"], json!([{"column": "gender", "tables": ["lab", "patient"]}]));
    assert_eq!(found["read"], json!({"lab": ["a"], "patient": []}));
}

#[test]
fn a_schema_resolves_what_is_ambiguous() {
    let schema = json!({"lab": ["labname", "id"], "patient": ["gender", "id"]});
    let sql = "select gender, labname, id from patient, lab";
    let found = parapet_sql_columns::sql_columns(sql, Some("sqlite"), Some(&schema)).unwrap();
    assert_eq!(found["read"], json!({"lab": ["labname"], "patient": ["gender"]}));
    assert_eq!(found["unresolved_columns"], json!([{"column": "id", "tables": ["lab", "patient"]}]));
}

#[test]
fn a_schema_finds_the_outer_table_of_a_correlated_column() {
    let schema = json!({"lab": ["labname"], "diagnosis": ["diagnosisname"]});
    let sql = "select (select diagnosisname from lab limit 1) from diagnosis";
    let found = parapet_sql_columns::sql_columns(sql, None, Some(&schema)).unwrap();
    assert_eq!(found["read"], json!({"diagnosis": ["diagnosisname"], "lab": []}));
}

#[test]
fn a_qualifier_that_means_nothing_is_unresolved() {
    let found = report_in("sqlite", "select x.a from t");
    assert_eq!(found["unresolved_columns"], json!([{"column": "x.a", "tables": ["t"]}]));
    let found = report("select nowhere");
    assert_eq!(found["unresolved_columns"], json!([{"column": "nowhere", "tables": []}]));
}

#[test]
fn aliases_hide_columns_only_where_sql_says_so() {
    assert_reads("select count(a) n from t group by b having n > 1 order by n", &json!({"t": ["a", "b"]}));
    assert_reads("select count(a) n from t where n > 1", &json!({"t": ["a", "n"]}));
    let schema = json!({"t": ["a", "secret"]});
    let found =
        parapet_sql_columns::sql_columns("select 1 secret from t group by secret", None, Some(&schema)).unwrap();
    assert_eq!(found["read"], json!({"t": ["secret"]}));
}

#[test]
fn shared_columns_of_joins_are_read_on_both_sides() {
    assert_reads("select 1 from a join b using (k)", &json!({"a": ["k"], "b": ["k"]}));
    assert_reads("select 1 from a natural join b", &json!({"a": ["*"], "b": ["*"]}));
}

#[test]
fn renamed_and_turned_columns_read_everything() {
    assert_reads("select x from patient as p(x, y)", &json!({"patient": ["*"]}));
    assert_eq!(report("select a from t pivot (sum(x) for y in ('a', 'b')) p")["read"], json!({"t": ["*"]}));
}

#[test]
fn structured_columns_are_attributed_by_their_first_name() {
    let found = report_in("bigquery", "select t.address.city, address.zip from t");
    assert_eq!(found["read"], json!({"t": ["address"]}));
    let found = report_in("postgresql", "select t.a[1], (t.b).c from t");
    assert_eq!(found["read"], json!({"t": ["a", "b"]}));
}

#[test]
fn units_and_variables_are_no_columns() {
    assert_reads("select dateadd(day, 1, a), extract(year from b) from t", &json!({"t": ["a", "b"]}));
    let found = report_in("mysql", "select a from t where b = @x");
    assert_eq!(found["read"], json!({"t": ["a", "b"]}));
}

#[test]
fn functions_are_listed_and_foreign_table_functions_are_tables() {
    let found =
        report_in("postgresql", "select upper(t.a), pg_read_file('/etc/passwd') from t, generate_series(1, t.b) g");
    assert_eq!(found["functions"], json!(["generate_series", "pg_read_file", "upper"]));
    assert_eq!(found["read"]["t"], json!(["a", "b"]));
    let found = report_in("postgresql", "select * from dblink('host', 'select 1') as d(a int)");
    assert_eq!(found["read"], json!({"dblink()": ["*"]}));
}
