//! Filters find exactly their rows, and pages neither skip nor repeat one.

use std::collections::HashSet;

use parapet_domain::{Decision, DecisionRecord, FailureKind, Outcome, Stage, Timestamp};
use uuid::Uuid;

use super::fixture::Fixture;
use super::on_both_stores;
use super::samples::{START, STEP, sample, samples};
use crate::{Cursor, DecisionFilter, PageRequest, StoreError};

on_both_stores!(
    every_filter_finds_exactly_its_rows,
    pages_neither_skip_nor_repeat_while_rows_arrive,
    rows_of_the_same_microsecond_are_paged_by_id,
    a_guard_that_ran_twice_is_found_once,
    an_exchange_is_read_in_the_order_of_its_events,
    a_limit_out_of_range_is_refused,
);

/// What the filter means, over records in memory.
fn holds(filter: &DecisionFilter, record: &DecisionRecord) -> bool {
    fn is<T: PartialEq>(wanted: &Option<T>, found: Option<&T>) -> bool {
        wanted.as_ref().is_none_or(|wanted| Some(wanted) == found)
    }
    let failed = |kind: FailureKind| move |outcome: &Outcome| matches!(outcome, Outcome::Failure(f) if f.kind == kind);
    let run = record
        .runs
        .iter()
        .any(|run| is(&filter.guard, Some(&run.guard)) && filter.failure.is_none_or(|kind| failed(kind)(&run.outcome)));
    filter.tenant == record.tenant
        && filter.from.is_none_or(|from| record.at >= from)
        && filter.to.is_none_or(|to| record.at < to)
        && is(&filter.decision, Some(&record.enforced))
        && is(&filter.agent, Some(&record.agent))
        && is(&filter.principal, record.principal.as_ref())
        && is(&filter.session, record.session.as_ref())
        && is(&filter.stage, Some(&record.stage))
        && is(&filter.reason_code, Some(&record.reason_code))
        && is(&filter.exchange_id, Some(&record.exchange_id))
        && (run || (filter.guard.is_none() && filter.failure.is_none()))
}

fn filters() -> Vec<DecisionFilter> {
    let all = DecisionFilter::of("default");
    let text = |text: &str| Some(text.to_owned());
    let time = |n: i64| Some(Timestamp::from_micros(START + n * STEP));
    let mut filters = vec![
        all.clone(),
        DecisionFilter { from: time(100), ..all.clone() },
        DecisionFilter { to: time(100), ..all.clone() },
        DecisionFilter { from: time(50), to: time(60), ..all.clone() },
        DecisionFilter { agent: text("agent-3"), ..all.clone() },
        DecisionFilter { principal: text("user-7"), ..all.clone() },
        DecisionFilter { session: text("session-4"), ..all.clone() },
        DecisionFilter { reason_code: text("reason_1"), ..all.clone() },
        DecisionFilter { reason_code: text(""), ..all.clone() },
        DecisionFilter { exchange_id: Some(Uuid::from_u128(9)), ..all.clone() },
        DecisionFilter { guard: text("web-rules"), ..all.clone() },
        DecisionFilter { guard: text("eicu-access"), failure: Some(FailureKind::OutOfFuel), ..all.clone() },
        DecisionFilter { guard: text("no-such-guard"), ..all.clone() },
        DecisionFilter { guard: text(""), ..all.clone() },
        DecisionFilter {
            guard: text("web-rules"),
            decision: Some(Decision::Deny),
            agent: text("agent-1"),
            ..all.clone()
        },
        DecisionFilter {
            guard: text("pii-redact"),
            from: time(10),
            to: time(200),
            stage: Some(Stage::ToolCall),
            ..all.clone()
        },
        DecisionFilter {
            agent: text("agent-2"),
            principal: text("user-2"),
            stage: Some(Stage::ToolResult),
            ..all.clone()
        },
        DecisionFilter::of("nobody"),
    ];
    filters.extend(Decision::ALL.map(|decision| DecisionFilter { decision: Some(decision), ..all.clone() }));
    filters.extend(Stage::ALL.map(|stage| DecisionFilter { stage: Some(stage), ..all.clone() }));
    filters.extend(FailureKind::ALL.map(|kind| DecisionFilter { failure: Some(kind), ..all.clone() }));
    filters
}

async fn every_filter_finds_exactly_its_rows(fixture: &Fixture) {
    let records = samples(0..400);
    fixture.store.insert(&records).await.unwrap();
    for filter in filters() {
        let wanted: Vec<Uuid> =
            records.iter().rev().filter(|record| holds(&filter, record)).map(|record| record.id).collect();
        // Small pages, so that every filter is also followed over their borders.
        assert_eq!(ids(fixture, &filter, 17).await, wanted, "{filter:?}");
    }
}

/// Ids of all pages.
async fn ids(fixture: &Fixture, filter: &DecisionFilter, limit: u32) -> Vec<Uuid> {
    let (mut ids, mut page) = (Vec::new(), PageRequest::first(limit));
    loop {
        let found = fixture.store.decisions(filter, &page).await.unwrap();
        assert!(found.records.len() <= limit as usize);
        ids.extend(found.records.iter().map(|record| record.id));
        match found.next {
            Some(next) => page.after = Some(next),
            None => return ids,
        }
    }
}

async fn pages_neither_skip_nor_repeat_while_rows_arrive(fixture: &Fixture) {
    let records = samples(0..10_000);
    for batch in records.chunks(1_000) {
        fixture.store.insert(batch).await.unwrap();
    }
    let filter = DecisionFilter::of("default");
    let (mut seen, mut page) = (Vec::new(), PageRequest::first(499));
    for n in 0.. {
        let found = fixture.store.decisions(&filter, &page).await.unwrap();
        seen.extend(found.records.iter().map(|record| record.id));
        // Newer rows arrive between the pages.
        fixture.store.insert(&[sample(20_000 + n), sample(30_000 + n)]).await.unwrap();
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let wanted: Vec<Uuid> = records.iter().rev().map(|record| record.id).collect();
    assert_eq!(seen.len(), 10_000);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 10_000);
    assert_eq!(seen, wanted);
}

async fn rows_of_the_same_microsecond_are_paged_by_id(fixture: &Fixture) {
    let mut records = samples(0..50);
    for record in &mut records {
        record.at = Timestamp::from_micros(START);
    }
    fixture.store.insert(&records).await.unwrap();
    let mut wanted: Vec<Uuid> = records.iter().map(|record| record.id).collect();
    wanted.sort_unstable();
    wanted.reverse();
    assert_eq!(ids(fixture, &DecisionFilter::of("default"), 7).await, wanted);
}

async fn a_guard_that_ran_twice_is_found_once(fixture: &Fixture) {
    let mut record = sample(11);
    record.runs.extend(record.runs.clone());
    fixture.store.insert(std::slice::from_ref(&record)).await.unwrap();
    let failure = record.runs.iter().find_map(|run| match &run.outcome {
        Outcome::Failure(failure) => Some(failure.kind),
        Outcome::Verdict(_) => None,
    });
    for filter in [
        DecisionFilter { guard: Some("pii-redact".to_owned()), ..DecisionFilter::of("default") },
        DecisionFilter { failure, ..DecisionFilter::of("default") },
    ] {
        assert_eq!(ids(fixture, &filter, 10).await, vec![record.id]);
    }
}

async fn an_exchange_is_read_in_the_order_of_its_events(fixture: &Fixture) {
    let mut records = samples(0..8);
    records.reverse();
    fixture.store.insert(&records).await.unwrap();
    let exchange = fixture.store.exchange("default", Uuid::from_u128(2)).await.unwrap();
    assert_eq!(exchange.iter().map(|record| record.sequence).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(exchange.iter().all(|record| record.exchange_id == Uuid::from_u128(2)));
    assert_eq!(fixture.store.exchange("default", Uuid::from_u128(99)).await.unwrap(), vec![]);
}

async fn a_limit_out_of_range_is_refused(fixture: &Fixture) {
    for limit in [0, 1_001, u32::MAX] {
        let error =
            fixture.store.decisions(&DecisionFilter::of("default"), &PageRequest::first(limit)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("`limit` is {limit}, but has to be between 1 and 1000"));
    }
}

#[test]
fn a_cursor_comes_back_from_its_text() {
    let cursor = Cursor { at: Timestamp::from_micros(-5), id: Uuid::from_u128(7) };
    assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
    for bad in ["", "1", "x.y", "1.", ".00000000000000000000000000000007", "1.2.3"] {
        let error = bad.parse::<Cursor>().unwrap_err();
        assert!(matches!(error, StoreError::Query(_)), "{bad}");
        assert_eq!(error.to_string(), format!("`{bad}` is no place in the log; give the `next` of the page before"));
    }
}
