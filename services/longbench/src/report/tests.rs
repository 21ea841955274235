use parapet_agentwrite::Language;
use parapet_models::{ModelConfig, ModelKind};

use super::*;
use crate::judge::{Ratings, Verdict};
use crate::sample::Key;
use crate::settings::{Identity, Method, Settings};

fn run_file(samples: u32) -> RunFile {
    let settings = Settings { method: Method::OneCall, max_tokens: 100, temperature: None, seed: None, writer: None };
    let model = ModelConfig::new(ModelKind::Openai, "http://127.0.0.1:1/v1", "small|one");
    let run = Identity::new(&model, settings, b"", 2);
    RunFile { format: String::new(), digest: String::new(), run, samples }
}

fn scored(row: usize, sample: u32, required: u32, length: f64, quality: Quality) -> Scored {
    Scored {
        key: Key { row, sample },
        kind: if row == 0 { "News Report" } else { "社区论坛" }.to_owned(),
        language: if row == 0 { Language::English } else { Language::Chinese },
        required,
        produced: required / 2,
        outcome: if matches!(quality, Quality::NoText) { "empty" } else { "answered" },
        length,
        quality,
    }
}

fn rated(rating: u8) -> Quality {
    let r = rating;
    let ratings =
        Ratings { relevance: r, accuracy: r, coherence: r, clarity: r, breadth_and_depth: r, reading_experience: r };
    Quality::Rated { ratings }
}

fn close(a: Option<Spread>, mean: f64, deviation: Option<f64>) {
    let a = a.unwrap();
    assert!((a.mean - mean).abs() < 1e-9, "{a:?}");
    match (a.deviation, deviation) {
        (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{a} {b}"),
        (a, b) => assert_eq!(a, b),
    }
}

fn two_by_two() -> Vec<Scored> {
    vec![
        scored(0, 0, 400, 100.0, rated(5)),
        scored(0, 1, 400, 60.0, Quality::Unparsed),
        scored(1, 0, 30_000, 50.0, rated(3)),
        scored(1, 1, 30_000, 30.0, Quality::NoText),
    ]
}

fn judgements() -> Judgements {
    let verdicts = [(Key { row: 0, sample: 0 }, Verdict::Rated { ratings: Ratings::LOWEST })].into();
    Judgements { model: "judge-1".to_owned(), verdicts, stopped: None }
}

#[test]
fn samples_are_averaged_first_and_then_compared() {
    let report = Report::new(run_file(2), 2, Some(&judgements()), two_by_two());
    // Lengths: 75 and 45. Quality: (100 + 50) / 2 and, as what is unparsed counts in no mean, 0.
    close(report.overall.length, 60.0, Some(450_f64.sqrt()));
    close(report.overall.quality, 37.5, Some((2.0 * 37.5_f64.powi(2)).sqrt()));
    close(report.overall.overall, 48.75, Some(((75.0 - 48.75_f64).powi(2) + (22.5 - 48.75_f64).powi(2)).sqrt()));
    assert_eq!((report.overall.rows, report.overall.samples, report.missing), (2, 4, 0));
    let judge = report.judge.as_ref().unwrap();
    assert_eq!((judge.rated, judge.unparsed, judge.no_text, judge.not_judged), (2, 1, 1, 0));
    assert_eq!(judge.dimensions.len(), 6);
}

#[test]
fn groups_are_by_class_type_language_and_length() {
    let report = Report::new(run_file(1), 2, None, two_by_two());
    let names = |lines: &[Line]| lines.iter().map(|line| line.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&report.buckets), ["[0,500)", "(20k,…)"]);
    assert_eq!(names(&report.types), ["News Report", "社区论坛"]);
    assert_eq!(names(&report.languages), ["Chinese", "English"]);
    assert_eq!(names(&report.lengths), ["400", "30000"]);
    assert_eq!(report.longest, Some(Longest { words: 15_000, required: 30_000, row: 1, outcome: "answered" }));
    close(report.buckets[0].length, 80.0, Some(800_f64.sqrt()));
    assert!(report.judge.is_none());
}

#[test]
fn one_sample_has_no_deviation_and_what_is_missing_is_said() {
    let one = vec![scored(0, 0, 400, 100.0, Quality::NotJudged)];
    let report = Report::new(run_file(3), 2, Some(&judgements()), one);
    close(report.overall.length, 100.0, None);
    assert_eq!(report.missing, 5);
    let notes = report.notes().join("\n");
    assert!(notes.contains("5 samples are not there yet"), "{notes}");
    assert!(notes.contains("1 samples are not judged yet"), "{notes}");
}

#[test]
fn markdown_has_every_table_and_no_name_leaves_its_cell() {
    let text = Report::new(run_file(2), 2, Some(&judgements()), two_by_two()).markdown();
    assert!(text.starts_with("# small\\|one, one call\n"), "{text}");
    for line in [
        "| all | 2 | 4 | 15200 | 7600 | 60.0 ± 21.2 | 37.5 ± 53.0 | 48.8 ± 37.1 |",
        "| required length | rows | samples | required | produced | length | quality | overall |",
        "| LongWriter-9B-DPO | 82.6 | 85.4 | 84.0 |",
        "- judged by judge-1: 2 rated, 1 unparsed (in no mean of the quality), 1 without a text (counted as lowest)",
        "- longest output: 15000 words, for 30000 that were asked for (row 1, answered)",
    ] {
        assert!(text.lines().any(|l| l == line), "no line `{line}` in\n{text}");
    }
    assert!(text.contains("arXiv 2408.07055"));
}

#[test]
fn a_run_without_a_sample_is_an_empty_report() {
    let report = Report::new(run_file(1), 2, None, Vec::new());
    assert_eq!((report.overall.length, report.longest.as_ref(), report.missing), (None, None, 2));
    assert!(report.markdown().contains("| all | 0 | 0 | 0 | 0 | - |"));
}
