//! The published values, and what they leave open.

use super::{count, length_score};

#[test]
fn words_are_counted_as_the_benchmark_counts_them() {
    for (text, words) in [
        ("don't stop", 3),
        ("café au lait", 2),
        ("GPT4o is a model", 3),
        ("AI技术 and 人工智能", 7),
        ("2024 年 report", 2),
        ("foo_bar baz", 1),
        ("state-of-the-art", 4),
        ("ひらがな漢字", 2),
        ("", 0),
        // An accent of its own ends the run, as in Python: `cafe` and then something else.
        ("cafe\u{301}", 1),
        ("x", 1),
        ("١٢ a١", 0),
        ("(end)", 1),
        ("\u{4dff}\u{4e00}\u{9fff}\u{a000}", 2),
    ] {
        assert_eq!(count(text), words, "{text:?}");
    }
}

#[test]
fn the_length_score_is_the_published_one() {
    for (ratio, score) in [
        (0.5, 50.0),
        (0.75, 83.333),
        (0.9, 94.444),
        (1.0, 100.0),
        (1.1, 96.667),
        (1.5, 83.333),
        (2.0, 66.667),
        (3.0, 33.333),
        (4.0, 0.0),
    ] {
        let produced = f64::round(ratio * 1_000.0) as u32;
        let found = length_score(1_000, produced);
        assert!((found - score).abs() < 0.001, "{ratio}: {found}");
    }
    assert!(length_score(1_000, 0).abs() < f64::EPSILON && length_score(0, 10).abs() < f64::EPSILON);
    assert!(length_score(1_000, 9_000).abs() < f64::EPSILON && length_score(1_000, 100).abs() < f64::EPSILON);
}
