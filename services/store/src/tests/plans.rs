//! A page costs the same whatever the size of the log: asked of the databases themselves, not of a clock.

use std::collections::BTreeMap;

use parapet_domain::{Decision, FailureKind, Stage, Timestamp};
use uuid::Uuid;

use super::fixture::Fixture;
use super::samples::{START, STEP, sample};
use crate::{Cursor, DecisionFilter, DecisionPage, PageRequest};

/// Filters with the index that serves each, as SQLite names it.
fn filters() -> Vec<(&'static str, DecisionFilter)> {
    let all = DecisionFilter::of("default");
    let rare = || Some("rare".to_owned());
    vec![
        ("sqlite_autoindex_decisions_1", all.clone()),
        ("decisions_by_agent", DecisionFilter { agent: rare(), ..all.clone() }),
        ("decisions_by_principal", DecisionFilter { principal: rare(), ..all.clone() }),
        ("decisions_by_session", DecisionFilter { session: rare(), ..all.clone() }),
        ("decisions_by_reason", DecisionFilter { reason_code: rare(), ..all.clone() }),
        ("decisions_by_enforced", DecisionFilter { decision: Some(Decision::Ask), ..all.clone() }),
        ("decisions_by_stage", DecisionFilter { stage: Some(Stage::ToolResult), ..all.clone() }),
        ("decisions_by_exchange", DecisionFilter { exchange_id: Some(Uuid::from_u128(1)), ..all.clone() }),
        ("PRIMARY KEY", DecisionFilter { guard: Some("pii-redact".to_owned()), ..all.clone() }),
        ("PRIMARY KEY", DecisionFilter { guard: rare(), ..all.clone() }),
        ("PRIMARY KEY", DecisionFilter { failure: Some(FailureKind::TimedOut), ..all.clone() }),
    ]
}

/// Rows `from..to`; each value `rare` stands in one row of 200.
async fn fill(fixture: &Fixture, numbers: std::ops::Range<u32>) {
    let records: Vec<_> = numbers
        .map(|n| {
            let mut record = sample(n);
            record.at = Timestamp::from_micros(START + i64::from(n) * (STEP / 100));
            if n.is_multiple_of(200) {
                record.agent = "rare".to_owned();
                record.principal = Some("rare".to_owned());
                record.session = Some("rare".to_owned());
                record.reason_code = "rare".to_owned();
                record.runs[0].guard = "rare".to_owned();
            }
            record
        })
        .collect();
    for batch in records.chunks(2_000) {
        fixture.store.insert(batch).await.unwrap();
    }
}

fn pages() -> [PageRequest; 2] {
    let first = PageRequest::first(20);
    let cursor = Cursor { at: Timestamp::from_micros(START + 1_000 * (STEP / 100)), id: Uuid::max() };
    [first, PageRequest { after: Some(cursor), ..first }]
}

#[tokio::test]
async fn sqlite_reads_each_filter_from_its_index_in_order() {
    let fixture = Fixture::sqlite().await;
    fill(&fixture, 0..2_000).await;
    for (index, filter) in filters() {
        for page in pages() {
            let plan = fixture.store.explain(&filter, &page).await.unwrap();
            assert!(plan.contains(index), "{filter:?}\n{plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{filter:?}\n{plan}");
        }
    }
}

/// Pages of the buffer cache that the query touched.
fn buffers(plan: &str) -> i64 {
    let line = plan.lines().find(|line| line.contains("Buffers: shared")).expect(plan);
    line.split_whitespace().filter_map(|word| word.split_once('=')).filter_map(|(_, n)| n.parse::<i64>().ok()).sum()
}

async fn measure(fixture: &Fixture) -> BTreeMap<String, (i64, String)> {
    fixture.execute("analyze").await;
    let mut measured = BTreeMap::new();
    for (_, filter) in filters() {
        for page in pages() {
            let plan = fixture.store.explain(&filter, &page).await.unwrap();
            measured.insert(format!("{filter:?} {page:?}"), (buffers(&plan), plan));
        }
    }
    measured
}

#[tokio::test]
async fn postgres_touches_no_more_of_a_table_ten_times_as_large() {
    let Some(fixture) = Fixture::postgres().await else { return };
    fill(&fixture, 0..4_000).await;
    let small = measure(&fixture).await;
    fill(&fixture, 4_000..40_000).await;
    let large = measure(&fixture).await;
    for (question, (buffers, plan)) in large {
        let before = small[&question].0;
        // An index may have become one level deeper, and a page's rows may lie in more blocks.
        assert!(buffers <= before * 2 + 60, "{question}: {before}, then {buffers}\n{plan}");
    }
    fixture.remove().await;
}

#[tokio::test]
async fn postgres_finds_an_id_within_its_months() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let record = sample(1);
    fixture.store.insert(std::slice::from_ref(&record)).await.unwrap();
    let partitions = fixture.number("select count(*) from pg_inherits where inhparent = 'decisions'::regclass").await;
    assert!(partitions >= 4, "three months and the default, not {partitions}");
    assert_eq!(fixture.store.decision("default", record.id).await.unwrap(), Some(record));
    fixture.remove().await;
}

#[tokio::test]
async fn the_page_after_the_last_is_empty() {
    let fixture = Fixture::sqlite().await;
    fill(&fixture, 0..10).await;
    let after = Some(Cursor { at: Timestamp::from_micros(START), id: Uuid::nil() });
    let page = fixture.store.decisions(&DecisionFilter::of("default"), &PageRequest { limit: 5, after }).await.unwrap();
    assert_eq!(page, DecisionPage { records: Vec::new(), next: None });
}
