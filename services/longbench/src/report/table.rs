//! A report as tables of plain text, for a terminal and for Markdown alike.

use super::{Line, Report, Spread, published::SOURCE};

/// A table. The first column is text, the others are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it is of.
    pub title: String,
    /// Names of the columns.
    pub head: Vec<String>,
    /// The cells, each row as long as the head.
    pub rows: Vec<Vec<String>>,
}

pub(super) fn all(report: &Report) -> Vec<Table> {
    let judged = report.judge.is_some();
    let groups = [
        ("overall", std::slice::from_ref(&report.overall)),
        ("required length", &report.buckets),
        ("type", &report.types),
        ("language of the prompt", &report.languages),
        ("each required length", &report.lengths),
    ];
    let shown = groups.into_iter().filter(|(_, lines)| !lines.is_empty());
    let mut tables: Vec<Table> = shown.map(|(title, lines)| scores(title, lines, judged)).collect();
    if let Some(judge) = &report.judge {
        let rows = judge.dimensions.iter().map(|(name, value)| vec![(*name).replace('_', " "), cell(Some(value))]);
        tables.push(Table {
            title: format!("quality by {}", judge.model),
            head: head(&["", "score"]),
            rows: rows.collect(),
        });
    }
    tables.push(published(report));
    tables
}

fn scores(title: &str, lines: &[Line], judged: bool) -> Table {
    let mut names = vec![title, "rows", "samples", "required", "produced", "length"];
    if judged {
        names.extend(["quality", "overall"]);
    }
    let rows = lines.iter().map(|line| {
        let counts = [line.rows.to_string(), line.samples.to_string()];
        let words = [line.required, line.produced].map(|words| format!("{words:.0}"));
        let mut cells = vec![line.name.clone()];
        cells.extend(counts.into_iter().chain(words));
        cells.push(cell(line.length.as_ref()));
        if judged {
            cells.extend([cell(line.quality.as_ref()), cell(line.overall.as_ref())]);
        }
        cells
    });
    Table { title: title.to_owned(), head: head(&names), rows: rows.collect() }
}

fn published(report: &Report) -> Table {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    let rows = report
        .published
        .iter()
        .map(|line| vec![line.model.to_owned(), number(Some(line.length)), number(line.quality), number(line.overall)]);
    Table {
        title: format!("published on LongBench-Write: {SOURCE}"),
        head: head(&["published", "length", "quality", "overall"]),
        rows: rows.collect(),
    }
}

/// What the tables do not say.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let counts: Vec<String> = report.outcomes.iter().map(|(code, count)| format!("{count} {code}")).collect();
    notes.push(format!("samples: {}", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }));
    if report.missing > 0 {
        notes.push(format!(
            "{} samples are not there yet and count in no mean; run it again to write them",
            report.missing
        ));
    }
    if let Some(judge) = &report.judge {
        notes.push(format!(
            "judged by {}: {} rated, {} unparsed (in no mean of the quality), {} without a text (counted as lowest)",
            judge.model, judge.rated, judge.unparsed, judge.no_text
        ));
        if judge.not_judged > 0 {
            notes.push(format!("{} samples are not judged yet; score it again to judge them", judge.not_judged));
        }
    }
    if let Some(longest) = &report.longest {
        notes.push(format!(
            "longest output: {} words, for {} that were asked for (row {}, {})",
            longest.words, longest.required, longest.row, longest.outcome
        ));
    }
    notes
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn cell(spread: Option<&Spread>) -> String {
    match spread {
        None => "-".to_owned(),
        Some(Spread { mean, deviation: None }) => format!("{mean:.1}"),
        Some(Spread { mean, deviation: Some(deviation) }) => format!("{mean:.1} ± {deviation:.1}"),
    }
}
