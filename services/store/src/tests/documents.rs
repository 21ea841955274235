//! A document that is being written is kept, piece by piece, and goes as a whole.

use parapet_domain::Timestamp;
use serde_json::json;

use super::fixture::Fixture;
use super::on_both_stores;
use crate::StoreError;

on_both_stores!(
    the_first_record_and_the_first_entry_stay,
    entries_belong_to_a_document_of_a_tenant,
    old_documents_go_with_all_their_entries,
    what_is_too_large_is_refused,
    a_record_of_another_version_is_not_read
);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

async fn the_first_record_and_the_first_entry_stay(fixture: &Fixture) {
    let store = &fixture.store;
    let record = json!({"brief": "of tea \u{0} and 1e16", "weight": 1e16});
    assert_eq!(store.begin_document("default", "d1", at(10), &record).await.unwrap(), record);
    assert_eq!(store.begin_document("default", "d1", at(20), &json!({"brief": "other"})).await.unwrap(), record);
    assert_eq!(store.document("default", "d1").await.unwrap(), Some(record));

    let place = ("default", "d1");
    assert_eq!(store.document_entry(place, "call:1").await.unwrap(), None);
    let first = json!({"answer": {"text": "茶 \u{0}\u{10}"}});
    assert_eq!(store.keep_document_entry(place, "call:1", at(11), &first).await.unwrap(), first);
    assert_eq!(store.keep_document_entry(place, "call:1", at(12), &json!("later")).await.unwrap(), first);
    assert_eq!(store.document_entry(place, "call:1").await.unwrap(), Some(first));
}

async fn entries_belong_to_a_document_of_a_tenant(fixture: &Fixture) {
    let store = &fixture.store;
    store.begin_document("default", "d1", at(10), &json!({})).await.unwrap();
    store.keep_document_entry(("default", "d1"), "k", at(11), &json!(1)).await.unwrap();
    for place in [("default", "d2"), ("other", "d1")] {
        let error = store.keep_document_entry(place, "k", at(11), &json!(2)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("there is no document `{}`; begin it first", place.1));
        assert_eq!(store.document_entry(place, "k").await.unwrap(), None);
        assert_eq!(store.document(place.0, place.1).await.unwrap(), None);
    }
}

async fn old_documents_go_with_all_their_entries(fixture: &Fixture) {
    let store = &fixture.store;
    for (tenant, id, begun) in [("default", "old", 10), ("default", "new", 30), ("other", "old", 10)] {
        store.begin_document(tenant, id, at(begun), &json!({})).await.unwrap();
        store.keep_document_entry((tenant, id), "k", at(begun), &json!(begun)).await.unwrap();
    }
    assert_eq!(store.forget_documents("default", at(30)).await.unwrap(), 1);
    assert_eq!(store.document("default", "old").await.unwrap(), None);
    assert_eq!(store.document_entry(("default", "old"), "k").await.unwrap(), None);
    assert_eq!(store.document_entry(("default", "new"), "k").await.unwrap(), Some(json!(30)));
    assert_eq!(store.document_entry(("other", "old"), "k").await.unwrap(), Some(json!(10)));
    assert_eq!(store.forget_documents("default", at(30)).await.unwrap(), 0);
    for n in 0..105 {
        store.begin_document("many", &n.to_string(), at(n), &json!({})).await.unwrap();
    }
    assert_eq!(store.forget_documents("many", at(1_000)).await.unwrap(), 100);
    assert_eq!(store.forget_documents("many", at(1_000)).await.unwrap(), 5);
}

async fn what_is_too_large_is_refused(fixture: &Fixture) {
    let store = &fixture.store;
    let long = "x".repeat(1 << 20);
    let named = |error: StoreError| match error {
        StoreError::FieldTooLong { field, .. } => field,
        other => panic!("{other:?}"),
    };
    let begun = store.begin_document("default", "d1", at(1), &json!(long)).await;
    assert_eq!(named(begun.unwrap_err()), "record");
    let begun = store.begin_document("default", &"x".repeat(257), at(1), &json!({})).await;
    assert_eq!(named(begun.unwrap_err()), "id");
    store.begin_document("default", "d1", at(1), &json!({})).await.unwrap();
    let kept = store.keep_document_entry(("default", "d1"), "k", at(1), &json!(long)).await;
    assert_eq!(named(kept.unwrap_err()), "entry");
    let kept = store.keep_document_entry(("default", "d1"), &"k".repeat(257), at(1), &json!(1)).await;
    assert_eq!(named(kept.unwrap_err()), "key");
}

async fn a_record_of_another_version_is_not_read(fixture: &Fixture) {
    fixture.store.begin_document("default", "d1", at(1), &json!({})).await.unwrap();
    fixture.execute("update documents set version = 'document/9'").await;
    let error = fixture.store.document("default", "d1").await.unwrap_err();
    assert_eq!(error.to_string(), "a stored row cannot be read: a document's record is of version `document/9`");
}
