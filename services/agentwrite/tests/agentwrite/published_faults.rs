//! The faults of the published code, each of which must not be here.

use parapet_agentwrite::{Brief, Fate, Length, Target, WriteError, words};
use parapet_models::ModelConfig;
use parapet_test_model_server::{Author, Task, last_message, length, refusal, said, said_at_length, task};

use crate::desk::{Desk, brief, prompt_of};

#[tokio::test]
async fn a_line_that_is_no_step_is_no_section() {
    let plan = "Certainly! Below is a plan of 3 paragraphs.\n\nParagraph 1 - Main Point: Tea in China - Word Count: 500\n\
        This paragraph will set the scene.\n\nParagraph 2 - Main Point: Tea in London - Word Count: 500\n\nGood luck!";
    let desk = Desk::with(move |asked| match task(asked) {
        Task::Plan => said(plan),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(1_000)).await.unwrap();
    assert_eq!(document.sections.len(), 2);
}

#[tokio::test]
async fn the_text_of_an_error_is_never_prose() {
    let desk = Desk::with(|asked| match (task(asked), last_message(asked).contains("section 2 now")) {
        (Task::Write, true) => refusal(500, "Internal Server Error: worker died"),
        _ => Author::exact().step(asked),
    })
    .await;
    let error = desk.write(&brief(1_500)).await.unwrap_err();
    assert!(matches!(error, WriteError::Model(_)) && error.is_resumable() && error.code() == "refused", "{error:?}");
    assert!(error.to_string().contains("worker died"), "{error}");
}

#[tokio::test]
async fn a_section_that_the_token_limit_cut_off_goes_on_behind_its_last_whole_sentence() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Write if last_message(asked).contains("section 1 now") => {
            let text = Author::exact().says(asked);
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            said_at_length(&format!("{half}unfinishedword"), "length")
        }
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(1_500)).await.unwrap();
    let continued = desk.asked(Task::Continue);
    assert!(!continued.is_empty() && !document.text.contains("unfinishedword"), "{}", document.text);
    assert_eq!(document.length, Length::Held);
    // What is asked for is what is missing, not the section again.
    assert!(length(&continued[0]).unwrap() < document.sections[0].wanted);
}

#[tokio::test]
async fn placeholders_in_the_instruction_are_not_expanded() {
    let instruction = "Explain the template {plan} and $TEXT$, {{instruction}} and %s; keep {words} as they are";
    let desk = Desk::exact().await;
    desk.write(&Brief::new(instruction, Target::Equal(1_000)).unwrap()).await.unwrap();
    for asked in desk.server.asked() {
        let prompt = prompt_of(&asked);
        let is_shown = !matches!(task(&asked), Task::Condense | Task::Notes);
        assert!(!is_shown || prompt.contains(&format!("<instruction>\n{instruction}\n</instruction>")), "{prompt}");
    }
}

#[tokio::test]
async fn another_plan_or_model_or_setting_is_not_answered_from_what_is_kept() {
    let mut desk = Desk::exact().await;
    desk.write(&brief(1_000)).await.unwrap();
    let before = desk.server.asked().len();
    desk.write(&brief(1_000)).await.unwrap();
    assert_eq!(desk.server.asked().len(), before, "the same is there");
    desk.config = ModelConfig { model: "other".to_owned(), ..desk.config };
    let other = desk.write(&brief(1_000)).await.unwrap();
    assert_eq!((other.kept_calls, desk.server.asked().len() - before), (0, usize::try_from(other.calls).unwrap()));
    desk.settings.temperature = Some(0.3);
    assert_eq!(desk.write(&brief(1_000)).await.unwrap().kept_calls, 0);
    // What may be used, and how much at once, is no part of it.
    desk.settings.concurrency = 9;
    desk.settings.budget.calls = Some(500);
    assert_eq!(desk.write(&brief(1_000)).await.unwrap().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_fewer_requests_is_waited_for() {
    let mut desk = {
        let turned_away = std::sync::Mutex::new(std::collections::HashSet::new());
        Desk::with(move |asked| {
            let is_new = turned_away.lock().unwrap().insert(asked.body.to_string());
            let headers = vec![("retry-after", "7".to_owned()), ("content-type", "application/json".to_owned())];
            let body = r#"{"error": {"message": "slow down"}}"#.to_owned();
            if is_new {
                parapet_test_model_server::Step::Answer(429, headers, body)
            } else {
                Author::exact().step(asked)
            }
        })
        .await
    };
    desk.config.retries = 2;
    let began = tokio::time::Instant::now();
    let document = desk.write(&brief(1_000)).await.unwrap();
    assert_eq!(document.length, Length::Held);
    let asked = desk.server.asked().len();
    assert!(began.elapsed().as_secs() >= 7 * asked as u64 / 2, "{:?} for {asked}", began.elapsed());
    assert!(!document.text.contains("slow down"));
}

#[tokio::test]
async fn budgets_of_the_plan_are_read_and_kept() {
    let plan = "Paragraph 1 - Main Point: Tea in China of old - Word Count: 300\nParagraph 2 - Main Point: London and its houses - Word Count: 900";
    let desk = Desk::with(move |asked| match task(asked) {
        Task::Plan => said(plan),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(1_200)).await.unwrap();
    let planned: Vec<_> = document.sections.iter().map(|section| section.planned).collect();
    assert_eq!(planned, [300, 900]);
    for section in &document.sections {
        assert!(section.words.abs_diff(section.planned) <= 40, "{section:?}");
        assert_eq!(section.fate, Fate::Written);
    }
}

#[tokio::test]
async fn what_is_shown_of_the_text_does_not_grow_with_it() {
    let desk = Desk::exact().await;
    let document = desk.write(&brief(9_000)).await.unwrap();
    let shown: Vec<u32> = desk.asked(Task::Write).iter().map(|asked| words::count(&prompt_of(asked))).collect();
    let most = shown.iter().max().unwrap();
    assert!(*most < 5_500 && document.words > 8_700, "{shown:?}");
    // The last section is shown less than the longest prompt: notes took the place of the text.
    assert!(shown.last().unwrap() < most, "{shown:?}");
}
