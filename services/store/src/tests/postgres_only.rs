//! What only a server can do: go away in the middle, come back, lose an acknowledgement, or be set up to lose rows.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use parapet_domain::Timestamp;

use super::fixture::{Fixture, admin_url};
use super::proxy::{Line, Proxy};
use super::samples::{sample, samples};
use crate::{AuditMode, Receipt, Recorder, RecorderConfig, Store, StoreConfig, StoreError};

/// Short pauses and long deadlines: these tests wait for events, not for time.
fn settings() -> RecorderConfig {
    RecorderConfig { deadline_ms: 30_000, max_pause_ms: 20, ..RecorderConfig::default() }
}

async fn behind_proxy(fixture: &Fixture) -> (Proxy, Store) {
    let proxy = Proxy::to(&fixture.config.url).await;
    let store = Store::open(&StoreConfig::new(proxy.url(&fixture.config.url))).await.unwrap();
    (proxy, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_acknowledgement_neither_loses_nor_doubles_a_row() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let (proxy, store) = behind_proxy(&fixture).await;
    let recorder = Recorder::start(store, settings());
    recorder.record(sample(0), AuditMode::Required).await.unwrap();
    for n in 1..=10 {
        proxy.set(Line::LosesNextCommit);
        let recorded = recorder.record(sample(n), AuditMode::Required).await.unwrap();
        assert_eq!(recorded.receipt(), Receipt::Durable);
    }
    assert_eq!(proxy.lost(), 10);
    assert_eq!(recorder.stats().retries, 10);
    assert_eq!(fixture.rows().await, 11);
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_away_is_used_again_without_a_restart() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let (proxy, store) = behind_proxy(&fixture).await;
    let recorder = Recorder::start(store.clone(), RecorderConfig { deadline_ms: 300, ..settings() });
    recorder.record(sample(0), AuditMode::Required).await.unwrap();

    proxy.set(Line::Away);
    let error = recorder.record(sample(1), AuditMode::Required).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(!recorder.stats().healthy);
    assert!(store.decision("default", sample(0).id).await.unwrap_err().is_transient());
    // Best effort waits for better times.
    let queued = sample(2);
    assert_eq!(recorder.record(queued.clone(), AuditMode::BestEffort).await.unwrap().receipt(), Receipt::Queued);

    proxy.set(Line::Open);
    let recorder = wait_until_healthy(recorder).await;
    recorder.record(sample(3), AuditMode::Required).await.unwrap();
    assert_eq!(store.decision("default", queued.id).await.unwrap(), Some(queued));
    let stats = recorder.stats();
    assert_eq!((stats.dropped, stats.queue_depth), (0, 0));
    fixture.remove().await;
}

async fn wait_until_healthy(recorder: Recorder) -> Recorder {
    while !recorder.stats().healthy {
        tokio::task::yield_now().await;
    }
    recorder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_recorder_finds_by_itself_that_the_database_is_back() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let (proxy, store) = behind_proxy(&fixture).await;
    let recorder = Recorder::start(store, RecorderConfig { deadline_ms: 200, ..settings() });
    proxy.set(Line::Away);
    recorder.record(sample(1), AuditMode::Required).await.unwrap_err();
    proxy.set(Line::Open);
    wait_until_healthy(recorder).await;
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_by_the_server_lose_no_released_row() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let recorder = Recorder::start(fixture.store.clone(), RecorderConfig { batch_rows: 20, ..settings() });
    let records = Arc::new(samples(0..2_000));
    let recording: Vec<_> = (0..8)
        .map(|worker| {
            let (recorder, records) = (recorder.clone(), Arc::clone(&records));
            tokio::spawn(async move {
                for record in records.iter().skip(worker).step_by(8) {
                    recorder.record(record.clone(), AuditMode::Required).await.unwrap();
                }
            })
        })
        .collect();
    let cut = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '{}'",
        fixture.schema()
    );
    let mut cuts = 0;
    while recorder.stats().written < 1_500 {
        cuts += fixture.number(&cut).await;
    }
    for task in recording {
        task.await.unwrap();
    }
    assert!(cuts > 0 && recorder.stats().retries > 0, "nothing was cut");
    assert_eq!(fixture.rows().await, 2_000);
    fixture.remove().await;
}

#[tokio::test]
async fn durable_commits_are_flushed_even_if_the_session_would_not() {
    let Some(mut fixture) = Fixture::postgres().await else { return };
    // Fails a commit that is not flushed, at its end, when the setting that counts is in place.
    fixture
        .execute(
            "create function refuse_unflushed() returns trigger language plpgsql as $$ begin \
               if current_setting('synchronous_commit') = 'off' then raise exception 'unflushed' using errcode = '23514', constraint = 'unflushed'; end if; \
               return null; end $$; \
             create constraint trigger flushed after insert on decisions deferrable initially deferred for each row execute function refuse_unflushed()",
        )
        .await;
    fixture.config.url = fixture.config.url.replace("options=-c", "options=-c+synchronous_commit%3Doff+-c");
    let store = Store::open(&fixture.config).await.unwrap();
    assert_eq!(store.insert(&[sample(0)]).await.unwrap(), 1);
    let row = crate::row::Row::encode(&sample(1)).unwrap();
    let error = store.insert_rows(&[&row], crate::Durability::AsConfigured).await.unwrap_err();
    assert_eq!(error.to_string(), "the record cannot be stored: constraint `unflushed` does not hold");
    store.close().await;
    fixture.remove().await;
}

/// Partitions of `decisions`, the default included.
const MONTHS: &str = "select count(*) from pg_inherits where inhparent = 'decisions'::regclass";

fn days_ago(n: u32, days: i64) -> parapet_domain::DecisionRecord {
    let mut record = sample(n);
    record.at = Timestamp::from_micros(Timestamp::now().as_micros() - days * 86_400_000_000);
    record
}

#[tokio::test]
async fn months_are_created_ahead_and_on_demand() {
    let Some(fixture) = Fixture::postgres().await else { return };
    assert_eq!(fixture.number(MONTHS).await, 4, "this month, two ahead, and the default");
    // Nothing needs the default partition.
    fixture.execute("drop table decisions_default cascade; drop table decision_marks_default cascade").await;
    let (today, past) = (days_ago(0, 0), days_ago(1, 40));
    assert_eq!(fixture.store.insert(&[today, past.clone()]).await.unwrap(), 2);
    assert_eq!(fixture.number(MONTHS).await, 4, "three months and the one that was needed");
    assert_eq!(fixture.store.decision("default", past.id).await.unwrap(), Some(past));
    fixture.remove().await;
}

#[tokio::test]
async fn rows_of_a_month_that_cannot_be_created_go_to_the_default() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let (mut first, second) = (days_ago(0, 100), days_ago(1, 100));
    let wanted = first.at;
    first.at = Timestamp::from_micros(0);
    fixture.store.insert(&[first]).await.unwrap();
    // A month cannot be attached while the default partition holds a row of it.
    fixture.execute(&format!("update decisions_default set at = '{wanted}'")).await;
    assert_eq!(fixture.store.insert(std::slice::from_ref(&second)).await.unwrap(), 1);
    assert_eq!(fixture.store.insert(std::slice::from_ref(&second)).await.unwrap(), 0);
    assert_eq!(fixture.number("select count(*) from decisions_default").await, 2);
    assert_eq!(fixture.store.decision("default", second.id).await.unwrap(), Some(second));
    fixture.remove().await;
}

#[tokio::test]
async fn a_server_without_fsync_is_refused() {
    if admin_url().is_none() {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/with-postgres.sh");
    let mut server = Command::new(script)
        .args(["sh", "-c", "echo $PARAPET_TEST_POSTGRES_URL; read -r _"])
        .env("PARAPET_TEST_POSTGRES_OPTIONS", "-c fsync=off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let error = Store::open(&StoreConfig::new(url.trim())).await.unwrap_err();
    assert!(matches!(error, StoreError::NotDurable { setting: "fsync" }), "{error:?}");
    drop(server.stdin.take());
    server.wait().unwrap();
}
