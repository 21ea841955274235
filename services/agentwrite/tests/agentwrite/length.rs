//! Documents have the length that was asked for, whatever the model makes of what it is asked.

use parapet_agentwrite::{Brief, Length, Progress, Target, Weakness, words};
use parapet_test_model_server::{Author, Task, task};

use crate::desk::{Desk, brief};

#[tokio::test]
async fn a_document_has_its_length_headings_included() {
    let desk = Desk::exact().await;
    let document = desk.write(&brief(2_000)).await.unwrap();
    assert_eq!((document.words, document.length), (words::count(&document.text), Length::Held), "{document:?}");
    assert!((1_940..=2_060).contains(&document.words), "{}", document.words);
    assert!(document.text.starts_with("# ") && document.text.contains("\n\n## "), "{}", document.text);
    assert_eq!(document.sections.iter().map(|section| section.words).sum::<u32>(), document.words);
    assert_eq!(document.plan.words(), 2_000);
}

#[tokio::test]
async fn every_answer_may_be_off_by_half_and_the_document_is_not() {
    for seed in 0..4 {
        let desk = Desk::with(move |asked| Author::new(seed, (0.5, 1.5)).step(asked)).await;
        for (n, words) in [100, 700, 3_000].into_iter().enumerate() {
            let brief = brief(words);
            let id = parapet_agentwrite::DocumentId::parse(&n.to_string()).unwrap();
            let document = desk.writer().write(&id, &brief, &parapet_agentwrite::Run::default()).await.unwrap();
            let score = words::length_score(words, document.words);
            assert!(score >= 95.0, "seed {seed}: {} of {words} words", document.words);
        }
        assert!(!desk.asked(Task::Continue).is_empty() && !desk.asked(Task::Condense).is_empty());
    }
}

#[tokio::test]
async fn limits_to_one_side_and_ranges_are_kept() {
    for (target, seed) in [Target::AtLeast(900), Target::AtMost(900), Target::Range(800, 1_000)].into_iter().zip(7..) {
        let desk = Desk::with(move |asked| Author::new(seed, (0.5, 1.5)).step(asked)).await;
        let document = desk.write(&Brief::new("写一篇关于茶的文章", target).unwrap()).await.unwrap();
        let (least, most) = target.band();
        assert!((least..=most).contains(&document.words), "{target:?}: {}", document.words);
        assert_eq!(document.length, Length::Held);
    }
}

#[tokio::test]
async fn the_difference_of_a_section_is_carried_over_those_that_are_left() {
    // The first section comes out a tenth too long, which is within its limits.
    let desk = Desk::with(|asked| {
        let is_first =
            task(asked) == Task::Write && parapet_test_model_server::last_message(asked).contains("section 1 now");
        Author::new(1, if is_first { (1.1, 1.1) } else { (1.0, 1.0) }).step(asked)
    })
    .await;
    let document = desk.write(&brief(2_000)).await.unwrap();
    let (first, second) = (&document.sections[0], &document.sections[1]);
    assert!(first.words > first.wanted + 10 && first.wanted == first.planned, "{first:?}");
    assert!(second.wanted < second.planned, "{second:?}");
    assert_eq!(document.length, Length::Held);
    assert!(desk.asked(Task::Condense).is_empty());
}

#[tokio::test]
async fn a_model_that_will_not_be_shorter_is_cut_at_a_sentence() {
    let desk = Desk::with(|asked| match task(asked) {
        Task::Write => Author::new(3, (1.9, 1.9)).step(asked),
        // It gives the passage back, twice as long.
        Task::Condense => Author::new(3, (9.0, 9.0)).step(asked),
        _ => Author::exact().step(asked),
    })
    .await;
    let document = desk.write(&brief(300)).await.unwrap();
    assert!((270..=315).contains(&document.words), "{}", document.words);
    assert!(document.text.trim_end().ends_with('.'), "{}", document.text);
    assert_eq!(document.sections[0].weaknesses, [Weakness::Trimmed]);
    assert!(desk.asked(Task::Condense).len() <= 2, "a model that does not do it is left alone");
}

#[tokio::test]
async fn progress_counts_words_and_guesses_the_rest() {
    let desk = Desk::exact().await;
    let document = desk.write(&brief(1_500)).await.unwrap();
    let told = desk.told();
    assert_eq!(told[0], Progress::Planning { words: 1_500 });
    let done: Vec<_> = told
        .iter()
        .filter_map(|step| match step {
            Progress::Done { words_so_far, words_wanted, seconds_left, .. } => {
                Some((*words_so_far, *words_wanted, *seconds_left))
            }
            _ => None,
        })
        .collect();
    assert_eq!(done.len(), document.sections.len());
    assert!(
        done.iter().all(|(so_far, wanted, left)| so_far <= &1_560 && *wanted == 1_500 && left.is_some()),
        "{done:?}"
    );
    assert_eq!(done.last().map(|(so_far, _, left)| (*so_far, *left)), Some((document.words, Some(0.0))));
}
