//! Plans: short texts without one, long ones level by level, bad ones made usable.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parapet_agentwrite::{Brief, DocumentId, Language, Run, Settings, Target, WriteError};
use parapet_test_model_server::{Author, Step, Task, body, last_message, refusal, said, task};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::desk::{Desk, brief, prompt_of};

#[tokio::test]
async fn a_short_text_is_written_without_a_plan() {
    let desk = Desk::exact().await;
    let document = desk.write(&brief(250)).await.unwrap();
    assert_eq!((document.sections.len(), document.calls), (1, 1));
    assert!(desk.asked(Task::Plan).is_empty() && !document.text.contains('#'), "{}", document.text);
}

#[tokio::test]
async fn a_plan_is_asked_for_by_a_schema_and_rescaled_to_the_length() {
    let desk = Desk::exact().await;
    let document = desk.write(&brief(3_000)).await.unwrap();
    let asked = desk.asked(Task::Plan);
    let sections = &asked[0].body["response_format"]["json_schema"]["schema"]["properties"]["sections"];
    assert_eq!((sections["minItems"].as_u64(), sections["maxItems"].as_u64()), (Some(3), Some(14)));
    assert_eq!((asked.len(), document.plan.words()), (1, 3_000));
    assert!(document.plan.sections.iter().all(|s| (200..=1_000).contains(&s.words)), "{:?}", document.plan);
}

#[tokio::test]
async fn a_long_document_is_planned_level_by_level_at_the_same_time() {
    // The plans of the first two parts are given when both are asked for.
    let (pair, parts) = (Arc::new(Barrier::new(2)), AtomicUsize::new(0));
    let mut desk = Desk::with(move |asked| {
        let is_part = last_message(asked).contains("Only this part");
        if is_part && parts.fetch_add(1, Ordering::SeqCst) < 2 {
            return Step::Together(Arc::clone(&pair), body(&Author::exact().says(asked), "stop"));
        }
        Author::exact().step(asked)
    })
    .await;
    desk.settings = Settings { concurrency: 3, ..Settings::default() };
    desk.config.concurrency = 8;
    let document = desk.write(&brief(30_000)).await.unwrap();
    assert_eq!(document.plan.words(), 30_000);
    assert!(document.plan.sections.len() >= 30, "{}", document.plan.sections.len());
    assert!(document.plan.sections.iter().all(|section| section.within.len() == 1 && section.id.contains('.')));
    let parts = desk.asked(Task::Plan).len() - 1;
    assert!((3..=12).contains(&parts), "{parts}");
    assert!((2..=3).contains(&desk.server.most_at_once()), "{}", desk.server.most_at_once());
    assert!((29_000..=31_000).contains(&document.words), "{}", document.words);
}

#[tokio::test]
async fn the_way_down_from_a_schema_ends_at_the_published_form() {
    let plan = "Here is the plan:\nParagraph 1 - Main Point: Tea in China - Word Count: 9000\n\
        Paragraph 2 - Main Point: Tea in London - Word Count: 12";
    let desk = Desk::with(move |asked| match (task(asked), &asked.body["response_format"], &asked.body["grammar"]) {
        (Task::Plan, Value::Null, Value::Null) => said(plan),
        (Task::Plan, Value::Null, _) => refusal(400, "Unrecognized request argument supplied: grammar"),
        (Task::Plan, ..) => refusal(400, "'response_format.type' must be 'text'"),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(1_000)).await.unwrap();
    let told: Vec<_> = document.plan.sections.iter().map(|s| (s.heading.as_str(), s.words)).collect();
    assert_eq!(told, [("Tea in China", 800), ("Tea in London", 200)]);
}

#[tokio::test]
async fn a_plan_with_the_same_point_again_is_asked_for_again_and_told_why() {
    let double = json!({"title": "Tea", "sections": vec![json!({"heading": "Tea", "main_point": "All about tea", "words": 500}); 6]});
    let desk = Desk::with(move |asked| match task(asked) {
        Task::Plan if !last_message(asked).contains("more than once") => said(&double.to_string()),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(3_000)).await.unwrap();
    assert_eq!(desk.asked(Task::Plan).len(), 2);
    assert!(document.plan.sections.len() >= 3);
}

#[tokio::test]
async fn a_model_that_has_only_one_point_still_gives_a_document() {
    let one = json!({"title": "Tea", "sections": [{"heading": "Tea", "main_point": "All about tea", "words": 7}]});
    let desk = Desk::with(move |asked| match task(asked) {
        Task::Plan => said(&one.to_string()),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(3_000)).await.unwrap();
    let ids: Vec<_> = document.plan.sections.iter().map(|section| section.id.as_str()).collect();
    assert_eq!(ids, ["1a", "1b", "1c"]);
    assert!((2_900..=3_100).contains(&document.words), "{}", document.words);
    assert_eq!(document.text.matches("## Tea").count(), 1);
}

#[tokio::test]
async fn two_hundred_sections_for_a_thousand_words_are_put_together() {
    let sections: Vec<Value> = (0..200)
        .map(|n| json!({"heading": format!("H{n}"), "main_point": format!("point number{n} alone{n}"), "words": 500}))
        .collect();
    let plan = json!({"title": "T", "sections": sections}).to_string();
    let desk = Desk::with(move |asked| match task(asked) {
        Task::Plan => said(&plan),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(1_000)).await.unwrap();
    assert_eq!((document.plan.sections.len(), document.plan.words()), (4, 1_000));
}

#[tokio::test]
async fn a_document_with_two_hundred_sections_is_written_with_bounded_questions() {
    let mut desk = Desk::exact().await;
    desk.settings = Settings { ideal_words: 200, most_words: 400, part_words: 4_000, ..Settings::default() };
    let document = desk.write(&brief(50_000)).await.unwrap();
    assert!(document.plan.sections.len() >= 125, "{}", document.plan.sections.len());
    assert!((48_500..=51_500).contains(&document.words), "{}", document.words);
    let longest = desk.server.asked().iter().map(|asked| prompt_of(asked).len()).max().unwrap();
    assert!(longest < 60_000, "{longest} bytes");
}

#[tokio::test]
async fn what_is_no_plan_ends_typed_after_bounded_tries() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Plan => said("Tea is a drink.\nIt is from China.\nI hope this helps."),
        _ => Author::exact().step(asked),
    })
    .await;
    let error = desk.write(&brief(1_000)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "in 3 tries the model gave no plan; the last answer began with `Tea is a drink.\nIt is from China.\nI hope this helps.`"
    );
    assert!(matches!(error, WriteError::NoPlan { tries: 3, .. }) && !error.is_resumable());
    assert!(desk.asked(Task::Write).is_empty());
}

#[tokio::test]
async fn a_chinese_brief_is_planned_and_written_in_chinese() {
    let desk = Desk::exact().await;
    let brief = Brief::new("写一篇关于茶的历史的文章", Target::Equal(1_200)).unwrap();
    assert_eq!(brief.language, Language::Chinese);
    let id = DocumentId::random();
    let document = desk.writer().write(&id, &brief, &Run::default()).await.unwrap();
    assert!((1_160..=1_240).contains(&document.words), "{}", document.words);
    assert!(prompt_of(&desk.asked(Task::Plan)[0]).contains("整篇文章的指令："));
    assert!(prompt_of(&desk.asked(Task::Write)[0]).contains("整篇文章的计划："));
}

#[tokio::test]
async fn lengths_that_cannot_be_divided_are_refused() {
    let mut desk = Desk::exact().await;
    desk.settings = Settings { most_sections: 10, ..Settings::default() };
    let error = desk.write(&brief(5_000)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`most_sections` is 10, but must be at least 25 for 5000 words, or `least_words` larger"
    );
}
