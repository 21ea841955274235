//! Statements that write, and statements that are not known in detail.

use serde_json::json;

use crate::{report, report_in};

#[test]
fn insert_writes_its_columns_and_reads_its_source() {
    let found = report("insert into a (x, y) select p, q from b where r = 1");
    assert_eq!(found["write"], json!({"a": ["x", "y"]}));
    assert_eq!(found["read"], json!({"b": ["p", "q", "r"]}));
    assert_eq!(report("insert into a values (1, 2)")["write"], json!({"a": ["*"]}));
}

#[test]
fn an_upsert_writes_and_reads_the_target() {
    let found = report("insert into a (x) values (1) on conflict (x) do update set y = excluded.y, z = w returning id");
    assert_eq!(found["write"], json!({"a": ["x", "y", "z"]}));
    assert_eq!(found["read"], json!({"a": ["id", "w"]}));
    let found = report_in("mysql", "insert into a (x) values (1) on duplicate key update y = z");
    assert_eq!(found["write"], json!({"a": ["x", "y"]}));
}

#[test]
fn update_writes_what_is_set_and_reads_the_rest() {
    let found = report("update patient set age = b + 1 where uniquepid = (select u from v where v.k = patient.k)");
    assert_eq!(found["write"], json!({"patient": ["age"]}));
    assert_eq!(found["read"], json!({"patient": ["b", "k", "uniquepid"], "v": ["k", "u"]}));
    let found = report_in("mysql", "update a join b on a.id = b.id set a.x = b.y");
    assert_eq!(found["write"], json!({"a": ["x"]}));
    assert_eq!(found["read"], json!({"a": ["id"], "b": ["id", "y"]}));
}

#[test]
fn delete_writes_whole_rows() {
    let found = report("delete from patient where age > 3 returning gender");
    assert_eq!(found["write"], json!({"patient": ["*"]}));
    assert_eq!(found["read"], json!({"patient": ["age", "gender"]}));
    let found = report_in("mysql", "delete p from patient p join lab l on p.id = l.id");
    assert_eq!(found["write"], json!({"patient": ["*"]}));
}

#[test]
fn merge_writes_the_target_and_reads_the_source() {
    let found = report(
        "merge into t using s on t.id = s.id when matched and s.q = 1 then update set a = s.b \
         when not matched then insert (c, d) values (s.e, s.f)",
    );
    assert_eq!(found["write"], json!({"t": ["a", "c", "d"]}));
    assert_eq!(found["read"], json!({"s": ["b", "e", "f", "id", "q"], "t": ["id"]}));
    assert_eq!(found["statements"], json!(["merge"]));
}

#[test]
fn new_tables_are_written_and_their_sources_read() {
    let found = report("create table n as select a from b");
    assert_eq!((&found["read"], &found["write"]), (&json!({"b": ["a"]}), &json!({"n": ["*"]})));
    let found = report("create view v as select a from b");
    assert_eq!((&found["read"], &found["write"]), (&json!({"b": ["a"]}), &json!({"v": ["*"]})));
    let found = report("select a into n from b");
    assert_eq!((&found["read"], &found["write"]), (&json!({"b": ["a"]}), &json!({"n": ["*"]})));
    assert_eq!(report_in("mysql", "create table n like patient")["read"], json!({"patient": ["*"]}));
}

#[test]
fn a_writing_common_table_expression_is_a_statement_of_its_own() {
    let found = report_in("postgresql", "with d as (delete from patient returning *) select * from d");
    assert_eq!(found["statements"], json!(["select", "delete"]));
    assert_eq!(found["write"], json!({"patient": ["*"]}));
    assert_eq!(found["read"], json!({"patient": ["*"]}));
}

#[test]
fn several_statements_are_all_seen() {
    let found = report("select a from t; drop table patient");
    assert_eq!(found["statements"], json!(["select", "drop"]));
    assert_eq!(found["write"], json!({"patient": ["*"]}));
}

#[test]
fn statements_not_known_in_detail_touch_all_of_their_tables() {
    for sql in [
        "truncate table patient",
        "alter table patient add column x int",
        "copy patient to '/tmp/x'",
        "analyze table patient",
    ] {
        let found = report(sql);
        assert_eq!(found["write"]["patient"], json!(["*"]), "{sql}");
        assert_eq!(found["read"]["patient"], json!(["*"]), "{sql}");
    }
    for (sql, kind) in
        [("grant select on patient to bob", "grant"), ("set x = 1", "set"), ("explain select a from t", "explain")]
    {
        assert_eq!(report(sql)["statements"][0], kind);
    }
}
