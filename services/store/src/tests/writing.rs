//! What is written comes back as it was, once.

use parapet_domain::{Decision, DecisionRecord, Failure, FailureKind, Mode, Outcome, Timestamp, Verdict};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::Fixture;
use super::on_both_stores;
use super::samples::{run, sample, samples, verdict};
use crate::row::Row;
use crate::{DecisionFilter, Durability, PageRequest, StoreError};

on_both_stores!(
    every_field_comes_back_as_it_was,
    hostile_text_comes_back_as_it_was,
    the_same_batch_twice_is_written_once,
    a_batch_in_part_written_before_is_completed,
    a_field_beyond_its_limit_is_refused_by_name,
    the_longest_fields_can_be_stored_and_found,
    a_record_of_fifteen_megabytes_can_be_stored,
    times_far_from_today_are_stored,
    a_time_outside_the_calendar_is_refused,
    a_broken_constraint_is_named,
    a_row_of_another_version_is_refused,
    tenants_do_not_see_each_other,
);

async fn round_trip(fixture: &Fixture, record: &DecisionRecord) {
    assert_eq!(fixture.store.insert(std::slice::from_ref(record)).await.unwrap(), 1);
    assert_eq!(fixture.store.decision(&record.tenant, record.id).await.unwrap().as_ref(), Some(record));
}

/// Values that a JSONB column, a float or a signed integer would change.
fn delicate_json() -> Value {
    json!({"z": 1e16, "a": 0.1, "big": u64::MAX, "small": i64::MIN, "tiny": 5e-324, "float": 1.0, "list": [null, true, "\u{0}"], "nul\u{0}key": "é😀"})
}

async fn every_field_comes_back_as_it_was(fixture: &Fixture) {
    let mut record = sample(0);
    record.chain_sequence = Some(i64::MAX);
    record.chain_digest = Some("chain:00".to_owned());
    record.chain_key_id = Some("key-1".to_owned());
    record.content = Some(delicate_json());
    record.duration_us = u64::try_from(i64::MAX).unwrap();
    record.sequence = u32::MAX;
    record.runs = Decision::ALL.into_iter().map(|d| run(d.as_str(), Outcome::Verdict(verdict(d)))).collect();
    record.runs.push(run("details", Outcome::Verdict(Verdict { details: delicate_json(), ..verdict(Decision::Deny) })));
    for kind in FailureKind::ALL {
        let mut failed = run(kind.as_str(), Outcome::Failure(Failure { kind, message: "why".to_owned() }));
        failed.mode = Mode::Shadow;
        failed.fuel_used = u64::MAX;
        record.runs.push(failed);
    }
    round_trip(fixture, &record).await;

    // The digest of the chain is over this form, so it has to be the same byte for byte.
    let read = fixture.store.decision("default", record.id).await.unwrap().unwrap();
    let canonical = |r: &DecisionRecord| parapet_domain::digest::canonical_json(r).unwrap();
    assert_eq!(canonical(&read), canonical(&record));

    let mut plain = sample(1);
    (plain.principal, plain.session, plain.trace_id, plain.decided_by) = (None, None, None, None);
    (plain.runs, plain.roles) = (Vec::new(), Vec::new());
    round_trip(fixture, &plain).await;
}

async fn hostile_text_comes_back_as_it_was(fixture: &Fixture) {
    let nasty = "a\0b\u{10}0\u{10}\\u0000'\"; drop table decisions; --\u{feff}\u{202e}😀\r\n{}";
    let mut record = sample(0);
    for field in [
        &mut record.tenant,
        &mut record.route,
        &mut record.agent,
        &mut record.reason_code,
        &mut record.message,
        &mut record.guard_set,
    ] {
        *field = nasty.to_owned();
    }
    record.principal = Some(nasty.to_owned());
    record.session = Some(nasty.to_owned());
    record.decided_by = Some(nasty.to_owned());
    record.roles = vec![nasty.to_owned(), "\0".to_owned()];
    record.content = Some(json!({ nasty: nasty }));
    record.coverage.inspected = vec![nasty.to_owned()];
    record.runs = vec![run(nasty, Outcome::Verdict(Verdict { details: json!(nasty), ..verdict(Decision::Deny) }))];
    round_trip(fixture, &record).await;

    let same = Some(nasty.to_owned());
    let filter = DecisionFilter {
        agent: same.clone(),
        principal: same.clone(),
        session: same.clone(),
        reason_code: same.clone(),
        guard: same,
        ..DecisionFilter::of(nasty)
    };
    let page = fixture.store.decisions(&filter, &PageRequest::first(10)).await.unwrap();
    assert_eq!(page.records, vec![record]);
}

async fn the_same_batch_twice_is_written_once(fixture: &Fixture) {
    let batch = samples(0..700);
    assert_eq!(fixture.store.insert(&batch).await.unwrap(), 700);
    // As after a commit whose acknowledgement was lost.
    assert_eq!(fixture.store.insert(&batch).await.unwrap(), 0);
    assert_eq!(fixture.rows().await, 700);
    assert_eq!(fixture.store.insert(&[]).await.unwrap(), 0);
}

async fn a_batch_in_part_written_before_is_completed(fixture: &Fixture) {
    fixture.store.insert(&samples(10..20)).await.unwrap();
    let mut batch = samples(0..30);
    batch.splice(
        10..20,
        fixture.store.decisions(&DecisionFilter::of("default"), &PageRequest::first(10)).await.unwrap().records,
    );
    batch.push(batch[3].clone());
    assert_eq!(fixture.store.insert(&batch).await.unwrap(), 20);
    assert_eq!(fixture.rows().await, 30);
}

type SetText = fn(&mut DecisionRecord, String);

async fn a_field_beyond_its_limit_is_refused_by_name(fixture: &Fixture) {
    let cases: [(&str, usize, SetText); 8] = [
        ("tenant", 256, |r, s| r.tenant = s),
        ("agent", 256, |r, s| r.agent = s),
        ("route", 256, |r, s| r.route = s),
        ("reason_code", 256, |r, s| r.reason_code = s),
        ("principal", 1024, |r, s| r.principal = Some(s)),
        ("session", 1024, |r, s| r.session = Some(s)),
        ("runs.guard", 256, |r, s| r.runs[0].guard = s),
        ("record", 16 << 20, |r, s| r.content = Some(Value::String(s))),
    ];
    for (field, max, set) in cases {
        let mut record = sample(0);
        set(&mut record, "x".repeat(max + 1));
        let error = fixture.store.insert(&[record]).await.unwrap_err();
        assert!(error.is_about_the_record() && !error.is_transient());
        assert!(error.to_string().starts_with(&format!("field `{field}` is ")), "{error}");
        assert!(error.to_string().ends_with(&format!("but at most {max} are stored")), "{error}");
    }
    assert_eq!(fixture.rows().await, 0);
}

/// Text that no index can compress.
fn noise(bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(&Uuid::new_v4().simple().to_string());
    }
    text.truncate(bytes);
    text
}

async fn the_longest_fields_can_be_stored_and_found(fixture: &Fixture) {
    let mut record = sample(0);
    (record.tenant, record.agent, record.route, record.reason_code) = (noise(256), noise(256), noise(256), noise(256));
    (record.principal, record.session) = (Some(noise(1024)), Some(noise(1024)));
    record.runs[0].guard = noise(256);
    round_trip(fixture, &record).await;
    let filter = DecisionFilter { session: record.session.clone(), ..DecisionFilter::of(record.tenant.clone()) };
    assert_eq!(fixture.store.decisions(&filter, &PageRequest::first(1)).await.unwrap().records, vec![record]);
}

async fn a_record_of_fifteen_megabytes_can_be_stored(fixture: &Fixture) {
    let mut record = sample(0);
    record.content = Some(Value::String("é".repeat(15 << 19)));
    round_trip(fixture, &record).await;
}

async fn times_far_from_today_are_stored(fixture: &Fixture) {
    for (n, at) in [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "2000-01-01T00:00:00Z",
        "2199-07-31T12:00:00.000001Z",
        "9999-12-30T22:00:00.999999Z",
    ]
    .into_iter()
    .enumerate()
    {
        let mut record = sample(u32::try_from(n).unwrap());
        record.at = Timestamp::parse(at).unwrap();
        round_trip(fixture, &record).await;
        // Not found by the time in its id.
        assert_eq!(fixture.store.decision("default", record.id).await.unwrap(), Some(record));
    }
}

async fn a_time_outside_the_calendar_is_refused(fixture: &Fixture) {
    for micros in [i64::MIN, i64::MAX, -62_135_596_800_000_001, 253_402_300_800_000_000] {
        let mut record = sample(0);
        record.at = Timestamp::from_micros(micros);
        let error = fixture.store.insert(&[record]).await.unwrap_err();
        assert_eq!(error.to_string(), "the record cannot be stored: a time lies outside of the years 1 to 9999");
    }
}

type BreakIt = fn(&mut Row);

async fn a_broken_constraint_is_named(fixture: &Fixture) {
    let broken: [(&str, BreakIt); 4] = [
        ("`stage` is no stage that the database knows", |row| row.stage = "nowhere".to_owned()),
        ("`enforced` is no decision that the database knows", |row| row.enforced = "maybe".to_owned()),
        ("`session` is longer than 1024 bytes", |row| row.session = Some("é".repeat(513))),
        ("`sequence` is below 0", |row| row.sequence = -1),
    ];
    for (message, break_it) in broken {
        let mut row = Row::encode(&sample(0)).unwrap();
        break_it(&mut row);
        let error = fixture.store.insert_rows(&[&row], Durability::Durable).await.unwrap_err();
        assert_eq!(error.to_string(), format!("the record cannot be stored: {message}"));
    }
    assert_eq!(fixture.rows().await, 0);
}

async fn a_row_of_another_version_is_refused(fixture: &Fixture) {
    let record = sample(0);
    fixture.store.insert(std::slice::from_ref(&record)).await.unwrap();
    fixture.execute("update decisions set version = 'decision/9'").await;
    let error = fixture.store.decision("default", record.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable(_)));
    assert!(error.to_string().contains("`decision/9`"), "{error}");
}

async fn tenants_do_not_see_each_other(fixture: &Fixture) {
    let (mine, mut theirs) = (sample(0), sample(0));
    theirs.tenant = "other".to_owned();
    // The same id and time in another tenant is another row.
    assert_eq!(fixture.store.insert(&[mine.clone(), theirs.clone()]).await.unwrap(), 2);
    for record in [&mine, &theirs] {
        assert_eq!(fixture.store.decision(&record.tenant, record.id).await.unwrap().as_ref(), Some(record));
        let page =
            fixture.store.decisions(&DecisionFilter::of(record.tenant.clone()), &PageRequest::first(10)).await.unwrap();
        assert_eq!(page.records, vec![(*record).clone()]);
        assert_eq!(fixture.store.exchange(&record.tenant, record.exchange_id).await.unwrap().len(), 1);
    }
    assert_eq!(fixture.store.decision("nobody", mine.id).await.unwrap(), None);
}
