use parapet_models::Usage;

use super::*;
use crate::sample::Outcome;

const FILTERS: Filters = Filters { least_length_score: 80.0, max_tokens: 1_000, seed: 1 };

fn tasks(prompts: &[&str]) -> Tasks {
    Tasks::new(
        prompts.iter().map(|prompt| Instruction { prompt: (*prompt).to_owned(), length: None, kind: None }).collect(),
    )
}

fn text(words: usize, word: &str) -> String {
    vec![word; words].join(" ")
}

fn sample(row: usize, sample: u32, outcome: Outcome) -> (Key, Sample) {
    let key = Key { row, sample };
    (key, Sample { key, outcome, calls: 1, usage: Usage::default(), seconds: 1.0 })
}

fn answered(row: usize, number: u32, text: String) -> (Key, Sample) {
    sample(row, number, Outcome::Answered { text })
}

fn reasons(dataset: &Dataset) -> Vec<(usize, Option<u32>, &'static str)> {
    dataset.dropped.iter().map(|dropped| (dropped.line, dropped.sample, dropped.reason.code())).collect()
}

#[test]
fn one_good_text_of_each_instruction_is_kept_and_the_rest_is_accounted_for() {
    let tasks = tasks(&["Write 100 words on rain.", "Write on snow.", "Write 200 words on fog.", "写一篇40字的文章"]);
    let samples = [
        answered(0, 0, text(95, "rain")),
        answered(2, 0, text(100, "fog")),
        answered(3, 0, "Paragraph 1: ".to_owned() + &"山".repeat(40)),
    ]
    .into();
    let dataset = tasks.dataset(&samples, 1, None, FILTERS);
    let rows: Vec<Value> = dataset.sft().collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[1],
        json!({"messages": [
            {"role": "user", "content": "写一篇40字的文章"},
            {"role": "assistant", "content": "山".repeat(40)},
        ]})
    );
    assert_eq!(reasons(&dataset), [(2, None, "no_explicit_length"), (3, Some(0), "length_score")]);
    let statistics = dataset.statistics();
    assert_eq!((statistics.instructions, statistics.with_length, statistics.texts, statistics.missing), (4, 3, 3, 0));
    assert_eq!((statistics.sft, statistics.pairs), (2, 0));
    assert_eq!(statistics.languages, [("Chinese", 1), ("English", 1)].into());
    assert_eq!(statistics.lengths, [("[0,500)", 2)].into());
    assert_eq!(dataset.dropped[1].detail, "50.0: 100 words of 200");
}

#[test]
fn every_filter_has_its_reason() {
    let tasks = tasks(&["Write 100 words on rain."]);
    let cut = Outcome::CutOff { text: text(100, "rain") };
    let outcomes = [
        sample(0, 0, cut),
        sample(0, 1, Outcome::Incomplete { text: text(100, "rain"), left_out: 2 }),
        sample(0, 2, Outcome::Empty),
        answered(0, 3, format!("I'm sorry, but I can't write that. {}", text(90, "rain"))),
        answered(0, 4, format!("{} (100 words)", text(98, "rain"))),
        answered(0, 5, text(1_200, "rain")),
        answered(0, 6, text(10, "rain")),
        sample(0, 7, Outcome::Unusable { code: "no_plan".to_owned(), message: String::new() }),
    ];
    let dataset = tasks.dataset(&outcomes.into(), 8, None, FILTERS);
    let reasons: Vec<_> = reasons(&dataset).into_iter().map(|(_, _, reason)| reason).collect();
    assert_eq!(
        reasons,
        [
            "cut_off",
            "incomplete",
            "no_text",
            "refusal",
            "markers",
            "too_many_tokens",
            "no_text",
            "length_score",
            "nothing_to_choose"
        ]
    );
    assert_eq!((dataset.sft().count(), dataset.statistics().sft), (0, 0));
}

fn five() -> BTreeMap<Key, Sample> {
    let lengths = [60, 100, 70, 96, 50];
    lengths.iter().zip(0..).map(|(words, at)| answered(0, at, text(*words, "rain"))).collect()
}

#[test]
fn the_best_is_chosen_and_one_of_the_worse_is_rejected_by_seed() {
    let tasks = tasks(&["Write 100 words on rain."]);
    let pair = |seed: u64| {
        let dataset = tasks.dataset(&five(), 5, None, Filters { seed, ..FILTERS });
        assert_eq!(dataset.statistics().dropped.values().sum::<usize>(), 3, "each text is used or accounted for");
        dataset.pairs(Pairs::Text).next().unwrap()
    };
    let first = pair(1);
    assert_eq!(first["chosen"], json!(text(100, "rain")));
    assert_eq!(first["score_chosen"], 100.0);
    assert!(first["score_rejected"].as_f64().unwrap() < 100.0);
    assert_eq!(pair(1), first, "the same seed rejects the same");
    let rejected: BTreeSet<String> = (0..40).map(|seed| pair(seed)["rejected"].to_string()).collect();
    assert_eq!(rejected.len(), 4, "each of the worse ones is rejected by some seed");
}

#[test]
fn pairs_are_messages_or_plain_text() {
    let tasks = tasks(&["Write 100 words on rain."]);
    let dataset = tasks.dataset(&five(), 5, None, FILTERS);
    let chat = dataset.pairs(Pairs::Chat).next().unwrap();
    assert_eq!(chat["prompt"], json!([{"role": "user", "content": "Write 100 words on rain."}]));
    assert_eq!(chat["chosen"][0]["role"], "assistant");
    assert_eq!(dataset.pairs(Pairs::Text).next().unwrap()["prompt"], "Write 100 words on rain.");
}

#[test]
fn texts_that_are_equally_good_make_no_pair() {
    let tasks = tasks(&["Write 100 words on rain."]);
    let samples = [answered(0, 0, text(100, "rain")), answered(0, 1, text(100, "snow"))].into();
    let dataset = tasks.dataset(&samples, 2, None, FILTERS);
    assert_eq!((dataset.statistics().sft, dataset.statistics().pairs), (1, 0));
    assert_eq!(reasons(&dataset), [(1, Some(1), "not_the_best"), (1, None, "nothing_to_reject")]);
    assert_eq!(dataset.sft().next().unwrap()["messages"][1]["content"], json!(text(100, "rain")));
}

#[test]
fn a_judge_decides_among_texts_of_good_length() {
    use crate::judge::{Ratings, Verdict};
    let tasks = tasks(&["Write 100 words on rain."]);
    let samples = [answered(0, 0, text(100, "rain")), answered(0, 1, text(96, "snow"))].into();
    let best =
        Ratings { relevance: 5, accuracy: 5, coherence: 5, clarity: 5, breadth_and_depth: 5, reading_experience: 5 };
    let verdicts = [
        (Key { row: 0, sample: 0 }, Verdict::Rated { ratings: Ratings::LOWEST }),
        (Key { row: 0, sample: 1 }, Verdict::Rated { ratings: best }),
    ];
    let judgements = Judgements { model: "judge".to_owned(), verdicts: verdicts.into(), stopped: None };
    let dataset = tasks.dataset(&samples, 2, Some(&judgements), FILTERS);
    let pair = dataset.pairs(Pairs::Text).next().unwrap();
    assert!(pair["chosen"].as_str().unwrap().starts_with("snow"));
    assert_eq!(pair["score_rejected"], 50.0);
}

#[test]
fn what_is_not_written_yet_is_missing_and_not_dropped() {
    let tasks = tasks(&["Write 100 words on rain.", "Write 200 words on fog."]);
    let later = sample(0, 0, Outcome::Budget { message: String::new() });
    let dataset = tasks.dataset(&[later].into(), 2, None, FILTERS);
    assert_eq!((dataset.statistics().texts, dataset.statistics().missing), (0, 4));
    assert_eq!(reasons(&dataset), []);
}
