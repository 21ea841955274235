//! What only a file can show: its mode, its pragmas, other programs' files, a full disk.

use std::os::unix::fs::PermissionsExt as _;

use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::fixture::Fixture;
use super::samples::{sample, samples};
use crate::{AuditMode, Recorder, RecorderConfig, Store, StoreConfig, StoreError};

fn config(dir: &TempDir, name: &str) -> StoreConfig {
    StoreConfig::new(format!("sqlite:{}", dir.path().join(name).display()))
}

#[tokio::test]
async fn a_new_file_is_for_its_owner_alone() {
    let fixture = Fixture::sqlite().await;
    fixture.store.insert(&[sample(0)]).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", fixture.path().display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{path} has mode {mode:o}");
    }
}

#[tokio::test]
async fn commits_are_flushed_to_disk() {
    let fixture = Fixture::sqlite().await;
    let (journal, synchronous) = fixture.store.sqlite_pragmas().await.unwrap();
    assert_eq!((journal.as_str(), synchronous), ("wal", 2), "2 is FULL");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("notes.txt");
    let garbage = "these are not the bytes of a database\n".repeat(500);
    std::fs::write(&path, &garbage).unwrap();
    let error = Store::open(&config(&dir, "notes.txt")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
    assert!(
        error.to_string().starts_with(&format!("`{}` is not a SQLite database, or it is damaged (", path.display())),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), garbage);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let url = config(&dir, "other.db").url + "?mode=rwc";
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("create table accounts (id integer)").execute(&mut other).await.unwrap();
    let error = Store::open(&config(&dir, "other.db")).await.unwrap_err();
    assert!(
        error.to_string().ends_with("is a SQLite database of another program; give the audit log a file of its own"),
        "{error}"
    );
    let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut other).await.unwrap();
    assert_eq!(journal, "delete");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let dir = TempDir::new().unwrap();
    let error = Store::open(&config(&dir, "missing/parapet.db")).await.unwrap_err();
    assert!(error.to_string().contains("missing/parapet.db` cannot be opened: "), "{error}");
    assert!(error.to_string().ends_with("check that the folder exists and is writable"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_reported_and_space_makes_it_usable_again() {
    let dir = TempDir::new().unwrap();
    let config = StoreConfig { sqlite_max_bytes: Some(1 << 20), ..config(&dir, "small.db") };
    let store = Store::open(&config).await.unwrap();
    let settings = RecorderConfig { deadline_ms: 300, max_pause_ms: 20, ..RecorderConfig::default() };
    let recorder = Recorder::start(store.clone(), settings);

    let mut released = 0_u32;
    let error = loop {
        match recorder.record(sample(released), AuditMode::Required).await {
            Ok(_) => released += 1,
            Err(error) => break error,
        }
        assert!(released < 10_000, "the limit has no effect");
    };
    assert_eq!(
        error.to_string(),
        "the decision could not be recorded in time: the store is not available: the disk is full, or `sqlite_max_bytes` is reached; free space or raise the limit"
    );
    let stats = recorder.stats();
    assert!(!stats.healthy && stats.retries > 0 && stats.last_error.is_some(), "{stats:?}");

    let mut cleaner = SqliteConnection::connect(&config.url).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from decisions").fetch_one(&mut cleaner).await.unwrap();
    assert!(kept >= i64::from(released), "{released} were released, {kept} are there");
    sqlx::raw_sql("delete from decisions; delete from decision_marks").execute(&mut cleaner).await.unwrap();

    recorder.record(sample(20_000), AuditMode::Required).await.unwrap();
    assert!(recorder.stats().healthy);
}

#[tokio::test]
async fn another_process_that_keeps_the_lock_makes_the_store_unavailable() {
    let mut fixture = Fixture::sqlite().await;
    fixture.config.busy_timeout_ms = 50;
    let store = Store::open(&fixture.config).await.unwrap();
    let block = fixture.block().await;
    let error = store.insert(&samples(0..2)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store is not available: another process holds the write lock of the database file"
    );
    block.release().await;
    assert_eq!(store.insert(&samples(0..2)).await.unwrap(), 2);
}
