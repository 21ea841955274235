//! The recorder: a receipt only after the commit, shared commits, bounds, outages, shutdown.

use std::sync::Arc;

use super::fixture::Fixture;
use super::on_both_stores;
use super::samples::{sample, samples};
use crate::{AuditMode, Receipt, RecordError, Recorder, RecorderConfig, Store, StoreError};

on_both_stores!(
    a_receipt_means_that_another_process_can_read_the_row,
    many_callers_share_commits,
    a_store_that_hangs_makes_required_records_unavailable_and_recovers,
    a_full_queue_drops_best_effort_and_refuses_required,
    a_queue_full_of_bytes_is_full,
    the_row_of_a_caller_that_hung_up_is_written,
    one_bad_row_does_not_take_others_with_it,
    a_record_beyond_the_limits_is_refused_in_both_modes,
    draining_writes_what_waits_and_then_takes_nothing,
    draining_ends_though_the_store_is_away,
);

fn settings() -> RecorderConfig {
    RecorderConfig { deadline_ms: 30_000, max_pause_ms: 20, ..RecorderConfig::default() }
}

/// A store that gives up on a lock soon.
async fn impatient(fixture: &Fixture) -> Store {
    let mut config = fixture.config.clone();
    config.busy_timeout_ms = 20;
    Store::open(&config).await.unwrap()
}

async fn a_receipt_means_that_another_process_can_read_the_row(fixture: &Fixture) {
    let recorder = Recorder::start(fixture.store.clone(), settings());
    let other = Store::open(&fixture.config).await.unwrap();
    for record in samples(0..20) {
        let recorded = recorder.record(record.clone(), AuditMode::Required).await.unwrap();
        assert_eq!((recorded.decision_id(), recorded.receipt()), (record.id, Receipt::Durable));
        assert_eq!(other.decision("default", record.id).await.unwrap(), Some(record));
    }
    other.close().await;
}

async fn many_callers_share_commits(fixture: &Fixture) {
    let recorder = Recorder::start(fixture.store.clone(), settings());
    // The first commit is held up, so that the others gather behind it.
    let block = fixture.block().await;
    let calls: Vec<_> = samples(0..1_000)
        .into_iter()
        .map(|record| {
            tokio::spawn({
                let recorder = recorder.clone();
                async move { recorder.record(record, AuditMode::Required).await }
            })
        })
        .collect();
    while recorder.stats().queue_depth < 1_000 {
        tokio::task::yield_now().await;
    }
    block.release().await;
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().receipt(), Receipt::Durable);
    }
    let stats = recorder.stats();
    assert_eq!((stats.written, stats.queue_depth, stats.queue_kib), (1_000, 0, 0));
    assert!(stats.batches <= 4, "{stats:?}");
    assert_eq!(fixture.rows().await, 1_000);
}

async fn a_store_that_hangs_makes_required_records_unavailable_and_recovers(fixture: &Fixture) {
    let recorder =
        Recorder::start(impatient(fixture).await, RecorderConfig { deadline_ms: 100, attempt_ms: 50, ..settings() });
    let block = fixture.block().await;
    let error = recorder.record(sample(0), AuditMode::Required).await.unwrap_err();
    assert!(matches!(error, RecordError::Unavailable(_)) && error.is_transient(), "{error}");
    while recorder.stats().healthy || recorder.stats().abandoned == 0 {
        tokio::task::yield_now().await;
    }
    block.release().await;
    while !recorder.stats().healthy {
        tokio::task::yield_now().await;
    }
    recorder.record(sample(1), AuditMode::Required).await.unwrap();
    // The row that was not released may be there or not, but not twice.
    assert!((1..=2).contains(&fixture.rows().await));
}

async fn a_full_queue_drops_best_effort_and_refuses_required(fixture: &Fixture) {
    let settings = RecorderConfig { queue_rows: 5, deadline_ms: 100, ..settings() };
    let recorder = Recorder::start(fixture.store.clone(), settings);
    let block = fixture.block().await;
    let mut receipts = Vec::new();
    for record in samples(0..8) {
        receipts.push(recorder.record(record, AuditMode::BestEffort).await.unwrap().receipt());
    }
    let (queued, dropped) = receipts.split_at(5);
    assert!(
        queued.iter().all(|r| *r == Receipt::Queued) && dropped.iter().all(|r| *r == Receipt::Dropped),
        "{receipts:?}"
    );
    let error = recorder.record(sample(9), AuditMode::Required).await.unwrap_err();
    assert_eq!(error.to_string(), "the decision could not be recorded in time: 5 decisions are waiting to be written");
    let stats = recorder.stats();
    assert_eq!((stats.queue_depth, stats.queue_capacity, stats.dropped), (5, 5, 3));
    block.release().await;
    assert_eq!(recorder.drain().await.written, 5);
    assert_eq!(fixture.rows().await, 5);
}

async fn a_queue_full_of_bytes_is_full(fixture: &Fixture) {
    let recorder = Recorder::start(fixture.store.clone(), RecorderConfig { queue_kib: 100, ..settings() });
    let block = fixture.block().await;
    let mut large = sample(0);
    // Larger than the whole queue: it may still pass, alone.
    large.content = Some(serde_json::Value::String("x".repeat(200 << 10)));
    assert_eq!(recorder.record(large, AuditMode::BestEffort).await.unwrap().receipt(), Receipt::Queued);
    assert_eq!(recorder.record(sample(1), AuditMode::BestEffort).await.unwrap().receipt(), Receipt::Dropped);
    assert_eq!(recorder.stats().queue_kib, 100);
    block.release().await;
    recorder.drain().await;
    assert_eq!(fixture.rows().await, 1);
}

async fn the_row_of_a_caller_that_hung_up_is_written(fixture: &Fixture) {
    let recorder = Recorder::start(fixture.store.clone(), settings());
    let block = fixture.block().await;
    let call = tokio::spawn({
        let recorder = recorder.clone();
        async move { recorder.record(sample(0), AuditMode::Required).await }
    });
    while recorder.stats().queue_depth == 0 {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    block.release().await;
    recorder.drain().await;
    assert_eq!(fixture.rows().await, 1);
}

async fn one_bad_row_does_not_take_others_with_it(fixture: &Fixture) {
    // A rule of the database that the limits do not know of.
    fixture
        .execute(if fixture.store.kind() == "sqlite" {
            "create trigger no_poison before insert on decisions when new.agent = 'poison' begin select raise(abort, 'poison'); end"
        } else {
            "alter table decisions add constraint poison check (agent <> 'poison')"
        })
        .await;
    let recorder = Recorder::start(fixture.store.clone(), settings());
    let block = fixture.block().await;
    let calls: Vec<_> = samples(0..101)
        .into_iter()
        .enumerate()
        .map(|(n, mut record)| {
            if n == 37 {
                record.agent = "poison".to_owned();
            }
            tokio::spawn({
                let recorder = recorder.clone();
                async move { recorder.record(record, AuditMode::Required).await }
            })
        })
        .collect();
    while recorder.stats().queue_depth < 101 {
        tokio::task::yield_now().await;
    }
    block.release().await;
    for (n, call) in calls.into_iter().enumerate() {
        match call.await.unwrap() {
            Ok(recorded) => assert!(n != 37 && recorded.receipt() == Receipt::Durable),
            Err(error) => {
                assert_eq!(n, 37);
                assert!(matches!(error, RecordError::Refused(StoreError::Rejected(_))) && !error.is_transient());
                assert!(error.to_string().contains("poison"), "{error}");
            }
        }
    }
    let stats = recorder.stats();
    assert_eq!((stats.written, stats.rejected), (100, 1));
    assert!(stats.healthy, "a bad row is no outage: {stats:?}");
    assert_eq!(fixture.rows().await, 100);
}

async fn a_record_beyond_the_limits_is_refused_in_both_modes(fixture: &Fixture) {
    let recorder = Recorder::start(fixture.store.clone(), settings());
    for mode in [AuditMode::Required, AuditMode::BestEffort] {
        let mut record = sample(0);
        record.session = Some("x".repeat(1_025));
        let error = recorder.record(record, mode).await.unwrap_err();
        assert_eq!(error.to_string(), "field `session` is 1025 bytes long, but at most 1024 are stored");
    }
    assert_eq!(recorder.stats().rejected, 2);
}

async fn draining_writes_what_waits_and_then_takes_nothing(fixture: &Fixture) {
    let recorder = Recorder::start(fixture.store.clone(), settings());
    let block = fixture.block().await;
    for record in samples(0..1_200) {
        assert_eq!(recorder.record(record, AuditMode::BestEffort).await.unwrap().receipt(), Receipt::Queued);
    }
    let draining = tokio::spawn({
        let recorder = recorder.clone();
        async move { recorder.drain().await }
    });
    block.release().await;
    let report = draining.await.unwrap();
    assert_eq!((report.written, report.dropped), (1_200, 0));
    assert_eq!(fixture.rows().await, 1_200);

    assert!(!recorder.stats().healthy, "it takes no more");
    assert_eq!(recorder.record(sample(0), AuditMode::BestEffort).await.unwrap().receipt(), Receipt::Dropped);
    let error = recorder.record(sample(0), AuditMode::Required).await.unwrap_err();
    assert_eq!(error.to_string(), "the decision could not be recorded in time: the recorder is shutting down");
    // Again, by another part of the shutdown.
    assert_eq!(recorder.drain().await.written, 1_200);
}

async fn draining_ends_though_the_store_is_away(fixture: &Fixture) {
    let settings = RecorderConfig { attempt_ms: 50, drain_ms: 200, ..settings() };
    let recorder = Arc::new(Recorder::start(impatient(fixture).await, settings));
    let block = fixture.block().await;
    for record in samples(0..700) {
        recorder.record(record, AuditMode::BestEffort).await.unwrap();
    }
    let waiting = tokio::spawn({
        let recorder = Arc::clone(&recorder);
        async move { recorder.record(sample(900), AuditMode::Required).await }
    });
    while recorder.stats().queue_depth < 701 {
        tokio::task::yield_now().await;
    }
    let report = recorder.drain().await;
    assert_eq!((report.written, report.dropped), (0, 700));
    assert!(waiting.await.unwrap().unwrap_err().is_transient());
    block.release().await;
}
