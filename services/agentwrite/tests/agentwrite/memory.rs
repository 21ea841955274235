//! What the model is shown: all of the text while it is short, then facts, summary and its end.

use parapet_agentwrite::Weakness;
use parapet_test_model_server::{Author, Task, last_message, said, task};
use serde_json::json;

use crate::desk::{Desk, brief, prompt_of};

#[tokio::test]
async fn a_short_document_is_shown_whole_and_no_notes_are_taken() {
    let desk = Desk::exact().await;
    let document = desk.write(&brief(2_000)).await.unwrap();
    assert!(desk.asked(Task::Notes).is_empty());
    let last = prompt_of(desk.asked(Task::Write).last().unwrap());
    let before: Vec<&str> = document.text.trim_end().split("\n\n## ").collect();
    assert!(last.contains("What is written so far:\n\n<text>\n# "), "{last}");
    assert!(before[..before.len() - 1].iter().all(|section| last.contains(section.trim())));
}

#[tokio::test]
async fn of_a_long_one_facts_summary_and_end_are_shown() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Notes => {
            let number = last_message(asked).matches("Ann has house number").count();
            said(&json!({"summary": format!("the summary after {number}"), "facts": [format!("Ann has house number {number}")], "contradicted": []}).to_string())
        }
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(8_000)).await.unwrap();
    assert_eq!(desk.asked(Task::Notes).len(), document.sections.len());
    let last = prompt_of(desk.asked(Task::Write).last().unwrap());
    assert!(last.contains("What is settled so far:\n\n1. Ann has house number 0\n2. Ann has house number 1"), "{last}");
    assert!(last.contains("What is written so far, in short:\n\nthe summary after"), "{last}");
    assert!(last.contains("The end of what is written so far:\n\n<text>\n"), "{last}");
}

#[tokio::test]
async fn a_section_that_contradicts_a_fact_is_written_anew() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Notes => {
            let contradicts =
                last_message(asked).contains("1. Ann is thirty") && last_message(asked).contains("forty years");
            let contradicted = if contradicts { vec![1] } else { vec![] };
            said(&json!({"summary": "Ann", "facts": ["Ann is thirty"], "contradicted": contradicted}).to_string())
        }
        Task::Write
            if last_message(asked).contains("section 2 now")
                && !last_message(asked).contains("contradicts what is settled") =>
        {
            said(&format!("Ann was forty years old. {}", Author::exact().says(asked)))
        }
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(6_000)).await.unwrap();
    assert!(!document.text.contains("forty years"), "the better version is kept");
    assert!(document.sections[1].weaknesses.is_empty());
    let revised = desk.told().into_iter().any(|step| {
        matches!(step, parapet_agentwrite::Progress::Revising { section, weaknesses } if section == "2" && weaknesses == [Weakness::Contradiction])
    });
    assert!(revised);
}

#[tokio::test]
async fn notes_that_cannot_be_read_are_taken_by_hand() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Notes => said("The section is very good."),
        _ => Author::exact().step(asked),
    })
    .await;
    desk.write(&brief(8_000)).await.unwrap();
    let last = prompt_of(desk.asked(Task::Write).last().unwrap());
    assert!(last.contains("What is written so far, in short:") && !last.contains("very good"), "{last}");
}
