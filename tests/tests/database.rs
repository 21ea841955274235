//! The sidecar and its Postgres server: of the wrong version, unsafe, cut off in mid-run.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a helper that panics fails its test, one that skips says so"
)]

use parapet_tests::command::run;
use parapet_tests::postgres::{Cluster, Stop};
use parapet_tests::upstream::Upstream;
use parapet_tests::world::World;
use serde_json::json;

/// A server of its own, which the test may stop; `None` where the tests run without Postgres.
fn cluster() -> Option<Cluster> {
    if std::env::var_os("PARAPET_TEST_POSTGRES_URL").is_none() {
        eprintln!("skipped: run it through tests/with-postgres.sh");
        return None;
    }
    Some(Cluster::start().unwrap())
}

#[tokio::test]
async fn a_database_of_a_newer_parapet_is_refused() {
    let Some(cluster) = cluster() else { return };
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    world.configure(&cluster.url(), model.address).unwrap();
    world.start().unwrap().stop().unwrap();

    let future = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'x', true, '', 1)";
    cluster.sql(future).unwrap();
    let done = run(&["serve", "--config", &world.config().display().to_string()]).unwrap();
    assert_eq!(done.code, 5, "{}", done.err);
    assert!(
        done.err.contains("the database has migration 9999, but this version of parapet knows migrations up to"),
        "{}",
        done.err
    );
}

#[tokio::test]
async fn a_server_that_would_lose_confirmed_rows_is_refused() {
    let Some(cluster) = cluster() else { return };
    cluster.sql("alter system set fsync = off").unwrap();
    cluster.down(Stop::Fast).unwrap();
    cluster.up().unwrap();
    let done = run(&["audit", "query", "--store", &cluster.url()]).unwrap();
    assert_eq!(done.code, 5, "{}", done.err);
    assert!(done.err.contains("set `fsync = on` in postgresql.conf and reload"), "{}", done.err);
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_released_and_afterwards_all_is_well() {
    let Some(cluster) = cluster() else { return };
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    world.configure(&cluster.url(), model.address).unwrap();
    let sidecar = world.start().unwrap();
    let question = json!({ "model": "m", "messages": [{ "role": "user", "content": "hello" }] });
    let ask = async || sidecar.client.post("/v1/chat/completions", &[], &question).await.unwrap();
    assert_eq!(ask().await.status.as_u16(), 200);

    cluster.down(Stop::Fast).unwrap();
    let refused = ask().await;
    assert_eq!(refused.status.as_u16(), 503, "{}", refused.text());
    assert_eq!(refused.json().unwrap()["error"]["reason_code"], "audit_unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(model.received().len(), 1, "the model was asked although the decision is not recorded");
    assert_eq!(sidecar.admin.get("/readyz", &[]).await.unwrap().status.as_u16(), 503);

    cluster.up().unwrap();
    let mut last = ask().await;
    // The writer pauses between attempts; a request may still meet its time-out.
    for _ in 0..10 {
        if last.status.as_u16() == 200 {
            break;
        }
        last = ask().await;
    }
    assert_eq!(last.status.as_u16(), 200, "{}", last.text());
}
