//! Whatever a server does, it ends in a typed outcome, and nothing of an error stands in the document.

use parapet_agentwrite::{Fate, Length, WriteError};
use parapet_models::ModelError;
use parapet_test_model_server::{Author, Step, Task, answer, body, last_message, refusal, said, task};

use crate::desk::{Desk, brief};

/// Code of the outcome, and what the server does.
type Failing = (&'static str, fn() -> Step);

/// Writes with a model that does `step` for the second section.
async fn with_second(
    step: impl Fn() -> Step + Send + Sync + 'static,
) -> Result<parapet_agentwrite::Document, WriteError> {
    let desk = Desk::with(move |asked| {
        let is_second = matches!(task(asked), Task::Write) && last_message(asked).contains("section 2 now");
        if is_second { step() } else { Author::exact().step(asked) }
    })
    .await;
    desk.write(&brief(2_000)).await
}

#[tokio::test]
async fn errors_of_the_server_stop_and_can_be_resumed() {
    let steps: [Failing; 6] = [
        ("refused", || refusal(503, "overloaded")),
        ("rate_limited", || refusal(429, "slow down")),
        ("unauthorized", || refusal(401, "bad key")),
        ("not_an_answer", || answer(200, "<html>Gateway</html>")),
        ("disconnected", || Step::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"choices\"".to_vec())),
        ("refused", || answer(200, r#"{"error": {"message": "model is loading"}}"#)),
    ];
    for (code, step) in steps {
        let error = with_second(step).await.unwrap_err();
        assert_eq!((error.code(), error.is_resumable()), (code, true), "{error:?}");
    }
}

#[tokio::test]
async fn a_section_for_which_the_model_says_nothing_is_a_note_and_its_words_go_to_the_others() {
    for step in [
        (|| said("  ")) as fn() -> Step,
        || answer(200, body("", "content_filter")),
        || said("I'm sorry, but I can't help with that."),
        || said("Word Count: 300"),
        || said(&"x".repeat(300 << 10)),
    ] {
        let document = with_second(step).await.unwrap();
        assert_eq!(document.sections[1].fate, Fate::Unwritten, "{:?}", document.sections[1]);
        assert!(
            document.text.contains("\n\n*[Section 2 is missing: it could not be written.]*\n\n"),
            "{}",
            document.text
        );
        assert!(!document.text.contains("sorry") && !document.text.contains("xxxx"));
        assert!(document.sections[2].wanted > document.sections[2].planned);
        assert_eq!(document.length, Length::Held, "{}", document.words);
    }
}

#[tokio::test]
async fn a_document_of_which_nothing_could_be_written_is_none() {
    let desk =
        Desk::with(|asked| if task(asked) == Task::Plan { Author::exact().step(asked) } else { said(" ") }).await;
    let error = desk.write(&brief(1_000)).await.unwrap_err();
    assert!(matches!(error, WriteError::NothingWritten { denied: 0, unwritten: 1.. }), "{error:?}");
}

#[tokio::test]
async fn a_model_with_a_small_context_is_shown_less() {
    let desk = Desk::with(|asked| {
        if asked.body.to_string().len() > 6_000 {
            return refusal(400, "request (4031 tokens) exceeds the available context size (2048 tokens)");
        }
        Author::exact().step(asked)
    })
    .await;
    let document = desk.write(&brief(2_500)).await.unwrap();
    assert_eq!(document.length, Length::Held);
    assert!(document.sections.iter().all(|section| section.fate == Fate::Written));
    // What was refused for its length is known the next time.
    let before = desk.server.asked().len();
    desk.write(&brief(2_500)).await.unwrap();
    assert_eq!(desk.server.asked().len(), before);
}

#[tokio::test]
async fn a_context_too_small_for_anything_ends_typed() {
    let desk = Desk::with(|asked| {
        if task(asked) == Task::Write {
            refusal(400, "prompt is too long: 9 tokens > 8 maximum")
        } else {
            Author::exact().step(asked)
        }
    })
    .await;
    let error = desk.write(&brief(2_500)).await.unwrap_err();
    assert!(matches!(error, WriteError::Model(ModelError::TooLong { .. })), "{error:?}");
    assert!(desk.asked(Task::Write).len() <= 5);
}
