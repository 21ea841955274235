//! A database that this build must not use is refused, with a message that says what to do.

use super::fixture::Fixture;
use super::on_both_stores;
use super::samples::sample;
use crate::{Store, StoreConfig, StoreError};

on_both_stores!(
    a_newer_database_is_refused,
    a_database_of_another_build_is_refused,
    opening_again_keeps_what_is_there,
    many_processes_can_open_a_new_store_at_once,
);

async fn refusal(fixture: &Fixture) -> StoreError {
    Store::open(&fixture.config).await.unwrap_err()
}

async fn a_newer_database_is_refused(fixture: &Fixture) {
    let bytes = if fixture.store.kind() == "sqlite" { "x'00'" } else { "'\\x00'::bytea" };
    fixture
        .execute(&format!("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'future', true, {bytes}, 1)"))
        .await;
    assert_eq!(
        refusal(fixture).await.to_string(),
        "the database has migration 9999, but this version of parapet knows migrations up to 8; use a newer parapet, or restore a backup from before the upgrade"
    );
    // The refusal leaves no lock behind.
    fixture.execute("delete from _sqlx_migrations where version = 9999").await;
    Store::open(&fixture.config).await.unwrap().close().await;
}

async fn a_database_of_another_build_is_refused(fixture: &Fixture) {
    let bytes = if fixture.store.kind() == "sqlite" { "x'00'" } else { "'\\x00'::bytea" };
    fixture.execute(&format!("update _sqlx_migrations set checksum = {bytes} where version = 2")).await;
    assert_eq!(
        refusal(fixture).await.to_string(),
        "migration 2 in the database is not the one of this build; it was made by another build of parapet and cannot be used by this one"
    );
}

async fn opening_again_keeps_what_is_there(fixture: &Fixture) {
    let record = sample(3);
    fixture.store.insert(std::slice::from_ref(&record)).await.unwrap();
    let again = Store::open(&fixture.config).await.unwrap();
    assert_eq!(again.decision("default", record.id).await.unwrap(), Some(record));
    again.close().await;
}

async fn many_processes_can_open_a_new_store_at_once(fixture: &Fixture) {
    if fixture.store.kind() == "sqlite" {
        let dir = tempfile::TempDir::new().unwrap();
        open_many(&StoreConfig::new(format!("sqlite:{}", dir.path().join("new.db").display()))).await;
    } else {
        fixture.execute(&format!("drop schema {0} cascade; create schema {0}", fixture.schema())).await;
        open_many(&fixture.config).await;
    }
}

async fn open_many(config: &StoreConfig) {
    let opening: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn({
                let config = config.clone();
                async move { Store::open(&config).await }
            })
        })
        .collect();
    for (n, store) in opening.into_iter().enumerate() {
        let store = store.await.unwrap().unwrap();
        assert_eq!(store.insert(&[sample(u32::try_from(n).unwrap())]).await.unwrap(), 1);
        store.close().await;
    }
}

#[tokio::test]
async fn a_url_of_no_store_is_refused_without_repeating_its_password() {
    for (url, message) in [
        (
            "mysql://user:secret@host/db",
            "store url: `mysql:` is not supported; use `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`",
        ),
        (
            "sqlite::memory:",
            "store url: sqlite needs the path of a file, such as `sqlite:parapet.db`: memory is not durable",
        ),
        ("sqlite:", "store url: sqlite needs the path of a file, such as `sqlite:parapet.db`: memory is not durable"),
    ] {
        let config = StoreConfig::new(url);
        assert_eq!(Store::open(&config).await.unwrap_err().to_string(), message);
        assert!(!format!("{config:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_not_available() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error =
        Store::open(&StoreConfig::new(format!("postgres://user:secret@127.0.0.1:{port}/db"))).await.unwrap_err();
    assert!(error.is_transient() && !error.to_string().contains("secret"), "{error}");
    assert!(error.to_string().starts_with("the store is not available: "), "{error}");
}
