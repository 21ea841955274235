//! Quality of `find_pii` on labelled texts that it was not written for: `make pii DATA=…` prints the table. Without DATA the test says so and passes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helper functions too")]
#![expect(clippy::print_stdout, reason = "the figures are what this test is for")]

use std::path::PathBuf;

use parapet_toolbox::{Prepared, ToolRun, find};
use serde_json::{Value, json};

/// The types that a pattern can decide, by the name in the data and in the toolbox.
const TYPES: &[(&str, &str)] = &[
    ("EMAIL_ADDRESS", "email"),
    ("PHONE_NUMBER", "phone"),
    ("CREDIT_CARD", "credit_card"),
    ("US_SSN", "us_ssn"),
    ("IBAN_CODE", "iban"),
    ("IP_ADDRESS", "ip_address"),
    ("DOMAIN_NAME", "url"),
    ("US_DRIVER_LICENSE", "us_driver_license"),
];
const WANTED_F1: f64 = 0.95;

type Span = (u64, u64);

/// Spans of `kind`, under the key `key`, with other types left out.
fn spans(list: &Value, kind: &str) -> Vec<Span> {
    let of_kind = |span: &&Value| span["type"] == kind;
    let span = |span: &Value| (span["start"].as_u64().unwrap(), span["end"].as_u64().unwrap());
    list.as_array().unwrap().iter().filter(of_kind).map(span).collect()
}

/// Counts over exact spans.
#[derive(Debug, Default)]
struct Score {
    right: usize,
    expected: usize,
    found: usize,
}

impl Score {
    fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (self.expected + self.found) as f64
    }

    /// Labelled, found, recall, precision and F1, in percent.
    fn line(&self) -> String {
        let percent = |of: usize| 100.0 * self.right as f64 / of as f64;
        let (recall, precision) = (percent(self.expected), percent(self.found));
        format!("{:8} {:6} {recall:7.1} {precision:10.1} {:6.1}", self.expected, self.found, 100.0 * self.f1())
    }
}

/// The score of one type; the rows with a difference are printed.
fn score(rows: &[(Value, Value)], data_kind: &str, kind: &str) -> Score {
    let mut score = Score::default();
    for (row, got) in rows {
        let (want, have) = (spans(&row["spans"], data_kind), spans(got, kind));
        let hits = want.iter().filter(|span| have.contains(span)).count();
        if hits < want.len() || hits < have.len() {
            println!("{kind}: wanted {want:?}, found {have:?} in {}", row["text"]);
        }
        score.right += hits;
        score.expected += want.len();
        score.found += have.len();
    }
    score
}

#[test]
fn spans_agree_with_the_labels() {
    let Some(path) = std::env::var_os("DATA").map(|dir| PathBuf::from(dir).join("presidio/pii-spans.jsonl")) else {
        println!("skipped: DATA does not name the data folder");
        return;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let ToolRun::Native(run) = find("find_pii").unwrap().1.run else { panic!("find_pii is not native") };
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows: Vec<(Value, Value)> =
        rows.map(|row| (row.clone(), run(&Prepared::default(), &[json!(row["text"])]).unwrap())).collect();
    let scores: Vec<(&str, Score)> =
        TYPES.iter().map(|(data_kind, kind)| (*kind, score(&rows, data_kind, kind))).collect();
    println!("{} rows\n{:18} labelled  found  recall  precision     F1", rows.len(), "type");
    for (kind, score) in &scores {
        println!("{kind:18} {}", score.line());
    }
    assert!(scores.iter().all(|(_, score)| score.f1() >= WANTED_F1), "below {WANTED_F1}: {scores:?}");
}
