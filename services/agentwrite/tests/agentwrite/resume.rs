//! A document that was interrupted goes on where it stopped, and no call is made twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parapet_agentwrite::{Brief, DatabaseState, DocumentId, MemoryState, Run, StateStore, Target, WriteError};
use parapet_store::{Store, StoreConfig};
use parapet_test_model_server::{Author, refusal};
use serde_json::json;

use crate::desk::{Desk, brief};

/// A model that fails with each `every`th question.
async fn failing(every: usize) -> Desk {
    let count = AtomicUsize::new(0);
    Desk::with(move |asked| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        if number.is_multiple_of(every) { refusal(503, "gone") } else { Author::new(5, (0.5, 1.5)).step(asked) }
    })
    .await
}

#[tokio::test]
async fn a_document_that_was_interrupted_again_and_again_is_the_one_that_would_have_been() {
    let whole = Desk::with(|asked| Author::new(5, (0.5, 1.5)).step(asked)).await;
    let wanted = whole.write(&brief(12_000)).await.unwrap();
    let desk = failing(7).await;
    let mut runs = 0;
    let document = loop {
        runs += 1;
        match desk.write(&brief(12_000)).await {
            Ok(document) => break document,
            Err(error) => assert!(error.is_resumable() && runs < 200, "{error:?}"),
        }
    };
    assert!(runs > 5, "{runs}");
    assert_eq!((document.text, document.plan), (wanted.text, wanted.plan));
    assert_eq!((document.spent.calls, document.kept_calls + document.calls), (wanted.spent.calls, wanted.calls));
    // Only what failed was asked again.
    let asked = desk.server.asked();
    let failed = asked.len() / 7;
    assert_eq!(asked.len(), usize::try_from(wanted.calls).unwrap() + failed);
}

#[tokio::test]
async fn a_finished_document_is_there_again_without_a_call() {
    let desk = Desk::exact().await;
    let first = desk.write(&brief(2_000)).await.unwrap();
    let again = desk.write(&brief(2_000)).await.unwrap();
    assert_eq!((again.calls, again.kept_calls, again.text), (0, first.calls, first.text));
    assert_eq!(again.spent.usage, first.spent.usage);
}

#[tokio::test]
async fn a_document_is_found_by_its_id_with_all_that_it_takes_to_resume_it() {
    let desk = Desk::exact().await;
    let id = DocumentId::parse("report-7").unwrap();
    let run = Run { context: json!({"route": "/write"}), ..Run::default() };
    desk.writer().write(&id, &brief(900), &run).await.unwrap();
    let record = desk.writer().record(&id).await.unwrap().unwrap();
    assert_eq!(
        (record.brief, record.settings, record.context),
        (brief(900), desk.settings.clone(), json!({"route": "/write"}))
    );
    assert_eq!(desk.writer().record(&DocumentId::random()).await.unwrap(), None);
}

#[tokio::test]
async fn another_brief_under_the_same_id_is_refused() {
    let desk = Desk::exact().await;
    desk.write(&brief(300)).await.unwrap();
    for other in [brief(301), Brief::new("Something else", Target::Equal(300)).unwrap()] {
        let error = desk.write(&other).await.unwrap_err();
        assert!(matches!(error, WriteError::OtherBrief { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "`doc` is a document with another instruction or length; resume it with its own, or take a new id"
        );
    }
}

#[tokio::test]
async fn two_runs_at_the_same_time_write_the_same_document() {
    let state: Arc<dyn StateStore> = Arc::new(MemoryState::default());
    let (mut one, mut two) = (
        Desk::with(|asked| Author::new(1, (0.5, 1.5)).step(asked)).await,
        Desk::with(|asked| Author::new(2, (0.5, 1.5)).step(asked)).await,
    );
    (one.state, two.state) = (Arc::clone(&state), Arc::clone(&state));
    let brief = brief(2_500);
    let (first, second) = tokio::join!(one.write(&brief), two.write(&brief));
    assert_eq!(first.unwrap().text, second.unwrap().text);
    assert!(state.load(&DocumentId::parse("doc").unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn in_the_database_a_document_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(format!("sqlite:{}", folder.path().join("state.db").display()));
    let mut desk = failing(5).await;
    let mut runs = 0;
    let document = loop {
        // Nothing but the file is left of the run before.
        let store = Store::open(&config).await.unwrap();
        desk.state = Arc::new(DatabaseState::new(store.clone(), "default"));
        let written = desk.write(&brief(2_500)).await;
        store.close().await;
        runs += 1;
        match written {
            Ok(document) => break document,
            Err(error) => assert!(error.is_resumable() && runs < 50, "{error:?}"),
        }
    };
    assert!(runs > 1 && document.kept_calls > 0, "{runs}");
    assert_eq!(desk.server.asked().len() as u64, document.spent.calls + runs - 1);
    let error = desk.write(&brief(2_500)).await.unwrap_err();
    assert!(matches!(error, WriteError::State(_)) && error.is_resumable(), "a closed store: {error:?}");
}

#[tokio::test]
async fn a_context_that_is_too_large_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(format!("sqlite:{}", folder.path().join("state.db").display()));
    let mut desk = Desk::exact().await;
    desk.state = Arc::new(DatabaseState::new(Store::open(&config).await.unwrap(), "default"));
    let run = Run { context: json!("x".repeat(20_000)), ..Run::default() };
    let error = desk.writer().write(&DocumentId::random(), &brief(300), &run).await.unwrap_err();
    assert_eq!(error.to_string(), "the state of the document cannot be used: its context has more than 16384 bytes");
    assert!(desk.server.asked().is_empty());
}
