//! Sections of weak models: what is weak is written anew, bounded, and the better version is kept.

use parapet_agentwrite::{Fate, Length, Progress, Weakness};
use parapet_test_model_server::{Author, Task, last_message, said, task};

use crate::desk::{Desk, brief, prompt_of};

#[tokio::test]
async fn a_model_that_turns_in_a_circle_is_noticed_and_bounded() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Plan => Author::exact().step(asked),
        _ => said(&"The tea of the world is very good for all. ".repeat(60)),
    })
    .await;
    let document = desk.write(&brief(1_000)).await.unwrap();
    let times = document.text.matches("very good for all").count();
    assert!(times <= document.sections.len(), "{}", document.text);
    assert!(document.sections[0].weaknesses.contains(&Weakness::Repetition));
    assert_eq!(document.length, Length::Short);
    assert!(document.calls < 40, "{}", document.calls);
}

#[tokio::test]
async fn only_the_weak_section_is_written_anew_and_told_why() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Write if last_message(asked).contains("section 2 now") && !last_message(asked).contains("faults") => {
            let text = Author::exact().says(asked);
            said(&format!("{text}\n\nAs planned, the Main Point: of this is made."))
        }
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(2_000)).await.unwrap();
    let revised: Vec<String> = desk
        .told()
        .into_iter()
        .filter_map(|step| match step {
            Progress::Revising { section, .. } => Some(section),
            _ => None,
        })
        .collect();
    assert_eq!(revised, ["2"]);
    assert!(!document.text.contains("Main Point"));
    let anew =
        desk.asked(Task::Write).iter().map(prompt_of).filter(|prompt| prompt.contains("words about the task")).count();
    assert_eq!(anew, 1);
}

#[tokio::test]
async fn a_version_that_is_no_better_is_not_kept() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Write if last_message(asked).contains("faults") => said(&"All is well with tea and more. ".repeat(80)),
        Task::Write if last_message(asked).contains("section 1 now") => {
            said(&format!("{}\n\nThe Main Point: of this is tea.", Author::exact().says(asked)))
        }
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(1_500)).await.unwrap();
    assert_eq!(document.sections[0].weaknesses, [Weakness::Markers]);
    assert!(!document.text.contains("All is well"), "{}", document.text);
    assert!(document.sections.iter().all(|section| section.fate == Fate::Written));
}
