//! An auditor can resolve the guard set of a decision.

use parapet_domain::Timestamp;
use serde_json::json;

use super::fixture::Fixture;
use super::on_both_stores;
use crate::GuardSetRecord;

on_both_stores!(
    a_hash_is_resolved_with_its_times,
    the_first_manifest_of_a_hash_stays,
    a_hash_that_is_too_long_is_refused
);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

async fn a_hash_is_resolved_with_its_times(fixture: &Fixture) {
    let manifest = json!({"guards": [{"id": "pii-redact", "request": "no \u{0} NUL", "weight": 1e16}]});
    fixture.store.record_guard_set("default", "set:a", at(10), &manifest).await.unwrap();
    fixture.store.record_guard_set("default", "set:b", at(20), &json!({})).await.unwrap();
    fixture.store.record_guard_set("default", "set:a", at(30), &manifest).await.unwrap();
    // The same again, as after a lost acknowledgement.
    fixture.store.record_guard_set("default", "set:a", at(30), &manifest).await.unwrap();

    let found = fixture.store.guard_set("default", "set:a").await.unwrap();
    let wanted = GuardSetRecord {
        tenant: "default".to_owned(),
        hash: "set:a".to_owned(),
        manifest,
        activations: vec![at(10), at(30)],
    };
    assert_eq!(found, Some(wanted));
    assert_eq!(fixture.store.guard_set("default", "set:c").await.unwrap(), None);
    assert_eq!(fixture.store.guard_set("other", "set:a").await.unwrap(), None);
}

async fn the_first_manifest_of_a_hash_stays(fixture: &Fixture) {
    fixture.store.record_guard_set("default", "set:a", at(10), &json!({"first": true})).await.unwrap();
    fixture.store.record_guard_set("default", "set:a", at(20), &json!({"first": false})).await.unwrap();
    let found = fixture.store.guard_set("default", "set:a").await.unwrap().unwrap();
    assert_eq!(found.manifest, json!({"first": true}));
}

async fn a_hash_that_is_too_long_is_refused(fixture: &Fixture) {
    let error = fixture.store.record_guard_set("default", &"x".repeat(257), at(10), &json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "field `hash` is 257 bytes long, but at most 256 are stored");
}
